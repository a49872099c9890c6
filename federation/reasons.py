"""Words that somebody must give: stripped of what cannot be shown, there, and not too long."""

from __future__ import annotations

from shared.characters import VISIBLE
from shared.errors import FieldError, InvalidRequest, ReasonMissing
from shared.validation import plain


def checked(given: str, *, most: int, pointer: str = "/reason") -> str:
    """The words as they are kept, at most `most` characters. Raises `ReasonMissing`, or `InvalidRequest`."""
    said: str = plain(given).strip()
    if not VISIBLE.search(said):
        raise ReasonMissing()
    if len(said) > most:
        raise InvalidRequest(errors=[FieldError(pointer, "too_long", {"max": most, "length": len(said)})])
    return said
