"""Where on the form a fault is mended: the element for a JSON pointer (RFC 6901) into the record."""

from __future__ import annotations

FIRST = {
    "links": "url",
    "creators": "name",
    "contributors": "name",
    "evidence": "source",
    "identifiers": "value",
    "relations": "target",
}
"""The part of an entry at which a fault of the whole entry, or of the whole group, is shown."""
TEXTS = ("title", "summary", "description")


def place_of(pointer: str, language: str) -> str:
    """The id of the element that mends what is wrong at `pointer`; a text that is missing, in the reader's tongue."""
    steps = pointer.split("/")[1:]
    name, deep = (steps[0] if steps else ""), steps[1:]
    if name in TEXTS:
        return f"{name}-{deep[0] if deep and deep[0] in ('zh', 'en') else language}"
    if name == "files":
        part = f"alt-{deep[2] if len(deep) > 2 else language}" if deep[1:2] == ["alt"] else "name"
        return f"file-{deep[0]}-{part}" if deep else "new-files"
    if name in FIRST:
        return f"{name}-{deep[0] if deep else 0}-{deep[1] if len(deep) > 1 else FIRST[name]}"
    if name == "coverage" and deep:
        part = deep[1] if len(deep) > 1 else {"period": "name", "place": "latitude"}.get(deep[0], "name")
        tongue = f"-{deep[2] if len(deep) > 2 and deep[2] in ('zh', 'en') else language}" if part == "name" else ""
        return f"coverage-{deep[0]}-{part}{tongue}"
    return name or "main"
