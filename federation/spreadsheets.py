"""Tables for spreadsheets: what makes Excel read one rightly, and keeps a text from running in it."""

from __future__ import annotations

BOM = "\ufeff"
"""What makes Excel read a CSV file as UTF-8."""
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet would take for a formula; a Chinese one takes wide signs for narrow ones."""


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    return f"'{text}" if text.startswith(FORMULA) else text
