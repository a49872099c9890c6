"""The film on the electricity meter: what it counts, how it is tested, and how to test it at home."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from config.demo.toolkit.motion import CINNABAR, GREY, INK, LINE, Canvas, ease

FPS, WIDTH, HEIGHT = 15, 854, 480
# Flashes for each kilowatt-hour, as the meter's plate says it: 1200 imp/(kW·h).
PULSES = 1200
KETTLE_KILOWATTS = 1.8
METAL, GLASS = "#d8dcda", "#dfe7d8"


def frames() -> Iterator[Image.Image]:
    """Draw the scenes one after another."""
    for seconds, scene, _ in SCENES:
        for index in range(round(seconds * FPS)):
            canvas = Canvas(WIDTH, HEIGHT)
            canvas.ruler(0, WIDTH / 80)
            scene(canvas, index / FPS)
            yield canvas.picture()


def write_captions(out: Path) -> None:
    """Write what the film says as WebVTT captions, timed by the scenes."""
    blocks, start = ["WEBVTT"], 0.0
    for seconds, _, words in SCENES:
        blocks.append(f"{_clock(start)} --> {_clock(start + seconds)}\n{words}")
        start += seconds
    out.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def _clock(seconds: float) -> str:
    return f"00:{int(seconds // 60):02}:{seconds % 60:06.3f}"


def _heading(canvas: Canvas, words: str, below: str = "") -> None:
    canvas.text(60, 84, words, 34, serif=True, bold=True)
    canvas.text(60, 128, below, 21, GREY)


def _meter(canvas: Canvas, x: float, y: float, reading: str, lit: bool) -> None:
    canvas.box(x, y, x + 230, y + 270, METAL, INK, 3, 14)
    canvas.box(x + 24, y + 36, x + 206, y + 104, GLASS, INK, 2, 5)
    canvas.text(x + 196, y + 71, reading, 31, anchor="rm", bold=True)
    canvas.text(x + 115, y + 128, "kW·h", 18, anchor="mm")
    if lit:
        canvas.disc(x + 60, y + 172, 22, "#f1b6a4")
    canvas.disc(x + 60, y + 172, 12, CINNABAR if lit else "#8f7f79", INK, 2)
    canvas.text(x + 90, y + 172, f"{PULSES} imp/(kW·h)", 15)
    canvas.box(x + 40, y + 212, x + 190, y + 250, "#fffdf7", INK, 1.5)
    canvas.text(x + 115, y + 231, "检定合格", 18, CINNABAR, "mm", bold=True)


def _kettle(canvas: Canvas, x: float, y: float, moment: float) -> None:
    canvas.polygon([(x, y + 130), (x + 20, y), (x + 110, y), (x + 130, y + 130)], "#9fb7c4")
    canvas.line([(x + 118, y + 20), (x + 165, y + 30), (x + 165, y + 90), (x + 126, y + 108)], INK, 8)
    canvas.polygon([(x + 12, y + 44), (x - 26, y + 16), (x - 12, y + 4), (x + 16, y + 16)], "#9fb7c4")
    for puff in range(3):
        rise = (moment * 0.7 + puff / 3) % 1
        canvas.disc(x + 50 + 14 * puff + 6 * math.sin(moment * 3 + puff), y - 12 - 56 * rise, 5 + 9 * rise, "#e6e2d6")


def _opening(canvas: Canvas, moment: float) -> None:
    canvas.text(60, 190, "电能表怎样", 54, serif=True, bold=True)
    canvas.text(60, 262, "老老实实数电？", 54, serif=True, bold=True)
    canvas.text(60, 330, "一盏小红灯，告诉你答案", 24, GREY)
    _meter(canvas, 570, 110, "02614.8", moment % 0.8 < 0.2)


def _unit(canvas: Canvas, moment: float) -> None:
    _heading(canvas, "它数的是“度”", "1 度电 = 1 千瓦·时 = 3 600 000 焦耳")
    rows = (
        ("1800 瓦电水壶", "烧 33 分钟", 33),
        ("1000 瓦电熨斗", "用 1 小时", 60),
        ("10 瓦 LED 灯", "亮 100 小时", 400),
    )
    for index, (name, span, length) in enumerate(rows):
        y = 200 + index * 78
        canvas.text(60, y, name, 25)
        grown = 260 + length * ease((moment - index * 0.7) / 1.5)
        canvas.box(260, y - 14, max(264, grown), y + 14, CINNABAR if index == 2 else "#9fb7c4")
        canvas.text(max(264, grown) + 16, y, span, 23)
    canvas.text(60, 450, "三样用的电一样多：都是一度。（条长只作示意）", 21, GREY)


def _flashes(canvas: Canvas, moment: float) -> None:
    _heading(canvas, "小红灯闪一下，就是一小份电", f"闪 {PULSES} 下是一度，每一下正好 3000 焦耳")
    period = 3600 / PULSES / KETTLE_KILOWATTS
    _meter(canvas, 560, 160, f"{2614.8 + moment * 0.0005:.1f}", moment % period < 0.25)
    _kettle(canvas, 150, 250, moment)
    canvas.line([(320, 380), (440, 380), (440, 330), (560, 330)], INK, 4)
    canvas.text(60, 450, f"水壶 1.8 千瓦：每 {period:.2f} 秒闪一下，一分钟 36 下", 23, CINNABAR, bold=True)


def _bench(canvas: Canvas, moment: float) -> None:
    _heading(canvas, "上岗之前，先过检定台", "新表和更准的标准表串在一起，走同样的电，比两边的数")
    for index, (name, colour) in enumerate((("标准表", "#9fb7c4"), ("新电表", METAL))):
        y = 190 + index * 120
        canvas.box(60, y, 200, y + 88, colour, INK, 3, 10)
        canvas.text(130, y + 44, name, 24, anchor="mm", bold=True)
        count = int(moment * 17 * (1 if index == 0 else 1.01))
        for dot in range(min(count, 120)):
            canvas.box(226 + dot * 4.6, y + 26, 228.6 + dot * 4.6, y + 62, CINNABAR if index else INK)
    canvas.text(60, 450, "家用电能表常见 2 级：误差不超过约 ±2 %，合格才能装上墙", 23, CINNABAR, bold=True)


def _seal(canvas: Canvas, moment: float) -> None:
    _heading(canvas, "装好，封上，到期就换", "出厂和检定的封印一拆就坏；电表有使用年限，到期轮换")
    _meter(canvas, 100, 165, "00000.0", False)
    canvas.line([(215, 420), (215, 446)], INK, 3)
    canvas.disc(215, 448, 13, CINNABAR, INK, 2)
    steps = ("首次强制检定", "加封印", "限期使用", "到期轮换")
    for index, words in enumerate(steps):
        y = 200 + index * 66
        shown = ease(moment - index * 0.9)
        canvas.disc(430, y, 15, CINNABAR if shown > 0.5 else LINE)
        canvas.text(470, y, words, 28, INK if shown > 0.5 else LINE, bold=True)
        if index < 3:
            canvas.line([(430, y + 20), (430, y + 46)], LINE, 3)


def _home(canvas: Canvas, moment: float) -> None:
    _heading(canvas, "在家试一试", "只看，不动手拆。表箱带电，别打开里面的盖子")
    lines = (
        "1　关掉别的电器，只开一只知道功率的电热水壶",
        "2　数一分钟里小红灯闪了几下",
        "3　功率（千瓦）× 每度闪几下 ÷ 60 = 应闪几下",
        "4　差得多？打供电服务电话，或申请检定",
    )
    for index, words in enumerate(lines):
        if moment > index * 1.2:
            canvas.text(60, 200 + index * 58, words, 25)
    canvas.text(60, 450, "例：1.8 × 1200 ÷ 60 = 36 下", 25, CINNABAR, bold=True)


def _ending(canvas: Canvas, moment: float) -> None:
    canvas.text(WIDTH / 2, 200, "每一下，都算数", 60, INK, "mm", serif=True, bold=True)
    canvas.disc(WIDTH / 2, 300, 16, CINNABAR if moment % 0.8 < 0.3 else "#8f7f79")
    canvas.text(WIDTH / 2, 430, "示范市计量测试院", 19, GREY, "mm")


SCENES: list[tuple[float, Callable[[Canvas, float], None], str]] = [
    (4, _opening, "电能表怎样老老实实数电？一盏小红灯，告诉你答案。"),
    (7, _unit, "电能表数的是“度”。1 度电等于 1 千瓦时。1800 瓦的水壶烧 33 分钟，10 瓦的灯亮 100 小时，都是一度。"),
    (8, _flashes, "小红灯闪一下，就是一小份电。闪 1200 下是一度。1.8 千瓦的水壶，一分钟让它闪 36 下。"),
    (7, _bench, "上岗之前，新表要同更准的标准表比。家用电能表常见 2 级，误差不超过约百分之二，合格才能装上墙。"),
    (6, _seal, "装好，封上。电表有使用年限，到期就换。"),
    (8, _home, "在家可以试一试：只开一只电水壶，数一分钟闪几下。功率乘每度闪的次数，除以 60，就是应闪的次数。"),
    (3, _ending, "每一下，都算数。"),
]
