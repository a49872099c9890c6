"""The film on the second: from the turning Earth to the caesium atom, half a minute without sound."""

import math
from collections.abc import Callable, Iterator

from PIL import Image

from config.demo.toolkit.motion import CINNABAR, GREY, INK, LINE, Canvas, ease

FPS, WIDTH, HEIGHT = 20, 854, 480
CAESIUM = 9_192_631_770
SKY, GOLD = "#4d7c99", "#d9a441"


def frames() -> Iterator[Image.Image]:
    """Draw the scenes one after another."""
    for seconds, scene in SCENES:
        for index in range(round(seconds * FPS)):
            canvas = Canvas(WIDTH, HEIGHT)
            canvas.ruler(0, WIDTH / 80)
            scene(canvas, index / FPS)
            yield canvas.picture()


def _heading(canvas: Canvas, words: str, below: str = "") -> None:
    canvas.text(60, 84, words, 34, serif=True, bold=True)
    canvas.text(60, 126, below, 20, GREY)


def _opening(canvas: Canvas, moment: float) -> None:
    canvas.text(WIDTH / 2, 205, "一秒，从哪里来？", 62, anchor="mm", serif=True, bold=True)
    canvas.text(WIDTH / 2, 290, "滴答之间，人们找了几百年", 24, GREY, anchor="mm")
    for index in range(min(4, int(moment) + 1)):
        canvas.disc(WIDTH / 2 - 60 + index * 40, 350, 7, CINNABAR)


def _earth(canvas: Canvas, moment: float) -> None:
    _heading(canvas, "先请地球当钟", "把一天平均分成 86 400 份，一份就是一秒")
    canvas.disc(170, 310, 62, GOLD)
    for ray in range(16):
        angle = ray * math.pi / 8
        start, end = 74, 92
        canvas.line(
            [(170 + r * math.cos(angle), 310 + r * math.sin(angle)) for r in (start, end)], GOLD, 4
        )  # fmt: skip
    x, y, radius = 560, 300, 108
    canvas.line([(x, y - radius - 22), (x, y + radius + 22)], INK, 3)
    canvas.disc(x, y, radius, SKY)
    turn = moment * 0.9
    for index in range(6):
        # Meridians of a turning ball are ellipses; their half-width is the sine of the longitude.
        longitude = (turn + index * math.pi / 6) % math.pi
        points = [
            (x + radius * math.cos(longitude) * math.cos(t), y + radius * math.sin(t))
            for t in (math.pi * (step / 24 - 0.5) for step in range(25))
        ]
        canvas.line(points, "#d7e3ea", 1.6)
    if moment > 4:
        canvas.text(60, 450, "可是地球转得不匀，而且在慢慢变慢。", 24, CINNABAR, bold=True)


def _pendulum(canvas: Canvas, moment: float) -> None:
    _heading(canvas, "再请摆来当钟", "摆长约 0.994 米的摆，从一边摆到另一边，大约一秒")
    angle = 0.32 * math.cos(math.pi * moment)
    top, length = (WIDTH / 2, 160), 230
    bob = (top[0] + length * math.sin(angle), top[1] + length * math.cos(angle))
    arc = [(top[0] + length * math.sin(a / 50), top[1] + length * math.cos(a / 50)) for a in range(-18, 19)]
    canvas.line(arc, LINE, 3)
    canvas.line([top, bob], INK, 3)
    canvas.disc(*bob, 25, CINNABAR)
    canvas.box(top[0] - 70, 150, top[0] + 70, 160, INK)
    canvas.text(700, 300, f"{int(moment) + 1}", 84, CINNABAR, "mm", serif=True, bold=True)
    canvas.text(700, 360, "秒", 24, GREY, "mm")
    if moment > 4:
        canvas.text(60, 450, "可是天一热，摆杆变长，钟就慢了。", 24, CINNABAR, bold=True)


