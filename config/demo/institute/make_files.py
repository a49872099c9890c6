"""Generate the institute's files from its sources: pages, pictures, films, slides and a table."""

import csv
from pathlib import Path

from config.demo.institute import ampere_slides, candela_drawing, meter_film, second_film
from config.demo.toolkit import deck, motion, page, tables

SOURCES = Path(__file__).with_name("sources")
IMPRINT = "示范市计量测试院科普工作室"
ARTICLES = (
    "kilogram", "mole", "fuel-dispenser", "shop-scale", "plain-language", "metrology-law",
)  # fmt: skip
INTERACTIVES = ("vernier", "kelvin", "estimate")
POSTERS = ("metre", "blood-pressure")
POSTER_SIZE = (1200, 1700)


def make(out: Path) -> None:
    """Write every file of the institute into `out`. Raises ChromiumMissing and OSError (missing fonts)."""
    make_texts(out)
    for name in ARTICLES:
        page.pdf_from_html(_source(f"{name}.html"), out / f"{name}.pdf", imprint=IMPRINT)
    for name in POSTERS:
        page.png_from_html(_source(f"{name}.html").replace("{{ticks}}", _ticks()), out / f"{name}.png", *POSTER_SIZE)
    page.png_from_svg((out / "candela.svg").read_text(encoding="utf-8"), out / "candela.png", 1000)
    deck.write_pptx(ampere_slides.SLIDES, out / "ampere.pptx")
    motion.write_animation(second_film.frames(), out / "second.mp4", second_film.FPS)
    motion.write_animation(meter_film.frames(), out / "electricity-meter.mp4", meter_film.FPS)


def make_texts(out: Path) -> None:
    """Write what is text: the interactives, the drawing, the table and the captions; the same on every machine."""
    style = _source("interactive.css")
    for name in INTERACTIVES:
        whole = _source(f"{name}.html").replace("/*{{common}}*/", style)
        (out / f"{name}.html").write_text(whole, encoding="utf-8")
    candela_drawing.write(out / "candela.svg")
    with (SOURCES / "constants.csv").open(encoding="utf-8", newline="") as stream:
        tables.write_csv(csv.reader(stream), out / "constants.csv")
    meter_film.write_captions(out / "electricity-meter.vtt")


def _source(name: str) -> str:
    return (SOURCES / name).read_text(encoding="utf-8")


def _ticks() -> str:
    """Draw one metre in centimetres over 1000 units, for the poster of the metre."""
    return "".join(
        f'<path d="M{4 + i * 10} 0v{56 if i % 10 == 0 else 38 if i % 5 == 0 else 22}"/>' for i in range(101)
    )
