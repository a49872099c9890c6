"""What an import says of its rows: each fault once, by the name that people know, however many rows have it."""

from __future__ import annotations

import pytest

from nodes import import_report
from nodes.importing import Failure
from shared.errors import FieldError


@pytest.fixture(autouse=True)
def _chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")


def failure(row: int, *faults: FieldError, source_id: str = "") -> Failure:
    return Failure(row, source_id, faults)


def test_one_bad_row_is_named_with_its_identifier_and_its_column() -> None:
    lines = list(import_report.faults([failure(3, FieldError("/title", "required"), source_id="a3")]))
    assert lines == ["  第 3 行 a3  标题（title.zh）  必填。"]


def test_a_fault_of_thousands_of_rows_is_said_once_with_the_first_rows() -> None:
    fault = FieldError("/source_id", "no_source_id")
    line, hint = import_report.faults([failure(row, fault) for row in range(2, 3002)])
    assert line.startswith("  第 2、3、4、5、6 行等 3000 行  编号（source_id）  没有编号。")
    assert "--json" in hint


def test_like_faults_that_quote_other_values_are_counted_after_the_first_few() -> None:
    faults = [
        failure(row, FieldError("/files/0/path", "file_missing", {"path": f"{row}.pdf"})) for row in range(2, 902)
    ]
    lines = list(import_report.faults(faults))
    assert len(lines) == 5
    assert "2.pdf" in lines[0]
    assert "另有 897 处同类问题：文件（files）" in lines[3]


def test_a_few_rows_are_all_named() -> None:
    [line] = import_report.faults([failure(row, FieldError("/type", "required")) for row in (2, 5, 9)])
    assert line == "  第 2、5、9 行  类型（type）  必填。"


def test_a_row_that_has_a_fault_twice_is_counted_once() -> None:
    twice = [FieldError(f"/links/{number}/url", "bad_url") for number in range(2)]
    [line] = import_report.faults([failure(2, *twice, source_id="a")])
    assert line.startswith("  第 2 行 a  链接（links）")


def test_in_english_rows_and_columns_are_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONS_LANGUAGE", "en")
    faults = [failure(row, FieldError("/title", "required")) for row in range(2, 12)]
    assert (
        next(iter(import_report.faults(faults)))
        == "  Rows 2, 3, 4, 5, 6 and others, 10 in all  Title (Chinese) (title.zh)  This is required."
    )
