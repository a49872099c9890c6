"""Generate every file of the demo society from its sources."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from config.demo.society import balance_film, ruler_marks
from config.demo.society.training_slides import slides
from config.demo.toolkit import deck, motion, page
from config.demo.toolkit.sound import Tone, write_tone_story

SOURCES = Path(__file__).with_name("sources")
IMPRINT = "示范省计量测试学会"
PAGES = (
    "why-520",
    "exhibition",
    "profile-guo",
    "red-sheet",
    "community-kit",
    "new-era",
    "optical-clock",
)
POSTERS = {"scale-315": (1200, 1310), "everyday-units": (1200, 1330), "ruler-macro": (1120, 744)}
"""Width and height of each picture in pixels."""
COPIED = ("stamp-game.html", "thermometer.html", "time-pips.txt", "hearing-steps.txt")
PIP_HERTZ = 1000.0
STEPS_HERTZ = (125, 250, 500, 1000, 2000, 4000, 8000, 10000, 12000, 14000, 16000)
# At 96 kbit/s and one channel the encoder keeps everything up to the highest of these steps.
STEPS_BIT_RATE = 96_000
_INCLUDE = re.compile(r"\{\{file:([\w.-]+)\}\}")


def make(out: Path) -> None:
    """Write all files of the institution into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        page.pdf_from_html(_page(name), out / f"{name}.pdf", IMPRINT)
    for name, (width, height) in POSTERS.items():
        page.png_from_html(_page(name), out / f"{name}.png", width, height)
    for name in COPIED:
        shutil.copyfile(SOURCES / name, out / name)
    write_tone_story(_time_pips(), out / "time-pips.mp3")
    write_tone_story(_hearing_steps(), out / "hearing-steps.mp3", STEPS_BIT_RATE)
    motion.write_animation(balance_film.frames(), out / "balance.mp4", balance_film.FPS)
    (out / "balance.vtt").write_text(balance_film.captions(), encoding="utf-8")
    deck.write_pptx(slides(), out / "volunteer-training.pptx")


def _page(name: str) -> str:
    """One HTML source with its style and computed marks put in."""
    html = (SOURCES / f"{name}.html").read_text(encoding="utf-8")
    html = _INCLUDE.sub(lambda found: (SOURCES / found[1]).read_text(encoding="utf-8"), html)
    return html.replace("{{ticks}}", ruler_marks.svg())


def _time_pips() -> list[Tone]:
    """Five pips of 0.1 s, one second apart, and a long one that begins on the hour."""
    pip = [Tone(0.1, (PIP_HERTZ,), 0.45), Tone(0.9)]
    return [*pip * 5, Tone(0.5, (PIP_HERTZ,), 0.45), Tone(0.6)]


def _hearing_steps() -> list[Tone]:
    """One tone of 1.2 s for each frequency, with 0.3 s of silence after it."""
    return [part for hertz in STEPS_HERTZ for part in (Tone(1.2, (float(hertz),), 0.25), Tone(0.3))]
