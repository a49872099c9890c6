"""JSON Lines: bad lines are named and stop no other."""

from __future__ import annotations

from tests.unit.nodes.importers.conftest import Import


def test_each_line_is_a_row_under_its_own_number(import_: Import) -> None:
    rows = import_("a.jsonl", '\ufeff{"source_id": "1", "type": "article"}\n\n{"source_id": 2}\n')
    assert [(row.number, row.source_id) for row in rows] == [(1, "1"), (3, "2")]
    assert rows[0].fields == {"type": "article"}
    assert not rows[0].errors


def test_a_bad_line_stops_no_other(import_: Import) -> None:
    lines = ['{"source_id": "1"}', "{broken", "[1]", '{"a": 1, "a": 2}', '{"source_id": "5"}']
    rows = import_("a.jsonl", "\n".join(lines))
    assert [[error.code for error in row.errors] for row in rows] == [[], *[["unreadable_row"]] * 3, []]
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]


def test_a_line_in_another_encoding_is_named(import_: Import) -> None:
    rows = import_("a.jsonl", '{"source_id": "计量"}'.encode("gbk") + b'\n{"source_id": "2"}\n')
    assert [bool(row.errors) for row in rows] == [True, False]


def test_a_line_without_end_is_not_read_into_memory(import_: Import) -> None:
    rows = import_("a.jsonl", b"x" * (9 * 1024**2) + b'\n{"source_id": "2"}\n')
    assert [(row.number, bool(row.errors)) for row in rows] == [(1, True), (2, False)]


def test_a_row_without_identifier_says_so(import_: Import) -> None:
    (row,) = import_("a.jsonl", '{"title": {"zh": "秤"}}')
    assert [(error.pointer, error.code) for error in row.errors] == [("/source_id", "no_source_id")]
