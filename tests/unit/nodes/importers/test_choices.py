"""The mapping screen: what it guesses, and the mapping file that says what was chosen on it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from nodes.importers import choices as mapping_choices
from nodes.importers import load_mapping, read, surveys
from nodes.importers.choices import Choices
from nodes.importers.guesses import guess, identifier_among
from nodes.importers.seen import digest_of
from nodes.importers.surveys import survey
from nodes.importers.toml_text import toml_text

TABLE = (
    "序号,档号,题名,内容提要,资源类型,适用对象,责任者,出版年,网址,附件,DOI,来源,怎么核实的\n"
    "1,A-7,秤的故事,讲秤。,论文,小学、教师,张三；李四,2019年,https://example.org/1,图/秤.pdf,10.1000/182,馆藏,比对\n"
    "2,A-8,尺的故事,讲尺。,图书;诗歌,公众,,20200304,https://example.org/2;https://example.org/3,,,,\n"
)
CHOSEN = Choices(
    source='藏品 "系统"',
    id="档号",
    columns={
        "题名": "title.zh",
        "内容提要": "summary.zh",
        "资源类型": "type",
        "适用对象": "audiences",
        "责任者": "creators",
        "出版年": "created",
        "网址": "links",
        "附件": "files",
        "DOI": "identifiers.doi",
        "来源": "evidence.source",
        "怎么核实的": "evidence.method",
    },
    constants={"themes": ["history"], "language": ["zh"], "license": "CC-BY-4.0", "audiences": []},
    words={"type": {"论文": "article", "图书;诗歌": "book"}, "audiences": {"小学": "primary", "公众": ""}},
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(TABLE, encoding="utf-8")
    (tmp_path / "图").mkdir()
    (tmp_path / "图" / "秤.pdf").write_bytes(b"%PDF")
    return path


def test_columns_are_guessed_by_their_headings_and_by_what_they_hold(table: Path) -> None:
    columns, rows = survey(table)
    found = guess(columns)
    assert {heading: target for heading, target in found.items() if target} == {
        "题名": "title.zh",
        "内容提要": "summary.zh",
        "资源类型": "type",
        "适用对象": "audiences",
        "责任者": "creators",
        "出版年": "created",
        "网址": "links",
        "附件": "files",
        "DOI": "identifiers.doi",
        "来源": "evidence.source",
    }
    # A running number is unique too, but changes when the list is sorted.
    assert (identifier_among(columns, rows), rows) == ("档号", 2)


def test_a_column_of_licences_is_no_column_of_names_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("号,权利,权利人\n1,公有领域,张三\n2,署名 4.0,李四\n", encoding="utf-8")
    columns, _rows = survey(path)
    assert guess(columns) == {"号": "", "权利": "license", "权利人": "rights_holder"}


def test_the_words_that_are_not_ours_are_found_with_their_counts(table: Path) -> None:
    columns, _rows = survey(table)
    chosen = Choices(columns={"资源类型": "type", "适用对象": "audiences"})
    assert mapping_choices.unknown_words(chosen, columns) == {
        "type": {"论文": 1, "诗歌": 1},
        "audiences": {"小学": 1, "公众": 1},
    }


def test_what_was_chosen_is_a_mapping_file_that_does_the_same(table: Path, tmp_path: Path) -> None:
    file = tmp_path / "m.toml"
    file.write_text(mapping_choices.as_toml(CHOSEN), encoding="utf-8")
    assert tomllib.loads(mapping_choices.as_toml(CHOSEN)) == mapping_choices.as_data(CHOSEN)
    for rules in (load_mapping(file), mapping_choices.mapping_for(CHOSEN, "m")):
        first, second = read(table, rules, tmp_path / "generated")
        assert (rules.source, first.source_id, second.source_id) == ('藏品 "系统"', "A-7", "A-8")
        assert first.fields == {
            "title": {"zh": "秤的故事"},
            "summary": {"zh": "讲秤。"},
            "type": "article",
            "audiences": ["primary", "teachers"],
            "creators": [{"name": "张三"}, {"name": "李四"}],
            "created": "2019",
            "links": [{"url": "https://example.org/1"}],
            "identifiers": [{"scheme": "doi", "value": "10.1000/182"}],
            "evidence": [{"source": "馆藏", "method": "比对"}],
            "themes": ["history"],
            "language": ["zh"],
            "license": "CC-BY-4.0",
        }
        assert [file.name for file in first.files] == ["秤.pdf"]
        assert (second.fields["type"], second.fields["created"]) == ("book", "2020-03-04")
        assert len(second.fields["links"]) == 2
        assert "audiences" not in second.fields


def test_a_constant_gives_way_to_what_a_row_says_itself(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("号,语种,许可\n1,英语,CC0-1.0\n2,,\n", encoding="utf-8")
    chosen = Choices("s", "号", {"语种": "language", "许可": "license"}, {"language": ["zh"], "license": "CC-BY-4.0"})
    rows = list(read(path, mapping_choices.mapping_for(chosen, "m"), tmp_path))
    assert [(row.fields["language"], row.fields["license"]) for row in rows] == [
        (["en"], "CC0-1.0"),
        (["zh"], "CC-BY-4.0"),
    ]


def test_a_kind_of_table_is_known_by_its_headings_in_any_order() -> None:
    assert digest_of(["编号", "ＤＯＩ", ""]) == digest_of(["doi", "编号"]) != digest_of(["doi"])


def test_headings_that_stand_twice_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("号,名称,名称\n1,a,b\n", encoding="utf-8")
    assert surveys.headings_in(path) == ["号", "名称", "名称 (2)"]


@pytest.mark.parametrize("text", ['"', "\\", "\x7f", "行\n行", "=1", "号.a b", "'", "\t\x01"])
def test_any_text_survives_in_toml(text: str) -> None:
    data = {"id": text, "fields": {text: [{"from": text, "keep": True, "max": 3}]}, "lookups": {"a": {text: text}}}
    assert tomllib.loads(toml_text(data)) == data
