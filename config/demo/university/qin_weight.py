"""The lettering and the ladder of units on the picture page of the Qin weight."""

from __future__ import annotations

EDICT = "廿六年皇帝尽并兼天下诸侯黔首大安立号为皇帝乃诏丞相状绾法度量则不壹歉疑者皆明壹之"
"""The edict of 221 BC, forty characters."""
ROWS = 5
LADDER = (
    ("铢", "最小的一级", "约 0.65 克"),
    ("两", "24 铢", "约 15.6 克"),
    ("斤", "16 两", "约 250 克"),
    ("钧", "30 斤", "约 7.5 千克"),
    ("石", "4 钧", "约 30 千克"),
)
"""Unit, how many of the one before, and what it is today when one jin is 250 g."""


def edict() -> str:
    """SVG text: the edict in columns from right to left, as it was read."""
    columns = [EDICT[start : start + ROWS] for start in range(0, len(EDICT), ROWS)]
    signs = []
    for column, words in enumerate(columns):
        x = 300 + (len(columns) / 2 - 0.5 - column) * 43
        signs += [f'<text x="{x:.1f}" y="{292 + row * 46}">{sign}</text>' for row, sign in enumerate(words)]
    return "".join(signs)


def ladder() -> str:
    """SVG: one bar a unit, growing from zhu to shi; the bars show the order, not the proportion."""
    parts = []
    for step, (unit, made_of, today) in enumerate(LADDER):
        y = 44 + step * 50
        width = 56 + step * 30
        parts.append(f'<rect x="0" y="{y}" width="{width}" height="40" fill="#6f7f5c"/>')
        parts.append(f'<text x="14" y="{y + 30}" fill="#fff" font-weight="700">{unit}</text>')
        parts.append(f'<text x="196" y="{y + 29}">{made_of}</text>')
        parts.append(f'<text x="470" y="{y + 29}" text-anchor="end" fill="#b3341f">{today}</text>')
    return "".join(parts)
