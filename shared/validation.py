"""Marshmallow fields and schemas whose faults are codes with figures, so that they can be said in any language."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, NoReturn
from urllib.parse import urlsplit

from marshmallow import RAISE, Schema, ValidationError, fields, missing
from marshmallow.decorators import VALIDATES_SCHEMA

from shared.characters import CONTROLS, VISIBLE
from shared.errors import FieldError
from shared.vocabularies import vocabulary

LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MAX_URL = 2048
MAX_FAULTS = 100
"""Faults that are said of one document: whoever has more begins with these."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one value, before it is known where the value stands."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


def plain(value: Any) -> Any:
    """A text without what no text may hold (`shared.characters`); any other value as it is.

    A line of a form ends with two characters (HTML Standard, 4.10.21.4), which browsers count as one.
    """
    if not isinstance(value, str):
        return value
    value = value.encode("utf-8", errors="ignore").decode("utf-8").replace("\r\n", "\n")
    while CONTROLS.search(value):
        # A joiner whose neighbour was taken out joins nothing any more.
        value = CONTROLS.sub("", value)
    return value


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
    """A string of `maximum` characters at most, `minimum` of them visible, without any that no text may hold."""

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
        if not self._shows_enough(value):
            refuse("too_short", min=self.minimum)
        control = CONTROLS.search(value)
        if control:
            refuse("control_characters", place=control.start() + 1, character=f"U+{ord(control[0]):04X}")
        if self.pattern and not self.pattern.fullmatch(value):
            refuse(self.fault, value=value[:80])

    def _shows_enough(self, value: str) -> bool:
        if self.minimum == 1:
            return VISIBLE.search(value) is not None
        return self.minimum <= sum(1 for _ in islice(VISIBLE.finditer(value), self.minimum))


class Said(Text):
    """What somebody wrote, as the other side passes it on: too long is refused, invisible controls are taken out.

    A reason pasted from a word processor must not stop the one who reads it.
    """

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize(plain(value), attr, data, **kwargs)


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


NOT_GOOD = "not good"
"""What ends a walk: nobody reads it, since marshmallow then says what is wrong."""
Reading = Callable[[Any], Any]
"""How a field reads a value: gives what it becomes, or raises `ValidationError`."""


@dataclass(frozen=True)
class Plan:
    """How a schema reads good data in a straight walk: what each key becomes and how, and what must be there."""

    readings: Mapping[str, tuple[str, Reading]]
    required: frozenset[str]
    defaults: Mapping[str, Any]
    checks: Sequence[Callable[..., None]]


class Strict(Schema):
    """A schema that refuses what it does not know and says every fault as a code.

    Good data is read in a straight walk, several times faster than marshmallow's own way. Whatever the walk does
    not like goes that way, which alone says what is wrong; a property test holds the two together.
    """

    class Meta:
        """Unknown fields are errors: what is misspelt must not be lost in silence."""

        unknown = RAISE

    error_messages: dict[str, Any] = {
        "unknown": [Fault("unknown_field")],
        "type": [Fault("wrong_type", {"expected": "object"})],
    }

    def load(self, data: Any, **options: Any) -> Any:
        """Read `data`. Raises `ValidationError` with every fault."""
        if not options:
            with suppress(ValidationError):
                return self.walk(data)
        return super().load(data, **options)

    def validate(self, data: Any, **options: Any) -> dict[str, list[str]]:
        """Every fault of `data`, none when it is good."""
        if not options:
            with suppress(ValidationError):
                self.walk(data)
                return {}
        return super().validate(data, **options)

    def walk(self, data: Any) -> dict[str, Any]:
        """Read good data; raises `ValidationError`, which need not name a fault, for all other."""
        plan = self._plan
        if plan is None or type(data) is not dict or not plan.required <= data.keys():
            raise ValidationError(NOT_GOOD)
        read: dict[str, Any] = {}
        for key, value in data.items():
            if key not in plan.readings:
                raise ValidationError(NOT_GOOD)
            name, reading = plan.readings[key]
            read[name] = reading(value)
        for name, default in plan.defaults.items():
            if name not in read:
                read[name] = default() if callable(default) else default
        for check in plan.checks:
            check(read, partial=None, many=False, unknown=RAISE)
        return read

    @cached_property
    def _plan(self) -> Plan | None:
        """None for a schema that only marshmallow can read."""
        hooks = {kind: found for kind, found in self._hooks.items() if found}
        checks = hooks.pop(VALIDATES_SCHEMA, [])
        readings = {name: _reading(field) for name, field in self.load_fields.items()}
        named = {name: field.data_key or name for name, field in self.load_fields.items()}
        whole = self.load_fields.keys() == self.fields.keys() and not self.many and not self.partial
        if hooks or not whole or any(skips for _, skips, _ in checks):
            return None
        return Plan(
            {named[name]: (name, reading) for name, reading in readings.items() if reading is not None},
            frozenset(named[name] for name, field in self.fields.items() if field.required),
            {name: field.load_default for name, field in self.fields.items() if field.load_default is not missing},
            [getattr(self, name) for name, _, _ in checks],
        )


def _reading(field: fields.Field[Any]) -> Reading | None:
    """A field's own way to read, without the steps around it; None when only marshmallow can."""
    reading: Reading | None = None
    if field.validators or field.pre_load or field.post_load or field.attribute:
        return None
    if isinstance(field, Checked) and type(field)._deserialize is Checked._deserialize:
        reading = _reading_checked(field.check)
    elif type(field) is Said:
        reading = _reading_said(_reading_checked(field.check))
    elif type(field) is Many:
        inner = _reading(field.inner)
        reading = _reading_many(field, inner) if inner is not None else None
    elif type(field) is Part and isinstance(field.schema, Strict) and not field.many:
        reading = field.schema.walk
    return _reading_null(reading) if reading is not None and field.allow_none else reading


def _reading_checked(check: Callable[[Any], None]) -> Reading:
    def read(value: Any) -> Any:
        if value is None:
            raise ValidationError(NOT_GOOD)
        check(value)
        return value

    return read


def _reading_said(inner: Reading) -> Reading:
    return lambda value: inner(plain(value))


def _reading_many(field: Many, inner: Reading) -> Reading:
    def read(value: Any) -> list[Any]:
        if type(value) is not list or not field.minimum <= len(value) <= field.maximum:
            raise ValidationError(NOT_GOOD)
        found = [inner(entry) for entry in value]
        if field.unique and len(set(found)) != len(found):
            raise ValidationError(NOT_GOOD)
        return found

    return read


def _reading_null(reading: Reading) -> Reading:
    return lambda value: None if value is None else reading(value)
