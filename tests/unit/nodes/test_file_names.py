"""Names of files that any system takes, and that are told apart by a number."""

from __future__ import annotations

import pytest

from nodes.file_names import folded, numbered
from shared.record import MAX_NAME


@pytest.mark.parametrize(
    ("name", "taken", "made"),
    [
        ("图.png", [], "图.png"),
        ("图.png", ["图.png"], "图 (2).png"),
        ("图.PNG", ["图.png", "图 (2).png"], "图 (3).PNG"),
        ("e\u0301.txt", ["\u00e9.txt"], "e\u0301 (2).txt"),
        (".bashrc", [".bashrc"], ".bashrc (2)"),
        ("无后缀", ["无后缀"], "无后缀 (2)"),
        ("第 3.2 节 直流电压的不确定度", ["第 3.2 节 直流电压的不确定度"], "第 3.2 节 直流电压的不确定度 (2)"),
    ],
)
def test_the_later_one_of_two_gets_the_first_free_number(name: str, taken: list[str], made: str) -> None:
    assert numbered(name, {folded(one) for one in taken}) == made


def test_a_number_makes_no_name_too_long() -> None:
    name = "长" * (MAX_NAME - 4) + ".png"
    made = numbered(name, {folded(name)})
    assert len(made) == MAX_NAME
    assert made.endswith("长 (2).png")
