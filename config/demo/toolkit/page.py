"""Set HTML as printed pages and pictures in this set's one style."""

import html as markup
import re
import tempfile
from pathlib import Path

from PIL import Image

from config.demo.toolkit import chromium

STYLESHEET = Path(__file__).with_name("print.css")
# A picture above this size is stored with a palette: flat drawings lose nothing that an eye would notice.
PALETTE_ABOVE_BYTES = 200_000
_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_VIEW_BOX = re.compile(r'viewBox="\s*[-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)\s*"')


def pdf_from_html(html: str, out: Path, imprint: str = "") -> None:
    """Print HTML as an A4 PDF.

    A fragment (starting with its own `<h1>`) is dressed with the common print stylesheet, the graduated
    scale and page numbers; a whole document (with `<html`) is printed as it is. `imprint` is the line at
    the foot of each page, usually the institution's name. Raises ChromiumMissing.
    """
    chromium.print_pdf(html if _is_document(html) else _dressed(html, imprint), out)


def png_from_html(html: str, out: Path, width: int, height: int) -> None:
    """Picture HTML (a fragment or a whole document) as a PNG of `width` × `height` pixels. Raises ChromiumMissing."""
    if not _is_document(html):
        html = f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><body>{html}</body></html>'
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        taken = Path(folder) / "taken.png"
        chromium.take_screenshot(html, taken, width, height)
        with Image.open(taken) as picture:
            _store(picture.convert("RGB").crop((0, 0, width, height)), out)


def png_from_svg(svg: str, out: Path, width: int) -> None:
    """Picture an SVG drawing as a PNG `width` pixels wide; raises ValueError without a viewBox to tell the height."""
    size = _VIEW_BOX.search(svg)
    if size is None:
        raise ValueError("The drawing has no viewBox: its height cannot be known.")
    height = round(width * float(size.group(2)) / float(size.group(1)))
    style = "<style>html,body{margin:0;background:#fff}svg{display:block;width:100%;height:auto}</style>"
    head = f'<!doctype html><html lang="zh-CN"><meta charset="utf-8">{style}'
    png_from_html(f"{head}<body>{svg}</body></html>", out, width, height)


def _is_document(html: str) -> bool:
    return "<html" in html[:400].lower()


def _dressed(fragment: str, imprint: str) -> str:
    heading = _HEADING.search(fragment)
    title = markup.unescape(_TAG.sub("", heading.group(1))).strip() if heading else imprint
    style = STYLESHEET.read_text(encoding="utf-8").replace("{{imprint}}", imprint.replace('"', ""))
    head = f'<meta charset="utf-8"><title>{markup.escape(title)}</title><style>{style}</style>'
    return f'<!doctype html><html lang="zh-CN"><head>{head}</head><body>{_scale()}{fragment}</body></html>'


def _scale() -> str:
    """Draw the graduated scale over the text: 162 mm, the width between the margins."""
    ticks = ""
    for millimetre in range(0, 163, 2):
        length, colour = (7, "#b3341f") if millimetre % 50 == 0 else (2.6, "#23211d")
        if millimetre % 10 == 0 and millimetre % 50:
            length = 4.6
        ticks += f'<path d="M{millimetre + 0.1} 0v{length}" stroke="{colour}" stroke-width=".22"/>'
    line = '<path d="M0 .1h162" stroke="#23211d" stroke-width=".25"/>'
    return f'<svg class="scale" viewBox="0 0 162 7" aria-hidden="true">{line}{ticks}</svg>'


def _store(picture: Image.Image, out: Path) -> None:
    picture.save(out, optimize=True)
    if out.stat().st_size > PALETTE_ABOVE_BYTES:
        picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG).save(
            out, optimize=True
        )
