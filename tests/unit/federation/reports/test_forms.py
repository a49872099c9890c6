"""The forms of a report: what a spreadsheet reads is what stands on the page, and no text becomes a formula."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook

from federation import spreadsheets
from federation.reports import forms
from federation.reports.tables import BYTES, DAYS, PERCENT, PLAIN, Table

TABLE = Table(
    "members",
    "各单位/合计",
    ("单位", "浏览", "完整度", "天数", "字节"),
    (PLAIN, PLAIN, PERCENT, DAYS, BYTES),
    [("=HYPERLINK(1)", 3, 0.5, None, 10), ("乙院", 1200, 1.0, 2.5, 20)],
    ("合计", 1203, 0.75, 2.5, 30),
    drawn=(1,),
)


def test_a_workbook_has_a_sheet_of_what_it_is_about_and_one_for_each_table() -> None:
    book = load_workbook(io.BytesIO(forms.as_xlsx([("范围", "+全部")], [TABLE])))
    about, sheet = book.worksheets
    assert (about["A1"].value, about["B1"].value, about["B1"].data_type) == ("范围", "+全部", "s")
    assert sheet.title == "各单位-合计"
    assert [cell.value for cell in sheet[1]] == list(TABLE.headings)
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("=HYPERLINK(1)", "s")
    assert (sheet["B3"].value, sheet["C3"].number_format) == (1200, "0%")
    assert [cell.value for cell in sheet[4]] == ["合计", 1203, 0.75, 2.5, 30]


def test_csv_is_read_as_utf_8_by_excel_and_holds_no_formula() -> None:
    text = forms.as_csv(TABLE)
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == list(TABLE.headings)
    assert rows[1] == ["'=HYPERLINK(1)", "3", "0.5", "", "10"]
    assert rows[3][0] == "合计"


@pytest.mark.parametrize("sign", spreadsheets.FORMULA)
def test_no_text_of_a_csv_begins_as_a_formula_would(sign: str) -> None:
    row = (f"{sign}1+1", 1, 1.0, None, 1)
    told = forms.as_csv(replace(TABLE, rows=[row], total=None)).removeprefix("\ufeff")
    assert list(csv.reader(io.StringIO(told, newline="")))[1][0] == f"'{sign}1+1"


def test_a_chart_is_a_picture_that_runs_and_loads_nothing() -> None:
    root = ElementTree.fromstring(forms.as_chart(TABLE))
    tags = {one.tag.rpartition("}")[2] for one in root.iter() if isinstance(one.tag, str)}
    assert "rect" in tags
    assert not tags & {"script", "image", "foreignObject", "use"}
    links = [value for one in root.iter() for name, value in one.attrib.items() if name.endswith("href")]
    assert links == []
    assert "乙院" in "".join(root.itertext())
