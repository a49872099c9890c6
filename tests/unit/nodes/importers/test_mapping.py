"""The language of mappings: what each rule gives, and what is refused when a mapping is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nodes.importers import load_mapping
from shared.errors import ImportUnreadable
from tests.unit.nodes.importers.conftest import Import

ROW = {
    "id": "n1",
    "en": {"title": "Old <i>ells</i> &amp; yards"},
    "fr": {"title": ""},
    "kind": "Aufsatz",
    "tags": "rod; pole ;rod;",
    "date": "about 1844–6",
    "people": [{"n": "Lee, A"}, {"n": "Fu, B"}, {}],
    "lat": "39.9",
    "cc": "http://creativecommons.org/licenses/by/4.0",
    "themes": ["计量知识", "Legal metrology", "LAW", "else"],
    "long": "word " * 40,
}
RULES = [
    ('"title.en" = { from = "en.title", strip_markup = true }', {"title": {"en": "Old ells & yards"}}),
    ('"title.en" = { from = ["fr.title", "en.title"] }', {"title": {"en": "Old <i>ells</i> &amp; yards"}}),
    ('"title.zh" = { from = "fr.title" }', {}),
    ('"title.zh" = { template = "{kind}：{people.n}", join = "、" }', {"title": {"zh": "Aufsatz：Lee, A、Fu, B"}}),
    ('"title.zh" = { template = ["{fr.title}", "{id}/{kind}"] }', {"title": {"zh": "n1/Aufsatz"}}),
    ('"title.zh" = [{ from = "none" }, { value = "乙" }, { value = "丙" }]', {"title": {"zh": "乙"}}),
    ('"type" = { from = "kind", lookup = "kinds" }', {"type": "article"}),
    ('"type" = { from = "id", lookup = "kinds" }', {}),
    ('"license" = { from = "cc", terms = "licenses" }', {"license": "CC-BY-4.0"}),
    ('"themes" = { from = "themes", terms = "themes" }', {"themes": ["knowledge", "law"]}),
    ('"keywords" = { from = "tags", split = ";" }', {"keywords": ["rod", "pole"]}),
    ('"keywords" = [{ from = "tags", split = ";", max_items = 1 }, { value = "尺" }]', {"keywords": ["rod", "尺"]}),
    ('"language" = [{ value = "en", when = "en.title" }, { value = "fr", when = "fr.title" }]', {"language": ["en"]}),
    ('"language" = { value = "zh", unless = "fr.title" }', {"language": ["zh"]}),
    ('"created" = { from = "date", match = "[0-9]{4}" }', {"created": "1844"}),
    ('"created" = { from = "date", match = "c\\\\. ?([0-9]{4})" }', {}),
    ('"created" = { from = "date", replace = [["about ", ""], ["–6", "~"]] }', {"created": "1844~"}),
    ('"coverage.place.latitude" = { from = "lat", number = true }', {"coverage": {"place": {"latitude": 39.9}}}),
    ('"rights_holder" = { from = "long", max = 13 }', {"rights_holder": "word word…"}),
    ('"rights_holder" = { from = "long", max = 9, ellipsis = false }', {"rights_holder": "word word"}),
    (
        '"creators" = { each = "people", parts.name = { from = "n" }, parts.affiliation = { from = "kind" } }',
        {"creators": [{"name": "Lee, A", "affiliation": "Aufsatz"}, {"name": "Fu, B", "affiliation": "Aufsatz"}]},
    ),
    ('"links" = { when = "fr.title", parts.url = { value = "https://a.example" } }', {}),
]


@pytest.mark.parametrize(("rule", "expected"), RULES)
def test_a_rule_gives(import_: Import, rule: str, expected: dict[str, Any]) -> None:
    mapping = f'source = "s"\nid = "id"\n[lookups.kinds]\nAufsatz = "article"\n[fields]\n{rule}\n'
    (row,) = import_("a.jsonl", json.dumps(ROW), mapping)
    assert (row.source_id, row.fields, row.errors) == ("n1", expected, ())


def test_derived_values_build_on_each_other(import_: Import) -> None:
    mapping = """
id = { template = "{short}-1" }
[derive]
short = { from = "kind", max = 3, ellipsis = false }
both = [{ from = "short" }, { from = "id" }]
[fields]
"keywords" = { from = "both" }
"""
    (row,) = import_("a.jsonl", json.dumps(ROW), mapping)
    assert (row.source_id, row.fields) == ("Auf-1", {"keywords": ["Auf", "n1"]})


def test_what_is_no_number_is_named_with_its_field(import_: Import) -> None:
    mapping = 'id = "id"\n[fields]\n"coverage.place.latitude" = { from = "kind", number = true }\n'
    (row,) = import_("a.jsonl", json.dumps(ROW), mapping)
    assert [(error.pointer, error.code) for error in row.errors] == [("/coverage/place/latitude", "bad_number")]


def test_a_text_becomes_a_file_that_importing_again_leaves_alone(import_: Import, tmp_path: Path) -> None:
    mapping = """
