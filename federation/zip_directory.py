"""What kind of ZIP a file is, by the names in the directory at its end; nothing in it is unpacked.

PKWARE APPNOTE 4.3.12 and 4.3.16. The directory is read only up to a limit, so that a file made to exhaust whoever
opens it costs no more than any other.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

ZIP = "application/zip"
END_BYTES = 65_557
"""The longest end record: 22 bytes and a comment."""
MOST_BYTES = 4 * 1024**2
MOST_NAMES = 20_000
OFFICE = "application/vnd.openxmlformats-officedocument."
_FOLDERS = {
    "word/": OFFICE + "wordprocessingml.document",
    "xl/": OFFICE + "spreadsheetml.sheet",
    "ppt/": OFFICE + "presentationml.presentation",
}
_TYPE = re.compile(rb"application/[a-z0-9.+-]{3,100}")

Read = Callable[[int, int], bytes]


def kind(head: bytes, size: int, read: Read) -> str:
    """The media type of a ZIP: an office document, an e-book, a program, or just a ZIP."""
    held = names(size, read)
    if any(name.lower().endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in held):
        return "application/vnd.ms-office.vbaproject"
    if "[Content_Types].xml" in held:
        return next((kind for folder, kind in _FOLDERS.items() if any(n.startswith(folder) for n in held)), ZIP)
    if "AndroidManifest.xml" in held:
        return "application/vnd.android.package-archive"
    if "META-INF/MANIFEST.MF" in held:
        return "application/java-archive"
    return _said_type(head) or ZIP


def names(size: int, read: Read) -> set[str]:
    """The names in the directory; none when it cannot be found or is beyond the limits."""
    start = max(0, size - END_BYTES)
    end = read(start, END_BYTES)
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) < at + 22:
        return set()
    length = struct.unpack_from("<L", end, at + 12)[0]
    # Counted back from the end, as other programs do: what stands before the archive does not matter.
    begin = start + at - length
    if length > MOST_BYTES or begin < 0:
        return set()
    return _listed(read(begin, length))


def _listed(directory: bytes) -> set[str]:
    found: set[str] = set()
    at = 0
    while directory[at : at + 4] == b"PK\x01\x02" and len(directory) >= at + 46 and len(found) < MOST_NAMES:
        name, extra, comment = struct.unpack_from("<HHH", directory, at + 28)
        found.add(directory[at + 46 : at + 46 + name].decode("utf-8", errors="replace"))
        at += 46 + name + extra + comment
    return found


def _said_type(head: bytes) -> str:
    """The type that OpenDocument and EPUB files say in their first entry, which is stored as it is."""
    if head[30:38] != b"mimetype" or head[8:10] != b"\0\0":
        return ""
    start = 38 + int.from_bytes(head[28:30], "little")
    said = _TYPE.match(head[start : start + 120])
    length = int.from_bytes(head[18:22], "little")
    return said[0][: length or None].decode("ascii") if said else ""