def _quartz(canvas: Canvas, moment: float) -> None:
    _heading(canvas, "石英：一秒抖 32 768 次", "手表里那一小片石英，通上电就会振动；电路数够次数，秒针走一格")
    for side in (-1, 1):
        bend = 9 * math.sin(moment * 40) * side
        x = 250 + side * 32
        canvas.polygon([(x - 14, 390), (x + 14, 390), (x + 14 + bend, 190), (x - 14 + bend, 190)], "#9fb7c4")
    canvas.box(190, 385, 310, 420, "#9fb7c4")
    canvas.disc(600, 305, 115, "#fffdf7", INK, 5)
    for hour in range(60):
        angle = hour * math.pi / 30
        inner = 96 if hour % 5 == 0 else 104
        canvas.line([(600 + r * math.sin(angle), 305 - r * math.cos(angle)) for r in (inner, 110)], INK, 2)
    hand = int(moment) * math.pi / 30
    canvas.line([(600, 305), (600 + 92 * math.sin(hand), 305 - 92 * math.cos(hand))], CINNABAR, 4)
    canvas.disc(600, 305, 7, CINNABAR)


def _caesium(canvas: Canvas, moment: float) -> None:
    _heading(canvas, "最后请来铯原子", "用微波去“敲”铯-133。频率正好时，原子才会翻一个身")
    points = [(x, 300 + 34 * math.sin((x - moment * 170) / 17)) for x in range(60, 470, 3)]
    canvas.line(points, SKY, 4)
    x, y = 600, 300
    glow = 0.5 + 0.5 * math.sin(moment * 5)
    canvas.disc(x, y, 88 + 8 * glow, None, LINE, 2)
    canvas.disc(x, y, 30, CINNABAR)
    canvas.text(x, y, "铯", 28, "#ffffff", "mm", serif=True, bold=True)
    electron = (x + 92 * math.cos(moment * 2.4), y + 92 * math.sin(moment * 2.4))
    canvas.disc(*electron, 12, SKY)
    flip = -1 if math.sin(moment * 5) > 0 else 1
    canvas.line([(electron[0], electron[1] + 26 * flip), (electron[0], electron[1] - 26 * flip)], INK, 4)
    tip = electron[1] - 30 * flip
    canvas.polygon(
        [(electron[0], tip - 6 * flip), (electron[0] - 8, tip + 8 * flip), (electron[0] + 8, tip + 8 * flip)]
    )
    count = int(CAESIUM * ease(moment / 6))
    canvas.text(WIDTH / 2, 438, f"{count:,}".replace(",", " "), 40, CINNABAR, "mm", serif=True, bold=True)


def _comparison(canvas: Canvas, moment: float) -> None:
    _heading(canvas, "谁走得准？", "大约多久会差出一秒")
    rows = (("好的摆钟", "几小时到几天", 0.10), ("石英手表", "几天", 0.13), ("铯喷泉钟", "约三亿年", 1.0))
    for index, (name, span, share) in enumerate(rows):
        y = 200 + index * 82
        canvas.text(60, y, name, 26, bold=True)
        length = 400 * share * ease(moment / 2 - index * 0.4)
        canvas.box(210, y - 16, 210 + max(4, length), y + 16, CINNABAR if index == 2 else "#9fb7c4")
        canvas.text(226 + max(4, length), y, span, 24)
    canvas.text(60, 450, "条的长短只作示意：照真实比例，铯钟那一条差不多要画到月亮上。", 19, GREY)


def _ending(canvas: Canvas, moment: float) -> None:
    canvas.text(WIDTH / 2, 190, "9 192 631 770 次", 66, CINNABAR, "mm", serif=True, bold=True)
    if moment > 0.8:
        canvas.text(WIDTH / 2, 272, "就是一秒", 44, INK, "mm", serif=True, bold=True)
    if moment > 1.8:
        canvas.text(WIDTH / 2, 350, "1967 年起，秒由铯-133 原子定义", 24, GREY, "mm")
    canvas.text(WIDTH / 2, 440, "示范市计量测试院", 19, GREY, "mm")


SCENES: list[tuple[float, Callable[[Canvas, float], None]]] = [
    (3.5, _opening), (7, _earth), (7, _pendulum), (5, _quartz), (8, _caesium), (5.5, _comparison), (4.5, _ending),
]  # fmt: skip
