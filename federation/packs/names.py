"""What files are called inside an archive: as they are, but for a name that some system, or a bag, cannot hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import count
from unicodedata import normalize

from federation.storage.disposition import shortened

_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)", re.IGNORECASE)
"""What Windows takes for a device, whatever comes after the first dot (Naming Files, Paths, and Namespaces)."""
_LINE_END = re.compile(r"%(?=0[ad])", re.IGNORECASE)
"""In the list of a bag this is the end of a line (RFC 8493 §2.1.3), also where the file is really called so."""


def in_archive(names: Iterable[str]) -> Mapping[str, str]:
    """The name in an archive for each of these names, no two of which are one on any system.

    A name that will do stays as it is, also when another would become it.
    """
    given = list(names)
    found = {name: name for name in given if fitting(name) == name}
    taken = {_folded(name) for name in found}
    for name in given:
        if name not in found:
            found[name] = next(one for one in _numbered(fitting(name)) if _folded(one) not in taken)
            taken.add(_folded(found[name]))
    return found


def fitting(name: str) -> str:
    """A file name that every system takes: short enough, no device, no blank at an end, no sign for a line's end."""
    name = _LINE_END.sub("_", shortened(name)).strip() or "_"
    return f"_{name}" if _DEVICE.match(name) else name


def _numbered(name: str) -> Iterable[str]:
    stem, dot, extension = name.rpartition(".")
    begin, end = (stem, dot + extension) if stem else (name, "")
    yield name
    yield from (f"{begin}-{number}{end}" for number in count(2))


def _folded(name: str) -> str:
    """What stands for all spellings that a disk without case, or of macOS, takes for one name."""
    return normalize("NFC", normalize("NFC", name).casefold())
