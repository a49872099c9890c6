"""Replace the hundreds of small Type 3 fonts that Chromium makes of Chinese text by one embedded font."""

import re
import zlib

from config.demo.toolkit.compact_font import Glyph, Step, compact_font
from config.demo.toolkit.pdf_text import shorter_map

STREAM = re.compile(rb">>\s*stream\r?\n")
_NAME = "AAAAAA+MetrologyCommons"
_TYPE3 = re.compile(
    rb"<</Type /Font\s*/Subtype /Type3\s*/FontMatrix \[\.0010000000\d* 0 0 -\.0010000000\d* 0 0\]\s*"
    rb"/FirstChar (?P<first>\d+)\s*/LastChar (?P<last>\d+)\s.*?/ToUnicode (?P<unicode>\d+) 0 R.*?"
    rb"/Widths (?P<widths>\[.*?\]).*?/Differences \[\d+ (?P<names>.*?)\].*?/CharProcs <<(?P<outlines>.*?)>>",
    re.DOTALL,
)
_OUTLINE = re.compile(rb"/(\S+) (\d+) 0 R")
_OPERANDS = {b"m": 2, b"l": 2, b"c": 6, b"y": 4, b"v": 4}


class UnknownOutline(ValueError):
    """A glyph is drawn with more than lines and curves: its font stays as it is."""


def with_one_font(objects: dict[int, bytes]) -> dict[int, bytes]:
    """Give the objects of a PDF (number → body) with every Type 3 font of plain outlines made a simple Type 1 font.

    All of them share one embedded font program; what is shown stays.
    """
    glyphs: dict[Glyph, str] = {}
    replaced: dict[int, bytes] = {}
    descriptor = max(objects) + 1
    for number, body in objects.items():
        if font := _TYPE3.match(body):
            try:
                replaced[number] = _simple_font(font, objects, glyphs, descriptor)
            except UnknownOutline:
                continue
            characters = int(font["unicode"])
            replaced[characters] = shorter_map(_data(objects[characters]))
    if not replaced:
        return objects
    program = _program(glyphs)
    return {**objects, **replaced, descriptor: _descriptor(glyphs, descriptor + 1), descriptor + 1: program}


def _simple_font(
    font: re.Match[bytes], objects: dict[int, bytes], glyphs: dict[Glyph, str], descriptor: int
) -> bytes:
    outlines = {m.group(1): int(m.group(2)) for m in _OUTLINE.finditer(font["outlines"])}
    codes = b""
    for code, name in enumerate(font["names"].split(), start=int(font["first"])):
        # Glyph 0 is the box for what a font does not have; it fills the codes that no text uses.
        if name != b"/g0":
            glyph = _glyph(_data(objects[outlines[name[1:]]]))
            codes += b"%d /%s " % (code, glyphs.setdefault(glyph, f"g{len(glyphs)}").encode())
    return (
        b"<</Type /Font /Subtype /Type1 /BaseFont /%s /FirstChar %s /LastChar %s /Widths %s /FontDescriptor %d 0 R"
        b" /Encoding <</Type /Encoding /Differences [%s]>> /ToUnicode %s 0 R>>"
        % (_NAME.encode(), font["first"], font["last"], font["widths"], descriptor, codes, font["unicode"])
    )


def _data(body: bytes) -> bytes:
    head = STREAM.search(body)
    if head is None:
        raise UnknownOutline
    data = body[head.end() : body.rindex(b"endstream")]
    return zlib.decompress(data) if b"/FlateDecode" in body[: head.start()] else data


def _glyph(drawing: bytes) -> Glyph:
    """Read the drawing of one glyph; its y axis points down, a font's points up."""
    steps: list[Step] = []
    width = 0
    at: tuple[int, ...] = (0, 0)
    for line in drawing.split(b"\n"):
        *words, operator = line.split() or [b""]
        if operator == b"d1" and words:
            width = round(float(words[0]))
        elif len(words) == _OPERANDS.get(operator, -1):
            numbers = [round(float(word)) for word in words]
            points = tuple(-n if place % 2 else n for place, n in enumerate(numbers))
            steps.append(_step(operator, points, at))
            at = points[-2:]
        elif operator not in (b"", b"h", b"f"):
            raise UnknownOutline(line)
    return Glyph(width, tuple(steps))


def _step(operator: bytes, points: tuple[int, ...], at: tuple[int, ...]) -> Step:
    if operator == b"y":
        return "c", (*points[:2], *points[2:], *points[2:])
    if operator == b"v":
        return "c", (*at, *points)
    return operator.decode(), points


def _box(glyphs: dict[Glyph, str]) -> tuple[int, int, int, int]:
    across = [n for glyph in glyphs for _, points in glyph.steps for n in points[::2]] or [0]
    upwards = [n for glyph in glyphs for _, points in glyph.steps for n in points[1::2]] or [0]
    return min(across), min(upwards), max(across), max(upwards)


def _descriptor(glyphs: dict[Glyph, str], program: int) -> bytes:
    left, bottom, right, top = _box(glyphs)
    return (
        b"<</Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [%d %d %d %d] /ItalicAngle 0 /Ascent %d"
        b" /Descent %d /CapHeight %d /StemV 80 /FontFile3 %d 0 R>>"
        % (_NAME.encode(), left, bottom, right, top, top, bottom, top, program)
    )


def _program(glyphs: dict[Glyph, str]) -> bytes:
    font = compact_font(_NAME, [(name, glyph) for glyph, name in glyphs.items()], _box(glyphs))
    packed = zlib.compress(font, 9)
    head = b"<</Subtype /Type1C /Filter /FlateDecode /Length %d>>\nstream\n" % len(packed)
    return head + packed + b"\nendstream"
