"""The frames and captions of the film "how a balance compares": an apple weighed on both sides."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image, ImageDraw

from config.demo.toolkit import motion

WIDTH, HEIGHT, SUPER = 854, 480, 2
FPS = 24
SECONDS = 30.0
APPLE = 170
PAPER, INK, RED, TEAL, GOLD = (238, 244, 244), (31, 42, 48), (192, 57, 43), (15, 106, 115), (201, 162, 74)
PIVOT = (427.0, 128.0)
ARM = 210.0


class Scene(NamedTuple):
    """What is on the pans from `start` (seconds) on, and the words below; masses in grams."""

    start: float
    apple_left: bool | None
    weights: tuple[int, ...]
    words: str


SCENES = (
    Scene(0.0, None, (), "两边都空着，指针停在正中：先看零点。"),
    Scene(4.5, True, (), "左盘放上苹果，左边沉下去。"),
    Scene(8.5, True, (200,), "右盘放 200 克砝码：多了，右边沉。"),
    Scene(12.5, True, (100, 50), "换成 100 克和 50 克：还差一点。"),
    Scene(16.5, True, (100, 50, 20), "再加 20 克：平了！苹果是 170 克。"),
    Scene(21.5, False, (100, 50, 20), "换边再称一次：还是平，两臂果然一样长。"),
    Scene(26.5, False, (100, 50, 20), "天平不“知道”克数，它只会比：和标准一样重。"),
)


def captions() -> str:
    """The captions as WebVTT."""
    ends = [scene.start for scene in SCENES[1:]] + [SECONDS]
    cues = (f"{_stamp(a.start)} --> {_stamp(b)}\n{a.words}\n" for a, b in zip(SCENES, ends, strict=True))
    return "WEBVTT\n\n" + "\n".join(cues)


def frames() -> Iterator[Image.Image]:
    """Every frame in order; the beam swings like a damped pendulum towards its new rest."""
    angle = 0.09
    speed = 0.0
    for number in range(int(SECONDS * FPS)):
        second = number / FPS
        scene = [entry for entry in SCENES if second >= entry.start][-1]
        for _ in range(4):
            pull = _rest(scene) - angle
            speed += (14.0 * pull - 2.1 * speed) / (FPS * 4)
            angle += speed / (FPS * 4)
        yield _frame(scene, angle)


def _stamp(second: float) -> str:
    return f"00:00:{second:06.3f}"


def _rest(scene: Scene) -> float:
    """The angle (radians, left side down is positive) at which the beam comes to rest."""
    if scene.apple_left is None:
        return 0.0
    difference = (APPLE - sum(scene.weights)) * (1 if scene.apple_left else -1)
    return max(-0.17, min(0.17, difference * 0.004))


def _frame(scene: Scene, angle: float) -> Image.Image:
    image = Image.new("RGB", (WIDTH * SUPER, HEIGHT * SUPER), PAPER)
    draw = ImageDraw.Draw(image)
    _stand(draw, angle)
    left_apple = scene.apple_left is True
    right_apple = scene.apple_left is False
    _pan(draw, angle, -1, left_apple, scene.weights if right_apple else ())
    _pan(draw, angle, 1, right_apple, scene.weights if left_apple else ())
    draw.text(
        (28 * SUPER, 18 * SUPER), "天平怎样比轻重", font=motion.font(26 * SUPER, serif=True, bold=True), fill=TEAL
    )
    draw.rectangle((0, 420 * SUPER, WIDTH * SUPER, HEIGHT * SUPER), fill=INK)
    words = motion.font(24 * SUPER)
    draw.text((WIDTH / 2 * SUPER, 450 * SUPER), scene.words, font=words, fill="white", anchor="mm")
    return image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _line(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], fill: tuple[int, ...], width: float) -> None:
    scaled = [(x * SUPER, y * SUPER) for x, y in points]
    draw.line(scaled, fill=fill, width=round(width * SUPER), joint="curve")


def _stand(draw: ImageDraw.ImageDraw, angle: float) -> None:
    x, y = PIVOT
    _line(draw, [(x, y), (x, 392)], TEAL, 14)
    draw.rounded_rectangle((307 * SUPER, 388 * SUPER, 547 * SUPER, 408 * SUPER), 8 * SUPER, fill=TEAL)
    for mark in range(-5, 6):
        around = math.pi / 2 + mark * 0.034
        near, far = 176.0, 190.0 if mark else 198.0
        points = [(x + r * math.cos(around), y + r * math.sin(around)) for r in (near, far)]
        _line(draw, points, RED if mark == 0 else INK, 2)
    turn = math.pi / 2 - angle
    _line(draw, [(x, y), (x + 172 * math.cos(turn), y + 172 * math.sin(turn))], RED, 4)
    ends = [(x + side * ARM * math.cos(angle), y - side * ARM * math.sin(angle)) for side in (-1, 1)]
    _line(draw, ends, GOLD, 13)
    draw.ellipse(((x - 12) * SUPER, (y - 12) * SUPER, (x + 12) * SUPER, (y + 12) * SUPER), fill=INK)


def _pan(draw: ImageDraw.ImageDraw, angle: float, side: int, apple: bool, weights: tuple[int, ...]) -> None:
    x = PIVOT[0] + side * ARM * math.cos(angle)
    y = PIVOT[1] - side * ARM * math.sin(angle)
    plate = y + 190
    for edge in (-88, 88):
        _line(draw, [(x, y), (x + edge, plate)], (110, 125, 130), 2)
    box = [(x - 96) * SUPER, (plate - 16) * SUPER, (x + 96) * SUPER, (plate + 20) * SUPER]
    draw.pieslice(box, 0, 180, fill=GOLD)
    if apple:
        _apple(draw, x, plate - 32)
    left = x - sum(_width(grams) + 6 for grams in weights) / 2
    for grams in weights:
        _weight(draw, left, plate, grams)
        left += _width(grams) + 6


def _apple(draw: ImageDraw.ImageDraw, x: float, y: float) -> None:
    for dx in (-13, 13):
        draw.ellipse(((x + dx - 26) * SUPER, (y - 28) * SUPER, (x + dx + 26) * SUPER, (y + 34) * SUPER), fill=RED)
    _line(draw, [(x, y - 22), (x + 7, y - 44)], (91, 70, 23), 5)
    draw.ellipse(((x + 6) * SUPER, (y - 46) * SUPER, (x + 36) * SUPER, (y - 30) * SUPER), fill=(47, 107, 79))
    draw.ellipse(((x - 28) * SUPER, (y - 16) * SUPER, (x - 16) * SUPER, (y - 2) * SUPER), fill=(233, 140, 128))


def _width(grams: int) -> int:
    return {200: 68, 100: 54, 50: 42, 20: 34}[grams]


def _weight(draw: ImageDraw.ImageDraw, left: float, base: float, grams: int) -> None:
    wide = _width(grams)
    high = wide * 0.9
    middle = left + wide / 2
    knob = [(middle - 7) * SUPER, (base - high - 14) * SUPER, (middle + 7) * SUPER, (base - high + 6) * SUPER]
    draw.ellipse(knob, fill=(122, 132, 136))
    body = [left * SUPER, (base - high) * SUPER, (left + wide) * SUPER, (base + 1) * SUPER]
    draw.rounded_rectangle(body, 5 * SUPER, fill=(139, 150, 153))
    font = motion.font((18 if grams > 20 else 15) * SUPER, bold=True)
    draw.text((middle * SUPER, (base - high / 2) * SUPER), str(grams), font=font, fill="white", anchor="mm")
