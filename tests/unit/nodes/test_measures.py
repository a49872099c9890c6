"""Files that were measured once: not read again while they stand, and read again when they changed."""

from __future__ import annotations

import os
from pathlib import Path

from nodes import files as local_files
from nodes.files import FileSpec
from nodes.measures import Measures


def test_a_file_is_measured_once_and_again_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one", encoding="utf-8")
    spec = FileSpec(path, "b.txt", "supplement", {"zh": "说明"})
    measures = Measures(tmp_path / "m.json")
    assert measures.prepare([spec]) == local_files.prepare([spec])
    measures.keep()

    # The same size at the same time is taken for the same file, as it is when files are sent.
    at = path.stat().st_mtime_ns
    path.write_text("two", encoding="utf-8")
    os.utime(path, ns=(at, at))
    (again,) = Measures(tmp_path / "m.json").prepare([spec])
    (before,) = measures.prepare([spec])
    assert again == before
    os.utime(path, ns=(at, at + 10**9))
    assert Measures(tmp_path / "m.json").prepare([spec]) == local_files.prepare([spec]) != [before]


def test_notes_that_were_cut_off_are_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one", encoding="utf-8")
    (tmp_path / "m.json").write_text('{"cut', encoding="utf-8")
    assert Measures(tmp_path / "m.json").prepare([FileSpec(path)]) == local_files.prepare([FileSpec(path)])
