"""The frames of the pendulum wave film: twelve pendulums that drift apart and meet again after 20 s."""

from __future__ import annotations

import math
from collections.abc import Iterator

from PIL import Image

from config.demo.toolkit import motion

WIDTH, HEIGHT = 854, 480
"""The drawing's size; the film is three quarters of it, which keeps the file small."""
FILM_SIZE = (640, 360)
FPS = 14
CYCLE = 20.0
"""Seconds after which all pendulums are together again."""
COUNT = 12
SLOWEST = 10
"""Swings (there and back) of the longest pendulum in one cycle; each next one makes one more."""
GRAVITY = 9.81
CAPTIONS = (
    (0.0, "同时放手。摆长不同，周期就不同。"),
    (3.4, "短的走得快，长的走得慢，排成一条波浪。"),
    (6.8, "队伍散开了，每一只仍按自己的节拍走。"),
    (9.2, "10 秒：单数和双数分成两队，方向正相反。"),
    (12.4, "波浪又慢慢收拢……"),
    (18.2, "20 秒：又站成一行。节拍稳定，就能计时。"),
)
RED, BRONZE = (179, 52, 31), (111, 127, 92)
STRING = "#b0a692"


def period(number: int) -> float:
    """The time of one swing there and back, in seconds."""
    return CYCLE / (SLOWEST + number)


def length(number: int) -> float:
    """The length of the pendulum in metres, from T = 2π√(l/g)."""
    return GRAVITY * (period(number) / (2 * math.pi)) ** 2


def frames() -> Iterator[Image.Image]:
    """Every frame of one cycle and a moment more, in order."""
    for number in range(int((CYCLE + 1.0) * FPS)):
        yield _frame(number / FPS)


def _mix(share: float) -> str:
    """A colour between cinnabar (0) and bronze (1)."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(RED, BRONZE, strict=True))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _frame(second: float) -> Image.Image:
    canvas = motion.Canvas(WIDTH, HEIGHT)
    (x0, y0), (x1, y1) = _pivot(0), _pivot(COUNT - 1)
    canvas.line([(x0 - 24, y0 + 3.6), (x1 + 24, y1 - 3.6)], width=9)
    for number in reversed(range(COUNT)):
        _pendulum(canvas, number, second)
    caption = [text for start, text in CAPTIONS if second >= start][-1]
    canvas.text(24, 36, "摆波", 30, motion.CINNABAR, serif=True, bold=True)
    canvas.text(WIDTH - 28, 36, f"{int(min(second, CYCLE))} 秒", 24, anchor="rm", bold=True)
    canvas.text(WIDTH / 2, 424, caption, 21, anchor="mm")
    _ruler(canvas, min(second, CYCLE) / CYCLE)
    return canvas.picture().resize(FILM_SIZE, Image.Resampling.LANCZOS)


def _pivot(number: int) -> tuple[float, float]:
    return 330 + 23.0 * number, 92 - 3.5 * number


def _pendulum(canvas: motion.Canvas, number: int, second: float) -> None:
    x, y = _pivot(number)
    reach = length(number) * 300
    angle = 0.42 * math.cos(2 * math.pi * second / period(number))
    bx, by = x + reach * math.sin(angle), y + reach * math.cos(angle)
    canvas.line([(x, y), (bx, by)], STRING, 1)
    radius = 14 - 0.35 * number
    canvas.disc(bx, by, radius, fill=_mix(number / (COUNT - 1)))


def _ruler(canvas: motion.Canvas, share: float) -> None:
    left, right, base = 60, WIDTH - 60, 466
    for tick in range(41):
        x = left + (right - left) * tick / 40
        canvas.line([(x, base - (14 if tick % 10 == 0 else 6)), (x, base)], width=1)
    canvas.box(left, base, left + max(2.0, (right - left) * share), base + 5, fill=motion.CINNABAR)
