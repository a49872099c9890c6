"""The bar chart that goes with the data set of chi lengths."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

SCALE = 24.0
"""Pixels of the drawing for one centimetre."""
LEFT, TOP, STEP = 250, 130, 52
COLOURS = {"法令规定": "#b3341f", "通行约值": "#6f7f5c"}
OTHER = "#b08a3e"


def svg(rows: Sequence[Sequence[str]]) -> str:
    """The chart as SVG; `rows` has a header, then period, name, centimetres, kind, note."""
    body = rows[1:]
    height = TOP + STEP * len(body) + 110
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 {height}" font-family="Noto Sans CJK SC">',
        f'<rect width="1200" height="{height}" fill="#f7f2e7"/>',
        '<text x="40" y="68" font-size="42" font-weight="700" font-family="Noto Serif CJK SC" fill="#23211d">'
        "历代一尺约合多少厘米</text>",
        *_grid(height),
        *(part for number, row in enumerate(body) for part in _bar(number, row)),
        *_legend(height),
        "</svg>",
    ]
    return "".join(parts)


def _grid(height: int) -> list[str]:
    lines = []
    for centimetres in range(0, 36, 5):
        x = LEFT + centimetres * SCALE
        lines.append(f'<path d="M{x} {TOP - 12} V{height - 92}" stroke="#d8cdb6" stroke-width="2"/>')
        lines.append(
            f'<text x="{x}" y="{TOP - 20}" font-size="20" text-anchor="middle" fill="#6b6455">{centimetres}</text>'
        )
    lines.append(f'<text x="1150" y="{TOP - 20}" font-size="20" text-anchor="end" fill="#6b6455">厘米</text>')
    return lines


def _bar(number: int, row: Sequence[str]) -> list[str]:
    period, name, centimetres, kind = row[:4]
    y = TOP + number * STEP
    width = float(centimetres) * SCALE
    label = f"{period}　{name}"
    return [
        f'<text x="{LEFT - 16}" y="{y + 29}" font-size="22" text-anchor="end" fill="#23211d">{escape(label)}</text>',
        f'<rect x="{LEFT}" y="{y + 4}" width="{width:.1f}" height="34" fill="{COLOURS.get(kind, OTHER)}"/>',
        f'<text x="{LEFT + width - 12:.1f}" y="{y + 29}" font-size="22" text-anchor="end" fill="#fff" '
        f'font-weight="700">{escape(centimetres)}</text>',
    ]


def _legend(height: int) -> list[str]:
    parts = []
    entries = ((COLOURS["通行约值"], "通行约值"), (OTHER, "实物例证或推算"), (COLOURS["法令规定"], "法令规定"))
    for number, (colour, words) in enumerate(entries):
        x = LEFT + number * 250
        parts.append(f'<rect x="{x}" y="{height - 66}" width="26" height="26" fill="{colour}"/>')
        parts.append(f'<text x="{x + 36}" y="{height - 45}" font-size="21" fill="#4a453a">{words}</text>')
    return parts
