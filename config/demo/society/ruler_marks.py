"""The engraved millimetre marks of the rendered ruler picture."""

from __future__ import annotations

MILLIMETRE = 120
"""Units of the drawing between two marks; the hair in the picture is 9.6 units wide, that is 0.08 mm."""
EDGE = 241
FIRST, LAST = -2, 13
CENTIMETRE_AT = 8
"""Which of the marks is the one with the number."""


def svg() -> str:
    """The marks from the ruler's edge inwards: each a dark groove with a lit lip, and the number 3."""
    parts = []
    for number in range(FIRST, LAST):
        x = number * MILLIMETRE + 40
        away = (number - CENTIMETRE_AT) % 10
        deep = 300 if away == 0 else 245 if away == 5 else 180
        parts.append(f'<rect x="{x - 5}" y="{EDGE}" width="10" height="{deep}" fill="#14171a" opacity=".9"/>')
        parts.append(f'<rect x="{x + 5}" y="{EDGE}" width="2.5" height="{deep}" fill="#fff" opacity=".75"/>')
    x = CENTIMETRE_AT * MILLIMETRE + 40
    style = 'font-size="120" font-weight="700" text-anchor="middle" font-family="Noto Sans CJK SC"'
    parts.append(f'<text x="{x + 3}" y="{EDGE + 425}" {style} fill="#fff" opacity=".6">3</text>')
    parts.append(f'<text x="{x}" y="{EDGE + 422}" {style} fill="#14171a">3</text>')
    return "".join(parts)
