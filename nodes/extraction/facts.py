"""The facts that can be read from a file, and the form in which they leave the process that reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, get_type_hints

from shared.validation import plain

MAX_TEXT = 20_000
"""Characters of text that are kept: enough to tell the language and the keywords by."""
MAX_WORDS = 300
"""Characters of a title, an author or a keyword."""
MAX_ENTRIES = 20
MAX_NUMBER = 10**9


@dataclass(frozen=True)
class Facts:
    """What was read; whatever the file does not tell is 0 or empty.

    `width` and `height` are pixels as the picture is looked at, `seconds` is how long it plays, `pages` counts pages
    or slides. `created` is a date as a record has it (ISO 8601-2); `camera` says that a camera made the picture.
    """

    width: int = 0
    height: int = 0
    seconds: float = 0.0
    pages: int = 0
    title: str = ""
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    created: str = ""
    camera: bool = False
    text: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def facts_from(given: Any) -> Facts:
    """Facts from JSON that nobody vouches for: what has another type or length than it should is left out or cut."""
    if not isinstance(given, Mapping):
        return Facts()
    kinds = get_type_hints(Facts)
    read = {one.name: _checked(kinds[one.name], given.get(one.name), one.name) for one in fields(Facts)}
    return Facts(**{name: value for name, value in read.items() if value is not None})


def _checked(kind: Any, value: Any, name: str) -> Any:
    """`value` as the field has it, or None."""
    if kind is bool:
        return value if isinstance(value, bool) else None
    if kind in (int, float):
        good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER
        return kind(value) if good else None
    if kind is str:
        return words(value, MAX_TEXT if name == "text" else MAX_WORDS) if isinstance(value, str) else None
    if not isinstance(value, list | tuple):
        return None
    found = (words(one, MAX_WORDS) for one in value[:MAX_ENTRIES] if isinstance(one, str))
    return tuple(one for one in found if one)


def words(text: str, maximum: int) -> str:
    """`text` without what no text may hold, at most `maximum` characters; a short one in one line."""
    clean = str(plain(text))
    return clean[:maximum].strip() if maximum == MAX_TEXT else " ".join(clean.split())[:maximum].strip()
