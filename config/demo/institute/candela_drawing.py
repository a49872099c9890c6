"""Draw the eye's sensitivity curve, which the candela is built on, as an SVG poster."""

from pathlib import Path

# CIE 1924 photopic luminous efficiency V(λ), wavelengths in nanometres.
SENSITIVITY = {
    400: 0.0004, 410: 0.0012, 420: 0.0040, 430: 0.0116, 440: 0.0230, 450: 0.0380, 460: 0.0600, 470: 0.0910,
    480: 0.1390, 490: 0.2080, 500: 0.3230, 510: 0.5030, 520: 0.7100, 530: 0.8620, 540: 0.9540, 550: 0.9950,
    555: 1.0000, 560: 0.9950, 570: 0.9520, 580: 0.8700, 590: 0.7570, 600: 0.6310, 610: 0.5030, 620: 0.3810,
    630: 0.2650, 640: 0.1750, 650: 0.1070, 660: 0.0610, 670: 0.0320, 680: 0.0170, 690: 0.0082, 700: 0.0041,
}  # fmt: skip
# What a screen can show of each colour; wavelengths in nanometres.
COLOURS = {
    400: "#3b0a6b", 430: "#3a17b0", 460: "#1b4fd6", 485: "#0aa0d0", 505: "#10b47a", 530: "#3ac62e",
    555: "#a2d81c", 575: "#f0d511", 595: "#f39a12", 620: "#e5481c", 650: "#b81c1c", 700: "#4f0a12",
}  # fmt: skip
LEFT, RIGHT, BASE, TOP = 110.0, 1090.0, 900.0, 400.0
SONG = "font-family:'Songti SC','Noto Serif CJK SC',SimSun,serif"
SANS = "font-family:'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif"


def write(out: Path) -> None:
    """Write the poster to `out`."""
    out.write_text(_poster(), encoding="utf-8")


def _x(wavelength: float) -> float:
    return LEFT + (wavelength - 400) / 300 * (RIGHT - LEFT)


def _curve() -> str:
    """Join the points by a smooth line: each pair through control points along the neighbours' slope."""
    points = [(_x(w), BASE - v * (BASE - TOP)) for w, v in SENSITIVITY.items()]
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for index in range(len(points) - 1):
        before, here = points[max(0, index - 1)], points[index]
        there, after = points[index + 1], points[min(len(points) - 1, index + 2)]
        first = (here[0] + (there[0] - before[0]) / 6, here[1] + (there[1] - before[1]) / 6)
        second = (there[0] - (after[0] - here[0]) / 6, there[1] - (after[1] - here[1]) / 6)
        path += f"C{first[0]:.1f} {first[1]:.1f} {second[0]:.1f} {second[1]:.1f} {there[0]:.1f} {there[1]:.1f}"
    return path


def _axis() -> str:
    ticks = ""
    for wavelength in range(400, 701, 10):
        length = 24 if wavelength % 100 == 0 else 16 if wavelength % 50 == 0 else 9
        colour = "#b3341f" if wavelength % 100 == 0 else "#23211d"
        ticks += f'<path d="M{_x(wavelength):.1f} {BASE}v{length}" stroke="{colour}" stroke-width="2"/>'
        if wavelength % 50 == 0:
            place = f'x="{_x(wavelength):.1f}" y="{BASE + 54}"'
            ticks += f'<text {place} text-anchor="middle" font-size="24">{wavelength}</text>'
    return ticks


def _candle() -> str:
    return (
        '<g transform="translate(1010 118)"><ellipse cx="0" cy="20" rx="96" ry="104" fill="#f3dfa2" opacity=".45"/>'
        '<path d="M0-58c30 42 34 62 34 80a34 34 0 0 1-68 0c0-22 12-38 34-80z" fill="#f0a92a"/>'
        '<path d="M0-8c14 20 17 28 17 38a17 17 0 0 1-34 0c0-12 7-20 17-38z" fill="#fff4cf"/>'
        '<path d="M0 36v32" stroke="#23211d" stroke-width="4"/>'
        '<rect x="-30" y="66" width="60" height="116" fill="#fffdf7" stroke="#23211d" stroke-width="3"/></g>'
    )


def _poster() -> str:
    span = RIGHT - LEFT
    stops = "".join(f'<stop offset="{(_x(w) - LEFT) / span:.3f}" stop-color="{c}"/>' for w, c in COLOURS.items())
    peak = _x(555)
    opening = 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 1300" lang="zh"'
    return f"""<svg {opening} style="{SANS}" fill="#23211d">
<title>一支烛光：坎德拉和人眼</title>
<defs><linearGradient id="light">{stops}</linearGradient></defs>
<rect width="1200" height="1300" fill="#faf6ec"/>
<text x="110" y="112" font-size="27" font-weight="700" fill="#b3341f" letter-spacing="3">七个单位 · 坎德拉</text>
<text x="106" y="204" font-size="84" font-weight="700" style="{SONG}">人眼最爱这道绿</text>
<text x="110" y="262" font-size="29" fill="#4a453a">同样的功率，黄绿光看起来最亮；红光、紫光要弱得多。</text>
<text x="110" y="304" font-size="29" fill="#4a453a">亮不亮，要由眼睛来评。坎德拉就把眼睛写进了单位。</text>
{_candle()}
<path d="{_curve()}L{RIGHT} {BASE}L{LEFT} {BASE}z" fill="url(#light)"/>
<path d="{_curve()}" fill="none" stroke="#23211d" stroke-width="4"/>
<path d="M{LEFT} {BASE}H{RIGHT}" stroke="#23211d" stroke-width="2.5"/>{_axis()}
<text x="{RIGHT}" y="{BASE + 88}" font-size="23" text-anchor="end" fill="#6b6455">波长（纳米）</text>
<text x="{LEFT}" y="{BASE + 88}" font-size="23" fill="#6b6455">高度：眼睛觉得有多亮（明视觉，CIE 1924）</text>
<path d="M{peak:.1f} {BASE}V{TOP - 24}" stroke="#23211d" stroke-width="2.5" stroke-dasharray="9 7"/>
<circle cx="{peak:.1f}" cy="{TOP}" r="10" fill="#b3341f"/>
<text x="{peak + 26:.1f}" y="{TOP - 6}" font-size="30" font-weight="700" fill="#b3341f">约 555 纳米</text>
<text x="{_x(452):.1f}" y="{BASE - 84}" font-size="24" text-anchor="middle">蓝 450：约 4 %</text>
<text x="{_x(652):.1f}" y="{BASE - 84}" font-size="24">红 650：约 11 %</text>
<path d="M110 1030H1090" stroke="#23211d" stroke-width="2"/>
<text x="110" y="1096" font-size="44" font-weight="700" fill="#b3341f" style="{SONG}">683 流明每瓦</text>
<text x="110" y="1148" font-size="27">规定频率 540 × 10¹² 赫兹的单色光，每一瓦正好是 683 流明。</text>
<text x="110" y="1190" font-size="27">由它定出坎德拉。一坎德拉，大约就是一支普通蜡烛的发光强度。</text>
<text x="110" y="1256" font-size="22" fill="#6b6455">示范市计量测试院　科普招贴</text>
</svg>
"""
