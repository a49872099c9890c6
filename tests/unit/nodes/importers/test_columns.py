"""The headings of a table: what they stand for, what a misspelt one means, and what is said when one is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodes.importers import columns, read
from shared.errors import ImportUnreadable
from tests.unit.nodes.importers.conftest import Import


@pytest.fixture(autouse=True)
def _chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")


def refusal(import_: Import, content: str) -> str:
    with pytest.raises(ImportUnreadable) as refused:
        import_("list.csv", content)
    return refused.value.message("zh")


def test_a_table_without_identifiers_is_refused_once_with_all_columns_that_it_lacks(import_: Import) -> None:
    said = refusal(import_, "标题,类型\n" + "秤,文章\n" * 3000)
    for name in ("编号（source_id）", "简介（summary.zh）", "主题（themes）", "语言（language）", "许可（license）"):
        assert f"“{name}”" in said
    assert "“文件（files）”或“链接（links）”" in said
    assert "标题" not in said
    assert "docs/importing.md" in said


def test_headings_that_are_not_known_are_named_with_what_they_may_mean(import_: Import) -> None:
    said = refusal(import_, "title_zh,备注\n秤,x\n")
    assert "“title_zh”（是不是“标题（title.zh）”？）" in said
    assert "“备注”" in said


def test_a_manifest_in_a_folder_is_looked_at_like_a_table(import_: Import, tmp_path: Path) -> None:
    import_("manifest.csv", "编号\n1\n")
    (tmp_path / "source" / "manifest.csv").write_text("标题\n秤\n", encoding="utf-8")
    with pytest.raises(ImportUnreadable, match="source_id"):
        list(read(tmp_path / "source", None, tmp_path))


def test_a_table_with_a_mapping_has_headings_of_its_own(import_: Import) -> None:
    (row,) = import_("list.csv", "Nr,Titel\n1,Waage\n", 'id = "Nr"\n[fields]\n"title.en" = { from = "Titel" }\n')
    assert (row.source_id, row.errors) == ("1", ())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("title_zh", "title.zh"),
        ("Title ZH", "title.zh"),
        ("title", "title.zh"),
        ("summary_en", "summary.en"),
        ("标题（中文）", "title.zh"),
        ("关键字", "keywords"),
        ("网址", "links"),
        ("theme", "themes"),
        ("licence", "license"),
        ("rights holder", "rights_holder"),
        ("备注", None),
        ("x", None),
    ],
)
def test_a_misspelt_heading_is_guessed(written: str, meant: str | None) -> None:
    found = columns.meant_by(written)
    assert (found and found.split("(")[-1].rstrip(")")) == meant


def test_a_row_with_a_misspelt_field_says_what_is_meant(import_: Import) -> None:
    (row,) = import_("list.csv", "编号,title_zh\n1,秤\n")
    assert [fault.message("zh") for fault in row.errors] == ["没有“title_zh”，想写的可能是“标题（title.zh）”。"]
    (row,) = import_("list.jsonl", '{"id": "1", "title_zh": "秤"}\n')
    assert [fault.message("en") for fault in row.errors] == [
        "There is no “title_zh”; “Title (Chinese) (title.zh)” may be meant."
    ]


def test_a_bare_title_in_a_table_says_which_language_is_meant(import_: Import) -> None:
    (row,) = import_("list.csv", "编号,title\n1,秤\n")
    assert "标题（title.zh）" in row.errors[0].message("zh")


@pytest.mark.parametrize(
    ("pointer", "name"),
    [
        ("/source_id", "编号（source_id）"),
        ("/title", "标题（title.zh）"),
        ("/title/en", "英文标题（title.en）"),
        ("/themes/0", "主题（themes）"),
        ("/evidence/0/source", "考证来源（evidence.source）"),
        ("/files/3/path", "文件（files）"),
        ("/relations/0/target", "relations.target"),
        ("", "整行"),
    ],
)
def test_a_fault_is_placed_by_the_name_that_people_know(pointer: str, name: str) -> None:
    assert columns.place(pointer).zh == name


@pytest.mark.parametrize("name", ["list.ods", "LIST.XLS", "list.et"])
def test_a_spreadsheet_of_another_kind_says_how_it_becomes_one_that_is_read(import_: Import, name: str) -> None:
    with pytest.raises(ImportUnreadable) as refused:
        import_(name, b"PK")
    assert "另存为 .xlsx" in refused.value.message("zh")
