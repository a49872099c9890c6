"""A rule of a stylesheet holds where it is meant to: no part of one stands inside a block of the part before it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHEETS = sorted(sheet for package in ("federation", "nodes", "shared") for sheet in (ROOT / package).rglob("*.css"))


def depths(text):
    """How many blocks are open at each comment that heads a part, by its words, and at the end."""
    depth, found = 0, {}
    for part in re.findall(r"/\*.*?\*/|[{}]", text, re.S):
        if part.startswith("/* -- "):
            found[part.strip("/*- ")] = depth
        depth += {"{": 1, "}": -1}.get(part, 0)
    return {**found, "the end": depth}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_every_part_of_a_stylesheet_begins_outside_of_all_blocks(sheet):
    assert {name for name, depth in depths(sheet.read_text(encoding="utf-8")).items() if depth} == set()
