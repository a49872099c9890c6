"""The template: opened again it is what was meant, and filled in it is imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from nodes import template
from nodes.importers import columns, read
from nodes.importers.workbooks import known_headings
from shared.vocabularies import OF_FIELDS, vocabulary

FILLED = {
    "zh": {"title.zh": "=秤的故事", "summary.zh": "一句话。", "type": "课件", "language": "没有语言"},
    "en": {"title.en": "A steelyard", "summary.en": "One sentence.", "type": "Slides", "language": "No language"},
}


@pytest.fixture
def book(tmp_path: Path, language: str) -> Path:
    path = tmp_path / "template.xlsx"
    template.make(path, language)
    return path


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_filled_template_is_imported_without_its_example(book: Path, language: str, tmp_path: Path) -> None:
    opened = load_workbook(book)
    sheet = opened.worksheets[0]
    places = {columns.target_of(cell.value): cell.column for cell in sheet[1]}
    licences = vocabulary("licenses")
    values = {
        **FILLED[language],
        "source_id": "007",
        "themes": "；".join(term.label(language) for term in list(vocabulary("themes"))[4:6]),
        "license": licences.label("CC-BY-4.0", language),
        "created": "2026-05",
        "links": "https://example.org/1",
    }
    for target, value in values.items():
        sheet.cell(3, places[target], value).data_type = "s"
    opened.save(book)
    (row,) = read(book, None, tmp_path)
    assert (row.number, row.source_id, row.errors) == (3, "007", ())
    assert (row.fields["type"], row.fields["language"]) == ("slides", ["zxx"])
    assert (row.fields["license"], row.fields["created"]) == ("CC-BY-4.0", "2026-05")
    assert len(row.fields["themes"]) == 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_who_writes_over_the_example_is_told_that_it_lacks_an_identifier(book: Path, tmp_path: Path) -> None:
    opened = load_workbook(book)
    sheet = opened.worksheets[0]
    places = {columns.target_of(cell.value): cell.column for cell in sheet[1]}
    sheet.cell(2, places["title.zh"], "我们的课件")
    opened.save(book)
    (row,) = read(book, None, tmp_path)
    assert "no_source_id" in [error.code for error in row.errors]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_column_can_be_chosen_explained_and_read_again(book: Path, language: str) -> None:
    opened = load_workbook(book)
    sheet, lists, explained = opened.worksheets
    headings = [cell.value for cell in sheet[1]]
    assert known_headings(headings)
    assert {columns.target_of(one) for one in headings} == set(columns.HEADINGS.values()) == set(template.HINTS)
    needed = {columns.target_of(one).split(".")[0] for one in headings if one.endswith("*")}
    assert needed == set(columns.NEEDED)
    assert (sheet.freeze_panes, lists.sheet_state) == ("B2", "hidden")
    assert {row[0].value for row in explained.iter_rows()} >= set(headings)
    assert sheet.column_dimensions["A"].number_format == "@"


@pytest.mark.parametrize("language", ["zh"])
def test_a_drop_down_offers_every_term_and_forbids_other_text_only_where_one_is_taken(book: Path) -> None:
    opened = load_workbook(book)
    sheet, lists, _explained = opened.worksheets
    targets = {cell.column_letter: columns.target_of(cell.value) for cell in sheet[1]}
    strict = set()
    for rule in sheet.data_validations.dataValidation:
        target = targets[str(rule.sqref).split(":")[0].rstrip("0123456789")]
        place = rule.formula1.split("!")[1].replace("$", "")
        offered = [row[0].value for row in lists[place]]
        if target in OF_FIELDS:
            assert offered == [term.zh for term in vocabulary(OF_FIELDS[target])]
        strict |= {target} if rule.showErrorMessage else set()
    assert len(sheet.data_validations.dataValidation) == len(OF_FIELDS) + 1
    assert strict == {"type", "stage", "license"}
