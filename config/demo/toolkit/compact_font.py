"""Write outlines as one Compact Font Format font (Adobe Technical Notes 5176 and 5177)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# A drawing step: "m" or "l" with a point, "c" with two control points and the end; all in font units.
Step = tuple[str, tuple[int, ...]]
_STANDARD_STRINGS = 391
_MOVE, _LINE, _CURVE, _END = b"\x15", b"\x05", b"\x08", b"\x0e"
# An operator may take at most 48 numbers from the stack.
_STACK = 48
_CHARSET, _CHARSTRINGS, _PRIVATE, _BOX = b"\x0f", b"\x11", b"\x12", b"\x05"


@dataclass(frozen=True)
class Glyph:
    """One outline with its advance width, in thousandths of the type size."""

    width: int
    steps: tuple[Step, ...]


def compact_font(name: str, glyphs: Sequence[tuple[str, Glyph]], box: tuple[int, int, int, int]) -> bytes:
    """Give a CFF font with the named glyphs after an empty `.notdef`; `box` encloses all of them."""
    strings = _index([glyph_name.encode() for glyph_name, _ in glyphs])
    charset = b"\x00" + b"".join((_STANDARD_STRINGS + i).to_bytes(2, "big") for i in range(len(glyphs)))
    charstrings = _index([_END, *(_charstring(glyph) for _, glyph in glyphs)])
    head = b"\x01\x00\x04\x04" + _index([name.encode()])
    body = strings + _index([])
    # The offsets have a fixed length, so the place of each part is known before they are written.
    start = len(head) + len(_index([_top(box, 0, 0, 0)])) + len(body)
    top = _top(box, start, start + len(charset), start + len(charset) + len(charstrings))
    return head + _index([top]) + body + charset + charstrings


def _top(box: Iterable[int], charset: int, charstrings: int, private: int) -> bytes:
    numbers = b"".join(_number(side) for side in box)
    parts = _offset(charset) + _CHARSET + _offset(charstrings) + _CHARSTRINGS
    return numbers + _BOX + parts + _offset(0) + _offset(private) + _PRIVATE


def _offset(value: int) -> bytes:
    return b"\x1d" + value.to_bytes(4, "big")


def _index(items: Sequence[bytes]) -> bytes:
    if not items:
        return b"\x00\x00"
    ends = [1]
    for item in items:
        ends.append(ends[-1] + len(item))
    size = (ends[-1].bit_length() + 7) // 8
    places = b"".join(end.to_bytes(size, "big") for end in ends)
    return len(items).to_bytes(2, "big") + bytes([size]) + places + b"".join(items)


def _charstring(glyph: Glyph) -> bytes:
    """Encode the steps relative to each other; lines and curves in a row share one operator."""
    code, kind = _number(glyph.width), ""
    pending: list[int] = []
    x = y = 0
    for operator, points in glyph.steps:
        if operator != kind or len(pending) + len(points) > _STACK:
            code += _drawn(kind, pending)
            pending, kind = [], operator
        for place in range(0, len(points), 2):
            pending += [points[place] - x, points[place + 1] - y]
            x, y = points[place], points[place + 1]
        if operator == "m":
            code += _drawn(kind, pending)
            pending, kind = [], ""
    return code + _drawn(kind, pending) + _END


def _drawn(kind: str, numbers: Iterable[int]) -> bytes:
    operator = {"m": _MOVE, "l": _LINE, "c": _CURVE, "": b""}[kind]
    return b"".join(_number(number) for number in numbers) + operator


def _number(value: int) -> bytes:
    if -107 <= value <= 107:
        return bytes([value + 139])
    if 108 <= value <= 1131:
        return bytes([(value - 108 >> 8) + 247, value - 108 & 255])
    if -1131 <= value <= -108:
        return bytes([(-value - 108 >> 8) + 251, -value - 108 & 255])
    return b"\x1c" + value.to_bytes(2, "big", signed=True)
