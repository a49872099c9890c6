"""What every named error is: data, an HTTP status, an exit code, and the sentence in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from shared.field_messages import field_message
from shared.wording import Words, spoken

PROBLEM_TYPE = "urn:metrology-commons:problem:"


@dataclass(frozen=True)
class FieldError:
    """One fault in one field: JSON pointer (RFC 6901), code from `field_messages`, and its figures."""

    pointer: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)

    def message(self, language: str) -> str:
        """What is wrong and what to do, in `language`."""
        return field_message(self.code, self.params, language)

    def as_dict(self, language: str) -> dict[str, Any]:
        """The form in which it crosses the wire."""
        detail = self.message(language)
        return {"pointer": self.pointer, "code": self.code, "params": self.params, "detail": detail}


class CommonsError(Exception):
    """Parent of all named errors; a subclass sets `code`, `status` and its words in both languages."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    zh: ClassVar[str] = "出错了。"
    en: ClassVar[str] = "Something went wrong."

    def __init__(self, *, errors: Sequence[FieldError] = (), retry_after: int | None = None, **data: Any) -> None:
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.data = data
        super().__init__(self.message("en"))

    def message(self, language: str) -> str:
        """The sentence for a person, in `language`."""
        return (self.zh if language.startswith("zh") else self.en).format(**spoken(self.data, language))

    def as_cause(self) -> Words:
        """The sentence without its full stop, to be said as the cause within another."""
        return Words(self.message("en").rstrip("."), self.message("zh").rstrip("。"))

    def problem(self, language: str) -> dict[str, Any]:
        """RFC 9457 problem details."""
        body: dict[str, Any] = {
            "type": PROBLEM_TYPE + self.code,
            "title": self.code.replace("_", " "),
            "status": self.status,
            "detail": self.message(language),
        }
        if self.errors:
            body["errors"] = [error.as_dict(language) for error in self.errors]
        return body
