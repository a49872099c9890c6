"""Make a PDF smaller, not different: one font, object streams, a cross-reference stream (ISO 32000-1, 7.5)."""

import re
import zlib

from config.demo.toolkit.pdf_fonts import STREAM, with_one_font

_OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)\s*endobj\n", re.DOTALL)
_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
_ROOT = re.compile(rb"/Root (\d+) 0 R")
_INFO = re.compile(rb"/Info (\d+) 0 R")
# An object stream of a few hundred objects packs well and is still quick to open.
_PER_STREAM = 400


def pack(content: bytes) -> bytes:
    """Rewrite a PDF as Chromium prints it (one revision, a classic table) less than half as large.

    Chinese text makes Chromium write hundreds of small fonts: they become one. Equal streams are kept once,
    what nothing refers to is left out, and the other objects are compressed together.
    Raises ValueError when the trailer names no catalogue.
    """
    start = content.rindex(b"\ntrailer")
    root, info = _ROOT.search(content, start), _INFO.search(content, start)
    if root is None:
        raise ValueError("The PDF's trailer names no catalogue.")
    objects = {int(m.group(1)): m.group(2) for m in _OBJECT.finditer(content, 0, content.rindex(b"\nxref") + 1)}
    ends = [int(root.group(1)), *([int(info.group(1))] if info else [])]
    objects = _reachable(_without_repeats(with_one_font(objects)), ends)
    entry_points = b"/Root %s 0 R" % root.group(1) + (b"/Info %s 0 R" % info.group(1) if info else b"")
    return _written(objects, entry_points)


def _without_repeats(objects: dict[int, bytes]) -> dict[int, bytes]:
    """Keep one of each set of equal streams and point all references to it."""
    first: dict[bytes, int] = {}
    same: dict[int, int] = {}
    for number, body in objects.items():
        if STREAM.search(body):
            same[number] = first.setdefault(body, number)

    def moved(match: re.Match[bytes]) -> bytes:
        number = int(match.group(1))
        return b"%d 0 R" % same.get(number, number)

    kept = {}
    for number, body in objects.items():
        if same.get(number, number) != number:
            continue
        # Only the dictionary of a stream holds references; its data must stay as they are.
        split = STREAM.search(body)
        end = split.start() if split else len(body)
        kept[number] = _REFERENCE.sub(moved, body[:end]) + body[end:]
    return kept


def _reachable(objects: dict[int, bytes], waiting: list[int]) -> dict[int, bytes]:
    """Keep what can be reached from the catalogue and the information dictionary."""
    seen: set[int] = set()
    while waiting:
        number = waiting.pop()
        if number in objects and number not in seen:
            seen.add(number)
            split = STREAM.search(objects[number])
            head = objects[number][: split.start() if split else None]
            waiting += [int(m.group(1)) for m in _REFERENCE.finditer(head)]
    return {number: body for number, body in objects.items() if number in seen}


def _written(objects: dict[int, bytes], entry_points: bytes) -> bytes:
    out = bytearray(b"%PDF-1.5\n%\xd3\xeb\xe9\xe1\n")
    entries: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}
    plain = []
    for number, body in objects.items():
        if STREAM.search(body):
            entries[number] = (1, len(out), 0)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        else:
            plain.append(number)
    following = max(objects) + 1
    for start in range(0, len(plain), _PER_STREAM):
        group = plain[start : start + _PER_STREAM]
        entries[following] = (1, len(out), 0)
        entries |= {number: (2, following, index) for index, number in enumerate(group)}
        out += _object_stream(following, [(number, objects[number]) for number in group])
        following += 1
    entries[following] = (1, len(out), 0)
    return bytes(out) + _cross_references(following, entries, entry_points, len(out))


def _object_stream(number: int, members: list[tuple[int, bytes]]) -> bytes:
    places, bodies = b"", b""
    for member, body in members:
        places += b"%d %d " % (member, len(bodies))
        bodies += body + b"\n"
    dictionary = b"/Type /ObjStm /N %d /First %d" % (len(members), len(places))
    return _stream_object(number, dictionary, places + bodies)


def _cross_references(number: int, entries: dict[int, tuple[int, int, int]], entry_points: bytes, at: int) -> bytes:
    free = (0, 0, 65535)
    rows = (entries.get(each, free) for each in range(number + 1))
    table = b"".join(bytes([kind]) + a.to_bytes(4, "big") + b.to_bytes(2, "big") for kind, a, b in rows)
    dictionary = b"/Type /XRef /W [1 4 2] /Size %d %s" % (number + 1, entry_points)
    return _stream_object(number, dictionary, table) + b"startxref\n%d\n%%%%EOF\n" % at


def _stream_object(number: int, dictionary: bytes, content: bytes) -> bytes:
    packed = zlib.compress(content, 9)
    head = b"%d 0 obj\n<<%s /Filter /FlateDecode /Length %d>>\nstream\n" % (number, dictionary, len(packed))
    return head + packed + b"\nendstream\nendobj\n"
