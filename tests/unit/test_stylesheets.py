"""Stylesheets as such: a block that is never closed takes all that follows into it, and no browser says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STYLESHEETS = sorted(
    path.relative_to(ROOT)
    for folder in ("federation", "nodes", "shared", "config")
    for path in (ROOT / folder).rglob("*.css")
)


@pytest.mark.parametrize("path", STYLESHEETS, ids=str)
def test_every_block_of_a_stylesheet_is_closed_before_the_next_part_begins(path: Path) -> None:
    depth = 0
    for sign in re.findall(r"/\* --|/\*.*?\*/|[{}]", (ROOT / path).read_text(encoding="utf-8"), re.S):
        assert depth >= 0
        assert depth == 0 or sign != "/* --", "a part begins within a block of the part before"
        depth += {"{": 1, "}": -1}.get(sign, 0)
    assert depth == 0
