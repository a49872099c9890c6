"""Marshmallow fields and schemas whose faults are codes with figures, so that they can be said in any language."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlsplit

from marshmallow import RAISE, Schema, ValidationError, fields

from shared.errors import FieldError
from shared.vocabularies import vocabulary

LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
"""C0 and C1 controls but tab and newline, and the bidirectional controls that make text look like another."""
MAX_URL = 2048


@dataclass(frozen=True)
class Fault:
    """What is wrong with one value, before it is known where the value stands."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


def refuse(code: str, **params: Any) -> NoReturn:
    """Raise the fault `code` for the value at hand."""
    raise ValidationError([Fault(code, params)])


def field_errors(messages: Any, pointer: str = "") -> Iterator[FieldError]:
    """Marshmallow's tree of messages as a flat list with JSON pointers (RFC 6901)."""
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            step = "" if key == "_schema" else "/" + str(key).replace("~", "~0").replace("/", "~1")[:200]
            yield from field_errors(below, pointer + step)
    elif isinstance(messages, list | tuple):
        for below in messages:
            yield from field_errors(below, pointer)
    elif isinstance(messages, Fault):
        yield FieldError(pointer, messages.code, messages.params)
    else:
        yield FieldError(pointer, str(messages))


COMMON_FAULTS: dict[str, Any] = {"required": [Fault("required")], "null": [Fault("null")]}


class Checked(fields.Field[Any]):
    """A field that checks a value and passes it on unchanged; a subclass says how in `check`."""

    default_error_messages: dict[str, Any] = COMMON_FAULTS

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        """Raise `ValidationError` when `value` will not do."""


class Text(Checked):
    """A string of `minimum` to `maximum` characters without control characters."""

    def __init__(self, maximum: int, *, minimum: int = 1, pattern: str = "", fault: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.maximum, self.minimum = maximum, minimum
        self.pattern, self.fault = re.compile(pattern) if pattern else None, fault

    def check(self, value: Any) -> None:
        """Raise for another type, a wrong length, control characters, or another pattern."""
        if not isinstance(value, str):
            refuse("wrong_type", expected="text")
        if len(value) > self.maximum:
            refuse("too_long", max=self.maximum, length=len(value))
        if len(value.strip()) < self.minimum:
            refuse("too_short", min=self.minimum)
        if CONTROLS.search(value):
            refuse("control_characters")
        if self.pattern and not self.pattern.fullmatch(value):
            refuse(self.fault, value=value[:80])


class LanguageMap(Checked):
    """A map of language tag (BCP 47) → text, with zh or en present."""

    def __init__(self, maximum: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text = Text(maximum)

    def check(self, value: Any) -> None:
        """Raise for anything but such a map."""
        if not isinstance(value, dict):
            refuse("wrong_type", expected="object")
        if len(value) > 20:
            refuse("too_many", max=20, length=len(value))
        if "zh" not in value and "en" not in value:
            refuse("language_missing")
        faults: dict[str, Any] = {}
        for tag, text in value.items():
            try:
                if not LANGUAGE_TAG.fullmatch(tag):
                    refuse("bad_language", value=tag[:40])
                self.text.check(text)
            except ValidationError as error:
                faults[tag] = error.messages
        if faults:
            raise ValidationError(faults)


class Term(Checked):
    """A code of the vocabulary called `name`."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vocabulary_name = name

    def check(self, value: Any) -> None:
        """Raise when the vocabulary has no such code."""
        if not isinstance(value, str):
            refuse("wrong_type", expected="text")
        known = vocabulary(self.vocabulary_name)
        if value not in known:
            refuse("unknown_term", value=value[:80], vocabulary=known.name, allowed=", ".join(known.terms)[:600])


class Whole(Checked):
    """A whole number from `minimum` to `maximum` (at most 2^53−1, which JSON readers agree on)."""

    def __init__(self, minimum: int, maximum: int = 2**53 - 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum, self.maximum = minimum, maximum

    def check(self, value: Any) -> None:
        """Raise for another type (booleans too) or a number out of range."""
        if not isinstance(value, int) or isinstance(value, bool):
            refuse("wrong_type", expected="whole number")
        if not self.minimum <= value <= self.maximum:
            refuse("out_of_range", min=self.minimum, max=self.maximum)


class Degrees(Checked):
    """An angle in degrees from −`limit` to `limit`."""

    def __init__(self, limit: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limit = limit

    def check(self, value: Any) -> None:
        """Raise for anything but a finite number in range."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            refuse("bad_number")
        if abs(value) > self.limit:
            refuse("out_of_range", min=-self.limit, max=self.limit)


class WebAddress(Checked):
    """An absolute http(s) address with a host."""

    def check(self, value: Any) -> None:
        """Raise for any other address: script, data and file addresses never reach a page."""
        if not isinstance(value, str):
            refuse("wrong_type", expected="text")
        if len(value) > MAX_URL:
            refuse("too_long", max=MAX_URL, length=len(value))
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        except ValueError:
            good = False
        if not good or CONTROLS.search(value) or any(c.isspace() or c in '<>"' for c in value):
            refuse("bad_url")


class Many(fields.List[Any]):
    """A list of `minimum` to `maximum` entries; `unique` refuses an entry that stands twice."""

    default_error_messages: dict[str, Any] = {
        **COMMON_FAULTS,
        "invalid": [Fault("wrong_type", {"expected": "list"})],
    }

    def __init__(self, inner: Any, maximum: int, *, minimum: int = 0, unique: bool = False, **kwargs: Any) -> None:
        super().__init__(inner, **kwargs)
        self.maximum, self.minimum, self.unique = maximum, minimum, unique

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, list):
            if len(value) > self.maximum:
                refuse("too_many", max=self.maximum, length=len(value))
            if len(value) < self.minimum:
                refuse("too_few", min=self.minimum)
        found: list[Any] = super()._deserialize(value, attr, data, **kwargs)
        if self.unique:
            seen: set[str] = set()
            for entry in found:
                if entry in seen:
                    refuse("duplicate", value=str(entry)[:80])
                seen.add(entry)
        return found


class Part(fields.Nested):
    """An object inside an object, checked by a schema of its own."""

    default_error_messages: dict[str, Any] = {
        **COMMON_FAULTS,
        "type": [Fault("wrong_type", {"expected": "object"})],
    }


class Strict(Schema):
    """A schema that refuses what it does not know and says every fault as a code."""

    class Meta:
        """Unknown fields are errors: what is misspelt must not be lost in silence."""

        unknown = RAISE

    error_messages: dict[str, Any] = {
        "unknown": [Fault("unknown_field")],
        "type": [Fault("wrong_type", {"expected": "object"})],
    }
