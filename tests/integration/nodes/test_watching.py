"""A watched folder: what is new or changed comes in, what is being written waits, what is gone is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from nodes import files
from nodes.settings import NodeSettings
from nodes.sources import FOLDER
from nodes.workplace import Workplace, initialise
from shared.errors import ImportUnreadable
from tests.support.brought import harvested, standing

pytestmark = pytest.mark.only_on("sqlite")  # no hub is asked
ENTRY = """[[resources]]
source_id = "{name}"
title.zh = "{name}"
summary.zh = "一张量具的照片。"
type = "photo"
themes = ["knowledge"]
language = ["zh"]
license = "CC-BY-4.0"
files = ["{name}.jpg"]
"""


@pytest.fixture
def workplace(tmp_path) -> Workplace:
    return initialise(NodeSettings(data=str(tmp_path / "node")))


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "photos"
    made.mkdir()
    describe(made, "caliper", "weight")
    return made


def describe(folder: Path, *names: str) -> None:
    """A manifest of these photographs, which lie there since some time."""
    (folder / "manifest.toml").write_text("".join(ENTRY.format(name=name) for name in names), encoding="utf-8")
    for name in names:
        path = folder / f"{name}.jpg"
        if not path.exists():
            path.write_bytes(name.encode())
    for path in folder.iterdir():
        os.utime(path, (1.7e9, 1.7e9))


def watched(workplace: Workplace, folder: Path, **options: Any) -> Any:
    return harvested(workplace, str(folder), FOLDER, constants={}, **options)


def test_what_is_new_or_changed_is_registered_and_the_rest_left_alone(workplace, folder):
    assert watched(workplace, folder).created == 2
    describe(folder, "caliper", "weight", "clock")
    (folder / "weight.jpg").write_bytes(b"another picture")
    done = watched(workplace, folder)
    assert (done.created, done.updated, done.unchanged) == (1, 1, 1)


def test_a_file_that_still_grows_waits_for_the_next_time(workplace, folder):
    def growing(_seconds: float) -> None:
        with (folder / "weight.jpg").open("ab") as file:
            file.write(b"more")
        os.utime(folder / "weight.jpg", (1.7e9, 1.7e9))

    done = watched(workplace, folder, sleep=growing)
    assert (done.created, done.unsettled, done.waiting) == (1, 1, ["weight.jpg"])
    assert watched(workplace, folder).created == 1


def test_a_manifest_that_is_being_written_waits_as_a_whole(workplace, folder):
    os.utime(folder / "manifest.toml")

    def writing(_seconds: float) -> None:
        with (folder / "manifest.toml").open("a", encoding="utf-8") as file:
            file.write("[[resources]]\nsource_id = ")

    done = watched(workplace, folder, sleep=writing)
    assert (done.created, done.failed, done.waiting) == (0, 0, ["manifest.toml"])


def test_what_is_gone_is_told_and_not_withdrawn(workplace, folder):
    watched(workplace, folder)
    describe(folder, "caliper")
    done = watched(workplace, folder)
    assert (done.missing, done.gone, done.withdrawn) == (1, ["weight"], 0)
    assert "withdrawn" not in standing(workplace)["weight"]


def test_a_file_that_has_not_changed_is_not_read_again(workplace, folder, monkeypatch):
    watched(workplace, folder)
    read: list[Path] = []
    monkeypatch.setattr(files, "_read", lambda path, progress: read.append(path) or ("0" * 64, b""))
    assert watched(workplace, folder).unchanged == 2
    assert read == []


def test_a_folder_that_is_watched_is_the_same_source_as_one_that_is_imported(workplace, folder):
    describe(folder, "caliper")
    watched(workplace, folder)
    (folder / "manifest.toml").write_text((folder / "manifest.toml").read_text("utf-8"), encoding="utf-8")
    assert watched(workplace, folder).unchanged == 1


def test_a_folder_without_descriptions_says_what_to_put_there(workplace, folder):
    (folder / "manifest.toml").unlink()
    with pytest.raises(ImportUnreadable) as raised:
        watched(workplace, folder)
    assert "manifest.toml" in raised.value.message("zh")
