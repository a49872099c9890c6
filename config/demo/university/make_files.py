"""Generate every file of the demo university from its sources."""

from __future__ import annotations

import csv
import re
import shutil
import tempfile
from pathlib import Path

from config.demo.toolkit import deck, motion, page, tables
from config.demo.university import chi_chart, pendulum_wave, qin_weight
from config.demo.university.history_slides import slides

SOURCES = Path(__file__).with_name("sources")
IMPRINT = "示范计量大学"
ARTICLES = (
    "du-liang-heng",
    "huangzhong",
    "course-guide",
    "lesson-1",
    "lesson-2",
    "lesson-3",
    "pendulum-kit",
    "booklet",
    "hanshu",
)
POSTERS = {"fangsheng": (1200, 1270), "qinquan": (1200, 1390), "jialiang": (1200, 1570)}
"""Width and height of each picture page in pixels."""
_INCLUDE = re.compile(r"\{\{file:([\w.-]+)\}\}")


def make(out: Path) -> None:
    """Write all files of the institution into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for name in ARTICLES:
        page.pdf_from_html(_page(name), out / f"{name}.pdf", IMPRINT)
    for name, (width, height) in POSTERS.items():
        page.png_from_html(_page(name), out / f"{name}.png", width, height)
    for name in ("fangsheng.svg", "jialiang.svg", "water-clock.html"):
        shutil.copyfile(SOURCES / name, out / name)
    for name in ("chi.csv", "pendulum-record.csv"):
        tables.write_csv(_rows(name), out / name)
    page.png_from_svg(chi_chart.svg(_rows("chi.csv")), out / "chi.png", 1200)
    motion.write_animation(pendulum_wave.frames(), out / "pendulum-wave.mp4", pendulum_wave.FPS)
    with tempfile.TemporaryDirectory() as folder:
        deck.write_pptx(slides(_slide_pictures(Path(folder))), out / "history-slides.pptx")


def _page(name: str) -> str:
    """One HTML source with its drawings and style put in."""
    html = (SOURCES / f"{name}.html").read_text(encoding="utf-8")
    html = _INCLUDE.sub(lambda found: (SOURCES / found[1]).read_text(encoding="utf-8"), html)
    return html.replace("{{edict}}", qin_weight.edict()).replace("{{ladder}}", qin_weight.ladder())


def _rows(name: str) -> list[list[str]]:
    with (SOURCES / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def _slide_pictures(folder: Path) -> dict[str, Path]:
    """The drawings on the slides' paper colour, as PNG files in `folder`."""
    made = {}
    for name, height in (("fangsheng", 440), ("jialiang", 560)):
        svg = (SOURCES / f"{name}.svg").read_text(encoding="utf-8")
        style = "<style>html,body{margin:0;background:#faf6ec}svg{width:920px;height:auto}</style>"
        made[name] = folder / f"{name}.png"
        page.png_from_html(f"{style}{svg}", made[name], 920, height)
    return made
