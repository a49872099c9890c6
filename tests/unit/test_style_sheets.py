"""Style sheets: a brace that went missing would hand all that follows it to phones only, and say nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHEETS = [path for part in ("federation", "nodes", "shared") for path in sorted((ROOT / part).rglob("*.css"))]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: str(path.name))
def test_every_block_is_closed_before_the_next_part_begins(sheet: Path) -> None:
    open_now, line = 0, 1
    written = sheet.read_text("utf-8")
    for sign in re.finditer(r"/\*.*?\*/|[{}]", written, re.S):
        line = written.count("\n", 0, sign.start()) + 1
        if sign[0].startswith("/*"):
            at_the_margin = sign.start() == 0 or written[sign.start() - 1] == "\n"
            assert not (open_now and at_the_margin), f"line {line}: a block before this heading is open"
        else:
            open_now += 1 if sign[0] == "{" else -1
            assert open_now >= 0, f"line {line}: closes what nobody opened"
    assert not open_now, "a block is open at the end"
