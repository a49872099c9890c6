"""Lay out slides in the set's style as a PowerPoint file."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

PAPER, INK, CINNABAR, GREY = (RGBColor.from_string(c) for c in ("FAF6EC", "23211D", "B3341F", "6B6455"))
SERIF, SANS = "SimSun", "Microsoft YaHei"
WIDTH, HEIGHT = Inches(13.333), Inches(7.5)
_BLANK_LAYOUT = 6
_FIXED_TIME = datetime(2026, 5, 20)


@dataclass(frozen=True)
class Slide:
    """One slide.

    `title` stands large at the head, `kicker` small above it; `lines` are the sentences below, `big` one
    figure or formula in cinnabar before them, `table` rows under a header row, `picture` a PNG beside the
    text, `notes` what the speaker says.
    """

    title: str
    lines: Sequence[str] = ()
    kicker: str = ""
    big: str = ""
    table: Sequence[Sequence[str]] = ()
    picture: Path | None = None
    notes: str = ""


def write_pptx(slides: Sequence[Slide], out: Path) -> None:
    """Write the slides (16:9); the first is set as the title page, and its title names the file's metadata."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = WIDTH, HEIGHT
    properties = deck.core_properties
    properties.title, properties.author, properties.language = slides[0].title, "Metrology Commons", "zh-CN"
    properties.created = properties.modified = _FIXED_TIME
    for number, content in enumerate(slides, start=1):
        page = deck.slides.add_slide(deck.slide_layouts[_BLANK_LAYOUT])
        page.background.fill.solid()
        page.background.fill.fore_color.rgb = PAPER
        _ruler(page)
        _opening(page, content) if number == 1 else _content(page, content, number)
        if content.notes:
            page.notes_slide.notes_text_frame.text = content.notes
    buffer = io.BytesIO()
    deck.save(buffer)
    out.parent.mkdir(parents=True, exist_ok=True)
    _repack(buffer, out)


def _opening(page: Any, content: Slide) -> None:
    _text(page, 1.2, 1.9, 10.8, 0.6, [content.kicker], 20, CINNABAR, bold=True)
    _text(page, 1.2, 2.5, 10.8, 1.6, [content.title], 54, INK, face=SERIF, bold=True)
    _text(page, 1.2, 4.3, 10.4, 2.0, content.lines, 24, GREY)


def _content(page: Any, content: Slide, number: int) -> None:
    if content.kicker:
        _text(page, 1.2, 0.62, 10.8, 0.4, [content.kicker], 15, CINNABAR, bold=True)
    _text(page, 1.2, 0.98, 11.2, 0.9, [content.title], 36, INK, face=SERIF, bold=True)
    top, width = 2.15, 6.3 if content.picture else 10.9
    if content.big:
        _text(page, 1.2, top, width, 1.2, [content.big], 44, CINNABAR, face=SERIF, bold=True)
        top += 1.25
    if content.table:
        top += _table(page, content.table, top, width) + 0.3
    _text(page, 1.2, top, width, 6.7 - top, content.lines, 22, INK)
    if content.picture:
        page.shapes.add_picture(str(content.picture), Inches(7.9), Inches(2.15), width=Inches(4.6))
    _text(page, 11.6, 6.85, 1.0, 0.35, [str(number)], 13, GREY)


def _text(page: Any, left: float, top: float, width: float, height: float, lines: Sequence[str], size: int,
          colour: RGBColor, *, face: str = SANS, bold: bool = False) -> None:  # fmt: skip
    frame = page.shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height)).text_frame
    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
    for index, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
        paragraph.line_spacing, paragraph.space_after = 1.25, Pt(size * 0.4)
        _run(paragraph, line, size, colour, face, bold)


def _run(paragraph: Any, words: str, size: int, colour: RGBColor, face: str, bold: bool) -> None:
    run = paragraph.add_run()
    run.text, run.font.size, run.font.bold, run.font.name = words, Pt(size), bold, face
    run.font.color.rgb = colour
    # Office takes the Chinese face from its own element; `font.name` sets the Latin one only.
    east_asian = run._r.get_or_add_rPr().makeelement(qn("a:ea"), {"typeface": face})
    run._r.get_or_add_rPr().append(east_asian)


def _table(page: Any, rows: Sequence[Sequence[str]], top: float, width: float) -> float:
    """Draw a table without a grid, rules only; gives its height in inches."""
    line_height = 0.5
    for index, row in enumerate(rows):
        y = top + index * line_height
        for column, words in enumerate(row):
            left, share = 1.2 + column * width / len(row), width / len(row)
            colour = GREY if index == 0 else INK
            _text(page, left, y, share, line_height, [words], 17, colour, bold=index == 0)
        _bar(page, 1.2, y + line_height - 0.02, width, 0.02 if index == 0 else 0.007, INK)
    return line_height * len(rows)


def _ruler(page: Any) -> None:
    for index in range(76):
        length, colour = (0.42, CINNABAR) if index % 10 == 0 else (0.28, INK) if index % 5 == 0 else (0.16, INK)
        _bar(page, 0, index * 0.1, length, 0.014, colour)


def _bar(page: Any, left: float, top: float, width: float, height: float, colour: RGBColor) -> None:
    box = [Inches(value) for value in (left, top, width, height)]
    shape = page.shapes.add_shape(MSO_SHAPE.RECTANGLE, *box)
    shape.fill.solid()
    shape.fill.fore_color.rgb = colour
    shape.line.width = Emu(0)
    shape.line.fill.background()


def _repack(buffer: io.BytesIO, out: Path) -> None:
    """Write the parts again with one fixed time, so that the same slides give the same bytes."""
    with zipfile.ZipFile(buffer) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fixed:
        for name in made.namelist():
            part = zipfile.ZipInfo(name, _FIXED_TIME.timetuple()[:6])
            part.compress_type = zipfile.ZIP_DEFLATED
            fixed.writestr(part, made.read(name))
