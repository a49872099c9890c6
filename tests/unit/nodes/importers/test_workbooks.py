"""Workbooks of Excel and WPS: what their cells say, and what is refused before it can do harm."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from nodes.importers import ImportRow, read
from nodes.importers.columns import EXAMPLE_TITLE, EXAMPLES
from nodes.importers.workbooks import text_of
from shared.errors import ImportUnreadable
from tests.support.workbooks import CLOSING, GOOD, HEADINGS, OPENING, as_bytes, by_hand, cells, simple, workbook
from tests.unit.nodes.importers.conftest import Import


@pytest.fixture(autouse=True)
def _chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")


def refusal(path: Path) -> str:
    with pytest.raises(ImportUnreadable) as refused:
        list(read(path, None, path.parent))
    return refused.value.message("zh")


def kept(tmp_path: Path, content: bytes, name: str = "a.xlsx") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def faults(row: ImportRow) -> list[str]:
    return [error.message("zh") for error in row.errors]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (123, "General", "123"),
        (123.0, "General", "123"),
        (0.1, "General", "0.1"),
        (7, "00000", "00007"),
        (datetime(2026, 5, 20), "yyyy-mm-dd", "2026-05-20"),
        (datetime(2026, 5, 1), "mmm-yy", "2026-05"),
        (datetime(2026, 5, 1), 'yyyy"年"m"月"', "2026-05"),
        (datetime(2026, 1, 1), "yyyy", "2026"),
        (datetime(2026, 5, 20, 9, 30), "yyyy-mm-dd h:mm", "2026-05-20 09:30"),
        (date(2026, 5, 20), "", "2026-05-20"),
        (True, "General", "TRUE"),
        ("一行_x000D_\n二行", "@", "一行\n二行"),
    ],
)
def test_a_cell_says_what_it_shows(value: object, number_format: str, text: str) -> None:
    assert text_of(value, number_format) == text


def test_a_workbook_is_read_like_a_table(import_: Import) -> None:
    example = (EXAMPLES["zh"], EXAMPLE_TITLE, *GOOD[1:])
    rows = import_("list.xlsx", simple((1, *GOOD), (2.0, *GOOD), ("", ""), example, ("k-3", *GOOD)))
    assert [(row.number, row.source_id, row.errors) for row in rows] == [(2, "1", ()), (3, "2", ()), (6, "k-3", ())]
    assert rows[0].fields["type"] == "article"


def test_the_sheet_is_the_first_whose_headings_are_known_wherever_they_stand(import_: Import) -> None:
    book = workbook([["说明"], ["请填第二张表"]])
    hidden = book.create_sheet("旧的", 0)
    hidden.append(HEADINGS)
    hidden.append(["不要", *GOOD])
    hidden.sheet_state = "hidden"
    sheet = book.create_sheet("资源")
    sheet.append(["示范市博物馆资源清单"])
    sheet.merge_cells("A1:H1")
    sheet.append([])
    sheet.append(["编号*", *HEADINGS[1:]])
    sheet.append(["一", *GOOD])
    (row,) = import_("list.xlsx", as_bytes(book))
    assert (row.number, row.source_id) == (4, "一")


def test_a_workbook_without_known_headings_says_what_is_missing(tmp_path: Path) -> None:
    said = refusal(kept(tmp_path, as_bytes(workbook([["清单"], ["名称", "类型"], ["秤", "文章"]]))))
    assert "“编号（source_id）”" in said
    assert "不认识“名称”" in said


def test_what_is_merged_downwards_holds_for_each_row_and_hidden_rows_count(import_: Import) -> None:
    book = workbook([HEADINGS, ["a", *GOOD], ["b", *GOOD[:2], None, *GOOD[3:]], ["c", *GOOD], [None] * 8])
    book.active.merge_cells("D2:D5")
    book.active.row_dimensions[4].hidden = True
    rows = import_("list.xlsx", as_bytes(book))
    assert [(row.source_id, row.fields["type"]) for row in rows] == [(one, "article") for one in "abc"]


def test_formulas_give_their_values_and_one_without_a_value_says_what_to_do(tmp_path: Path) -> None:
    rows = [f'<row r="1">{cells(1, HEADINGS)}</row>']
    formulas = ('<f>A1&amp;"x"</f><v>k-1</v>', "<f>B9</f>", "<f>B9</f><v></v>", "<f>1/0</f><v>#DIV/0!</v>")
    kinds = ('t="str"', "", "", 't="e"')
    for number, (kind, cell) in enumerate(zip(kinds, formulas, strict=True), 2):
        rows.append(f'<row r="{number}"><c r="A{number}" {kind}>{cell}</c>{cells(number, GOOD, first="B")}</row>')
    first, *others = read(by_hand(tmp_path / "a.xlsx", OPENING + "".join(rows) + CLOSING), None, tmp_path)
    assert (first.source_id, first.errors) == ("k-1", ())
    said = [faults(row)[0] for row in others]
    assert "A3 是公式" in said[0]
    assert "选择性粘贴" in said[1]
    assert "A5 是错误值 #DIV/0!" in said[2]


def test_a_number_that_excel_has_cut_is_told(import_: Import) -> None:
    (row,) = import_("list.xlsx", simple((110101199001011234, *GOOD)))
    assert "超过 15 位" in faults(row)[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "不是 .xlsx 工作簿"),
        ("编号,标题".encode(), "不是 .xlsx 工作簿"),
        (b"PK\x03\x04 but no zip", "不完整或已损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧的 .xls 格式"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "工作簿有密码"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "另存为 .xlsx"),
    ],
)
def test_what_is_no_workbook_says_how_it_becomes_one(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refusal(kept(tmp_path, content))


def test_another_zip_is_no_workbook(tmp_path: Path) -> None:
    book = by_hand(tmp_path / "a.xlsx", "<not-closed>")
    assert "已损坏" in refusal(book)
    assert "没有数据" in refusal(by_hand(tmp_path / "b.xlsx", OPENING + CLOSING))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    zeros = "0" * 1024**2
    bomb = by_hand(tmp_path / "a.xlsx", OPENING + CLOSING, **{"xl/sharedStrings.xml": zeros * 129})
    assert bomb.stat().st_size < 1024**2
    assert "展开以后太大" in refusal(bomb)


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    doctype = '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]>'
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>&y;</t></is></c></row>'
    assert "已损坏" in refusal(by_hand(tmp_path / "a.xlsx", doctype + OPENING + row + CLOSING))


def test_macros_and_links_to_other_workbooks_are_left_alone(tmp_path: Path) -> None:
    cell = '<c r="A2" t="str"><f>[1]Sheet1!A1</f><v>k-1</v></c>'
    sheet = (
        f'{OPENING}<row r="1">{cells(1, HEADINGS)}</row><row r="2">{cell}{cells(2, GOOD, first="B")}</row>{CLOSING}'
    )
    parts = {"xl/vbaProject.bin": "Sub Auto_Open", "xl/externalLinks/externalLink1.xml": "<not-closed>"}
    (row,) = read(by_hand(tmp_path / "a.xlsm", sheet, **parts), None, tmp_path)
    assert (row.source_id, row.errors) == ("k-1", ())


def test_formatting_down_to_the_last_row_and_to_the_last_column_is_no_data(tmp_path: Path) -> None:
    # Excel writes how large a sheet is, and other programs write it wrong.
    opening = OPENING.replace("<sheetData>", '<dimension ref="A1:B1"/><sheetData>')
    top = (
        f'{opening}<row r="1">{cells(1, HEADINGS)}<c r="XFD1" s="0"/></row><row r="2">{cells(2, ("k", *GOOD))}</row>'
    )
    empty = [f'<row r="{number}"><c r="A{number}" s="0"/></row>' for number in range(3, 1_048_577)]
    (row,) = read(by_hand(tmp_path / "a.xlsx", [top, "".join(empty), CLOSING]), None, tmp_path)
    assert row.source_id == "k"
    far = '<row r="99999999999"><c r="A99999999999" t="inlineStr"><is><t>x</t></is></c></row>'
    (row,) = read(by_hand(tmp_path / "b.xlsx", [top, far, CLOSING]), None, tmp_path)
    assert row.source_id == "k"
