"""Folders: with a manifest, with a file for each resource, or described by a mapping."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodes.importers import load_mapping, read, source_name
from shared.errors import ImportUnreadable

MANIFESTS = {
    "manifest.toml": '[[resources]]\nsource_id = "a"\ncreated = 2026-05-20\n'
    'files = [{ path = "a.txt", role = "cover" }]\n',
    "manifest.jsonl": '{"source_id": "a", "created": "2026-05-20", "files": [{"path": "a.txt", "role": "cover"}]}\n',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "spring"
    made.mkdir()
    (made / "a.txt").write_text("一", encoding="utf-8")
    return made


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_says_what_is_in_the_folder(folder: Path, name: str) -> None:
    (folder / name).write_text(MANIFESTS[name], encoding="utf-8")
    (row,) = read(folder, None, folder)
    assert (row.source_id, row.fields, row.errors) == ("a", {"created": "2026-05-20"}, ())
    assert source_name(folder, None) == "spring"
    assert [(spec.path, spec.name, spec.role) for spec in row.files] == [(folder / "a.txt", "a.txt", "cover")]


def test_a_manifest_may_be_a_table(folder: Path) -> None:
    (folder / "b.txt").write_text("二", encoding="utf-8")
    (folder / "manifest.csv").write_text("编号,标题,文件\n1,甲,a.txt；b.txt\n", encoding="utf-8")
    (row,) = read(folder, None, folder)
    assert row.fields == {"title": {"zh": "甲"}}
    assert [spec.name for spec in row.files] == ["a.txt", "b.txt"]


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", "inner/../../secret.txt", "link.txt"])
def test_a_manifest_cannot_publish_files_from_elsewhere(folder: Path, path: str) -> None:
    (folder.parent / "secret.txt").write_text("秘密", encoding="utf-8")
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "manifest.toml").write_text(f'[[resources]]\nsource_id = "a"\nfiles = [{{ path = "{path}" }}]\n')
    (row,) = read(folder, None, folder)
    assert [(error.pointer, error.code) for error in row.errors] == [("/files/0/path", "outside_folder")]
    assert row.files == ()


def test_missing_and_misdescribed_files_are_each_named(folder: Path) -> None:
    files = '[{ path = "no.txt" }, { pth = "a.txt" }, 7, { path = "a.txt", role = 1 }]'
    (folder / "manifest.toml").write_text(f'[[resources]]\nsource_id = "a"\nfiles = {files}\n')
    (row,) = read(folder, None, folder)
    assert [(error.pointer, error.code) for error in row.errors] == [
        ("/files/0/path", "file_missing"),
        ("/files/1/pth", "unknown_field"),
        ("/files/1/path", "required"),
        ("/files/2", "wrong_type"),
        ("/files/3/role", "wrong_type"),
    ]


def test_an_entry_without_identifier_is_called_after_its_first_file(folder: Path) -> None:
    (folder / "manifest.toml").write_text('[[resources]]\nfiles = ["a.txt"]\n')
    assert [row.source_id for row in read(folder, None, folder)] == ["a.txt"]


def test_each_description_file_is_a_resource_with_files_from_beside(folder: Path) -> None:
    described = folder.parent / "resources"
    described.mkdir()
    (described / "01-秤.toml").write_text(
        'type = "article"\nfiles = [{ path = "../spring/a.txt" }]\n', encoding="utf-8"
    )
    (described / "02.json").write_text('{"type": "game"}', encoding="utf-8")
    (described / "03.json").write_text("{", encoding="utf-8")
    rows = list(read(described, None, folder))
    assert [(row.source_id, row.fields) for row in rows[:2]] == [
        ("01-秤", {"type": "article"}),
        ("02", {"type": "game"}),
    ]
    assert rows[0].files[0].path == folder / "a.txt"
    assert [error.code for error in rows[2].errors] == ["unreadable_row"]


def test_a_mapping_can_describe_a_folder_without_a_manifest(folder: Path) -> None:
    mapping = folder.parent / "m.toml"
    mapping.write_text('source = "spring-2026"\n[[resources]]\nsource_id = "a"\nfiles = ["a.txt"]\n')
    (row,) = read(folder, load_mapping(mapping), folder)
    assert (row.source_id, len(row.files)) == ("a", 1)
    assert source_name(folder, load_mapping(mapping)) == "spring-2026"


def test_a_manifest_can_name_its_source(folder: Path) -> None:
    (folder / "manifest.toml").write_text('source = "annals"\n[[resources]]\nsource_id = "1"\n')
    assert source_name(folder, None) == "annals"


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"manifest.toml": "x"},
        {"manifest.toml": "resources = 1"},
        {"manifest.csv": "id\n1\n", "manifest.jsonl": "{}"},
    ],
)
def test_a_folder_that_says_nothing_clear_is_refused(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (folder / name).write_text(content)
    with pytest.raises(ImportUnreadable):
        list(read(folder, None, folder))


def test_a_source_that_is_not_there_is_refused(folder: Path) -> None:
    for missing in (folder / "none.jsonl", folder / "a.txt.bin"):
        with pytest.raises(ImportUnreadable):
            list(read(missing, None, folder))
