"""CSV as spreadsheets write it."""

from __future__ import annotations

import pytest

from nodes.importers.tables import delimiter
from shared.errors import ImportUnreadable
from tests.unit.nodes.importers.conftest import Import

TABLE = "编号,标题,类型,主题,关键词,许可,作者\n1,秤的故事,文章,计量知识；民生计量,秤;权,CC-BY-4.0,张三；李四\n"
FIELDS = {
    "title": {"zh": "秤的故事"},
    "type": "article",
    "themes": ["knowledge", "daily-life"],
    "keywords": ["秤", "权"],
    "license": "CC-BY-4.0",
    "creators": [{"name": "张三"}, {"name": "李四"}],
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_chinese_headings_and_labels_are_understood_in_every_usual_encoding(import_: Import, encoding: str) -> None:
    (row,) = import_("list.csv", TABLE.encode(encoding))
    assert (row.number, row.source_id, row.fields, row.errors) == (2, "1", FIELDS, ())


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_itself(import_: Import, sign: str) -> None:
    assert delimiter(f'id{sign}"a,b;c"{sign}type') == sign
    (row,) = import_("list.csv", f"id{sign}title.zh{sign}type\n7{sign}尺{sign}article\n")
    assert (row.source_id, row.fields) == ("7", {"title": {"zh": "尺"}, "type": "article"})


@pytest.mark.parametrize("cell", ["计量知识、民生计量", "计量知识，民生计量", "计量知识, 民生计量；计量知识"])
def test_terms_may_be_divided_by_commas_when_each_is_one(import_: Import, cell: str) -> None:
    (row,) = import_("list.csv", f'id,主题,关键词\n1,"{cell}","秤、尺"\n')
    assert row.fields["themes"][:2] == ["knowledge", "daily-life"]
    assert row.fields["keywords"] == ["秤、尺"]


def test_what_is_no_term_between_commas_stays_one_word_to_be_told(import_: Import) -> None:
    (row,) = import_("list.csv", 'id,主题\n1,"计量知识、别的"\n')
    assert row.fields["themes"] == ["计量知识、别的"]


def test_a_cell_over_several_lines_stays_one_cell(import_: Import) -> None:
    rows = import_("list.csv", 'id,description.zh\r\n1,"第一行\n第二行"\r\n2,短\r\n')
    assert rows[0].fields == {"description": {"zh": "第一行\n第二行"}}
    assert [row.number for row in rows] == [3, 4]


def test_a_row_with_too_many_cells_stops_no_other(import_: Import) -> None:
    rows = import_("list.csv", "id,type\n1,article,more\n2,article\n,,\n")
    assert [(row.number, bool(row.errors)) for row in rows] == [(2, True), (3, False)]


def test_evidence_and_identifiers_have_columns_of_their_own(import_: Import) -> None:
    (row,) = import_("list.csv", "id,DOI,考证来源,考证方法,考证人\n1,10.1/a;10.1/b,馆藏,比对,王五\n")
    assert row.fields == {
        "identifiers": [{"scheme": "doi", "value": "10.1/a"}, {"scheme": "doi", "value": "10.1/b"}],
        "evidence": [{"source": "馆藏", "method": "比对", "verified_by": "王五"}],
    }


def test_an_unknown_heading_stays_so_that_the_record_is_refused(import_: Import) -> None:
    (row,) = import_("list.csv", "id,备注\n1,内部\n")
    assert row.fields == {"备注": "内部"}


@pytest.mark.parametrize("content", [b"", b"\n1,2\n", b"id,id\n1,2\n", b"\x00\x01\x02", b"a,b\n\xff\xff\xff\n"])
def test_what_is_no_table_is_refused_as_a_whole(import_: Import, content: bytes) -> None:
    with pytest.raises(ImportUnreadable):
        import_("list.csv", content)
