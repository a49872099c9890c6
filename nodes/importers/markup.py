"""Leftovers of markup in old data (HTML tags, AsciiDoc) made into plain text that a person can read."""

from __future__ import annotations

import html
import re

from shared.characters import CONTROLS

_RAISED = str.maketrans("0123456789+-−=()niao", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱᵃᵒ")
_LOWERED = str.maketrans("0123456789+-−=()aeoxnijkmt", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₒₓₙᵢⱼₖₘₜ")
_TAG_NAMES = (
    "a|abbr|b|big|blockquote|br|cite|code|div|em|font|h[1-6]|i|img|li|nobr|ol|p|picture|q|s|small|source|span|"
    "strong|sub|sup|table|tbody|td|th|thead|tr|tt|u|ul|up"
)
"""Only real tags are taken out: “P4<-z” in a title is mathematics."""
_HIDDEN = re.compile(r"<span[^>]*display:\s*none[^>]*>.*?</span>", re.I | re.S)
_SUPERSCRIPT = re.compile(r"<(sup|up)>([^<]{1,40})</\1>", re.I)
_SUBSCRIPT = re.compile(r"<sub>([^<]{1,40})</sub>", re.I)
_BREAK = re.compile(r"<(br|/p|/div|/li|/tr|/h[1-6])\b[^>]*>", re.I)
_TAG = re.compile(rf"</?({_TAG_NAMES})(\s[^<>]*)?/?>", re.I)

_ATTRIBUTES = re.compile(r"^(\[[\w%.]+=[^\]\n]*\]|\|===|image::\S*)[ \t]*$", re.M)
_HEADING = re.compile(r"^=+[ \t]+", re.M)
_HARD_BREAK = re.compile(r"[ \t]\+$", re.M)
_BULLET = re.compile(r"^(\*+|\.+)[ \t]+(?=\S)", re.M)
_CELL = re.compile(r"[ \t]*(?:\d+\+)?(?:\.?[<>^])?\|[ \t]*")
_RAISE = re.compile(r"\^\(([^()\n]{1,20})\)|\^([^\^\s]{1,8})\^")
_LOWER = re.compile(r"(?<=[\w\"])_\(([^()\n]{1,20})\)|~([^~\s]{1,8})~")
_DECIMAL = re.compile(r'(?<=\d)"([.,])"(?=\d)')
_UNIT = re.compile(r'"([A-Za-zµμΩ°]{0,4})"(?=[/^_*⁰-₟²³¹]|[ \t]*\*)|(?<=[/*\d])([ \t]*)"([A-Za-zµμΩ°]{1,4})"')
_SLANTED = re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])")
_BOLD = re.compile(r"(?<![\w*])(\*{1,2})(?=\S)([^*\n]+?)(?<=\S)\1(?![\w*])")


def strip_markup(text: str) -> str:
    """`text` without HTML tags and AsciiDoc marks; powers and indices become raised and lowered figures.

    Invisible control characters, which no record may hold, go too.
    """
    plain = CONTROLS.sub("", _without_asciidoc(_without_html(text)))
    lines = [re.sub(r"[ \t]{2,}", " ", line).strip() for line in plain.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _without_html(text: str) -> str:
    text = _HIDDEN.sub("", text)
    text = _SUPERSCRIPT.sub(lambda found: _shifted(found[2], _RAISED, "^"), text)
    text = _SUBSCRIPT.sub(lambda found: _shifted(found[1], _LOWERED, "_"), text)
    text = _TAG.sub("", _BREAK.sub("\n", text))
    return html.unescape(text)


def _without_asciidoc(text: str) -> str:
    text = _HEADING.sub("", _HARD_BREAK.sub("", _ATTRIBUTES.sub("", text)))
    text = _BULLET.sub(lambda found: "– " if len(found[1]) > 1 else "• ", text)
    text = "\n".join(_cells(line) for line in text.split("\n"))
    text = _RAISE.sub(lambda found: _shifted(found[1] or found[2], _RAISED, "^"), text)
    text = _LOWER.sub(lambda found: _shifted((found[1] or found[2]).strip('"'), _LOWERED, "_"), text)
    text = _DECIMAL.sub(r"\1", text)
    text = _UNIT.sub(lambda found: found[1] or (found[2] or "") + (found[3] or ""), text)
    return _BOLD.sub(r"\2", _SLANTED.sub(r"\1", text))


def _cells(line: str) -> str:
    """A line of an AsciiDoc table as its cells beside each other."""
    if not re.match(r"(\d+\+)?(\.?[<>^])?\|", line.lstrip()):
        return line
    return "  ".join(cell.strip() for cell in _CELL.split(line) if cell.strip())


def _shifted(text: str, table: dict[int, int], mark: str) -> str:
    """Raised or lowered figures where every character has one; otherwise the mark and the text, as typed."""
    made = text.translate(table)
    if all(ord(character) in table for character in text):
        return made
    return f"{mark}{text}" if len(text) == 1 else f"{mark}({text})"
