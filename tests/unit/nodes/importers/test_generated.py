"""Names under which generated files are published."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nodes.file_names import file_name
from nodes.importers.generated import keep_text
from shared.record import FileName


def test_reserved_signs_become_their_full_width_forms() -> None:
    assert file_name("志/卷十四: “问”?.txt") == "志／卷十四： “问”？.txt"


def test_a_long_name_keeps_its_ending() -> None:
    made = file_name("长" * 300 + ".txt")
    assert len(made) == 200
    assert made.endswith("长.txt")


@given(st.text(max_size=260).map(lambda text: f"a{text}.txt"))
def test_every_made_name_is_one_that_a_record_may_hold(text: str) -> None:
    FileName().check(file_name(text))


def test_another_text_gets_another_file(tmp_path) -> None:
    assert keep_text(tmp_path, "甲") != keep_text(tmp_path, "乙")
    assert keep_text(tmp_path, "甲\n") == keep_text(tmp_path, "甲")