id = "id"
[[files]]
text = { from = "text" }
name = { template = "{id}/{kind}.txt" }
"""
    content = json.dumps({**ROW, "text": "度者，分、寸、尺、丈、引也。"})
    (first,) = import_("a.jsonl", content, mapping)
    (spec,) = first.files
    assert (spec.name, spec.role) == ("n1／Aufsatz.txt", "main")
    assert spec.path.read_bytes().decode("utf-8") == "度者，分、寸、尺、丈、引也。\n"
    before = spec.path.stat()
    (again,) = import_("a.jsonl", content, mapping)
    assert again == first
    assert spec.path.stat().st_mtime_ns == before.st_mtime_ns
    assert [path for path in (tmp_path / "generated").rglob("*") if path.is_file()] == [spec.path]


def test_a_file_damaged_by_a_power_failure_is_written_again(import_: Import) -> None:
    mapping = 'id = "id"\n[[files]]\ntext = { from = "kind" }\nname = { value = "a.txt" }\n'
    (row,) = import_("a.jsonl", json.dumps(ROW), mapping)
    row.files[0].path.write_bytes(b"\x00" * 8)
    import_("a.jsonl", json.dumps(ROW), mapping)
    assert row.files[0].path.read_text(encoding="utf-8") == "Aufsatz\n"


def test_a_path_in_a_row_names_a_file_beside_the_source(import_: Import, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "p.pdf").write_bytes(b"%PDF")
    mapping = 'id = "id"\n[[files]]\npath = { from = "pdf", split = ";" }\nrole = "supplement"\n'
    (row,) = import_("a.jsonl", json.dumps({"id": 1, "pdf": "p.pdf"}), mapping)
    assert [(spec.name, spec.role) for spec in row.files] == [("p.pdf", "supplement")]
    (row,) = import_("a.jsonl", json.dumps({"id": 1, "pdf": "p.pdf;../mapping.toml"}), mapping)
    assert [error.code for error in row.errors] == ["outside_folder"]


@pytest.mark.parametrize(
    ("mapping", "named"),
    [
        ("[fields", "m.toml"),
        ('surce = "x"', "surce"),
        ('format = "xls"', "format"),
        ('[fields]\n"titel.zh" = { from = "a" }', "titel.zh"),
        ('[fields]\n"id" = { from = "a" }', "id"),
        ('[fields]\n"title.zh" = "a"', "title.zh"),
        ('[fields]\n"title.zh" = { form = "a" }', "form"),
        ('[fields]\n"title.zh" = { from = "a", value = "b" }', "title.zh"),
        ('[fields]\n"title.zh" = { max = 3 }', "title.zh"),
        ('[fields]\n"title.zh" = { from = "a", max = "3" }', "max"),
        ('[fields]\n"title.zh" = { from = "a", lookup = "none" }', "none"),
        ('[fields]\n"title.zh" = { from = "a", terms = "colours" }', "colours"),
        ('[fields]\n"title.zh" = { from = "a", match = "(" }', "match"),
        ('[fields]\n"title.zh" = { from = "a", replace = ["b"] }', "replace"),
        ('[[files]]\ntext = { from = "a" }', "name"),
        ('[[files]]\nname = { value = "a" }', "path"),
        ('[[files]]\npath = { from = "a" }\nrole = "poster"', "poster"),
        ('[[files]]\npath = { from = "a" }\nrole = ["main"]', "main"),
        ('[[files]]\npath = { from = "a" }\nrole = {}', "files 1"),
        ('[fields]\n"title.zh" = []', "title.zh"),
        ("[derive]\nyear = []", "derive.year"),
        ('[fields]\n"title.zh" = { from = "a", max = -1 }', "max"),
        ('[fields]\nkeywords = { from = "a", max_items = -1 }', "max_items"),
        ('[fields]\ntitle = { value = { zh = "a" } }\n"title.en" = { from = "a" }', "title.en"),
        ('[fields]\n"coverage.period.from" = { from = "a" }\n"coverage.period" = { from = "b" }', "coverage.period"),
        ('[fields.creators]\neach = "a"\nparts = { name = [] }', "fields.creators.name"),
    ],
)
def test_a_faulty_mapping_is_refused_by_name(tmp_path: Path, mapping: str, named: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(mapping, encoding="utf-8")
    with pytest.raises(ImportUnreadable) as refused:
        load_mapping(path)
    assert named in refused.value.message("zh")


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ('surce = "x"', "无法读取导入来源 m.toml：不认识“surce”。"),
        ("source = 1", "无法读取导入来源 m.toml：source 的类型不对。"),
        (
            '[fields]\n"title.zh" = { from = "a", match = "(" }',
            "无法读取导入来源 m.toml：fields.title.zh：match 不是正则表达式（"
            "missing ), unterminated subpattern at position 0）。",
        ),
    ],
)
def test_a_fault_of_a_mapping_reads_as_a_sentence(tmp_path: Path, mapping: str, said: str) -> None:
    (tmp_path / "m.toml").write_text(mapping, encoding="utf-8")
    with pytest.raises(ImportUnreadable) as refused:
        load_mapping(tmp_path / "m.toml")
    assert refused.value.message("zh") == said


@pytest.mark.parametrize(
    "mapping",
    [
        'id = { from = "no", number = true }',
        'id = "id"\n[derive]\nyear = { from = "no", number = true }',
        'id = "id"\n[[files]]\npath = { from = "no", number = true }',
        'id = "id"\n[[files]]\ntext = { from = "no" }\nname = { from = "no", number = true }',
    ],
    ids=["id", "derive", "path", "name"],
)
def test_what_is_no_number_is_a_fault_of_its_row_wherever_it_was_asked_for(import_: Import, mapping: str) -> None:
    row, other = import_("a.jsonl", '{"id": 1, "no": "A-7"}\n{"id": 2}', mapping)
    assert [error.code for error in row.errors] == ["bad_number"]
    assert "bad_number" not in [error.code for error in other.errors]


def test_faults_of_a_mapping_are_joined_as_the_reader_s_language_joins_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMONS_LANGUAGE", "en")
    (tmp_path / "m.toml").write_text('surce = "x"\nmap = 1', encoding="utf-8")
    with pytest.raises(ImportUnreadable) as refused:
        load_mapping(tmp_path / "m.toml")
    assert "“map” is not known; “surce” is not known" in refused.value.message("en")
