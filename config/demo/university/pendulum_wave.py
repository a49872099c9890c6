"""The frames of the pendulum wave film: twelve pendulums that drift apart and meet again after 30 s."""

from __future__ import annotations

import math
from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, SUPER = 854, 480, 2
FPS = 24
CYCLE = 30.0
"""Seconds after which all pendulums are together again."""
COUNT = 12
SLOWEST = 15
"""Swings (there and back) of the longest pendulum in one cycle; each next one makes one more."""
GRAVITY = 9.81
CAPTIONS = (
    (0.0, "同时放手。摆长不同，周期就不同。"),
    (5.0, "短的走得快，长的走得慢，排成了一条波浪。"),
    (10.0, "队伍散开了，可是每一只都按自己的节拍走。"),
    (13.6, "15 秒：奇数和偶数分成两队，方向正相反。"),
    (18.0, "波浪又慢慢收拢……"),
    (27.5, "30 秒：又排成了一行。节拍稳定，就能用来计时。"),
)
PAPER, INK, RED, BRONZE = (247, 242, 231), (35, 33, 29), (179, 52, 31), (111, 127, 92)


def period(number: int) -> float:
    """The time of one swing there and back, in seconds."""
    return CYCLE / (SLOWEST + number)


def length(number: int) -> float:
    """The length of the pendulum in metres, from T = 2π√(l/g)."""
    return GRAVITY * (period(number) / (2 * math.pi)) ** 2


def frames() -> Iterator[Image.Image]:
    """Every frame of one cycle and two seconds more, in order."""
    for number in range(int((CYCLE + 2) * FPS)):
        yield _frame(number / FPS)


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    # Index 2 of the Noto CJK collections is the simplified Chinese face.
    return ImageFont.truetype(name, size * SUPER, index=2)


def _mix(share: float) -> tuple[int, int, int]:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(RED, BRONZE, strict=True))
    return red, green, blue


def _frame(second: float) -> Image.Image:
    image = Image.new("RGB", (WIDTH * SUPER, HEIGHT * SUPER), PAPER)
    draw = ImageDraw.Draw(image)
    _bar(draw)
    for number in reversed(range(COUNT)):
        _pendulum(draw, number, second)
    _words(draw, second)
    return image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _pivot(number: int) -> tuple[float, float]:
    return 330 + 23.0 * number, 92 - 3.5 * number


def _bar(draw: ImageDraw.ImageDraw) -> None:
    (x0, y0), (x1, y1) = _pivot(0), _pivot(COUNT - 1)
    line = [((x0 - 24) * SUPER, (y0 + 3.6) * SUPER), ((x1 + 24) * SUPER, (y1 - 3.6) * SUPER)]
    draw.line(line, fill=INK, width=9 * SUPER)


def _pendulum(draw: ImageDraw.ImageDraw, number: int, second: float) -> None:
    x, y = _pivot(number)
    reach = length(number) * 300
    angle = 0.42 * math.cos(2 * math.pi * second / period(number))
    bx, by = x + reach * math.sin(angle), y + reach * math.cos(angle)
    draw.line([(x * SUPER, y * SUPER), (bx * SUPER, by * SUPER)], fill=(120, 112, 96), width=SUPER)
    radius = (14 - 0.35 * number) * SUPER
    cx, cy = bx * SUPER, by * SUPER
    draw.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=_mix(number / (COUNT - 1)))
    glint = radius * 0.3
    gx, gy = cx - radius * 0.35, cy - radius * 0.35
    draw.ellipse((gx - glint, gy - glint, gx + glint, gy + glint), fill=(255, 240, 222))


def _words(draw: ImageDraw.ImageDraw, second: float) -> None:
    draw.text((28 * SUPER, 20 * SUPER), "摆波", font=_font("NotoSerifCJK-Bold.ttc", 30), fill=RED)
    clock = f"{min(second, CYCLE):.1f} 秒"
    draw.text((730 * SUPER, 24 * SUPER), clock, font=_font("NotoSansCJK-Bold.ttc", 24), fill=INK)
    caption = [text for start, text in CAPTIONS if second >= start][-1]
    small = _font("NotoSansCJK-Regular.ttc", 21)
    draw.text((WIDTH / 2 * SUPER, 424 * SUPER), caption, font=small, fill=INK, anchor="mm")
    _ruler(draw, min(second, CYCLE) / CYCLE)


def _ruler(draw: ImageDraw.ImageDraw, share: float) -> None:
    left, right, base = 60, WIDTH - 60, 468
    for tick in range(61):
        x = (left + (right - left) * tick / 60) * SUPER
        high = 14 if tick % 10 == 0 else 6
        draw.line([(x, (base - high) * SUPER), (x, base * SUPER)], fill=INK, width=SUPER)
    done = (left + (right - left) * share) * SUPER
    draw.rectangle((left * SUPER, base * SUPER, done, (base + 5) * SUPER), fill=RED)
