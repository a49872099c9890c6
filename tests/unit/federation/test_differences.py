"""The difference between two versions: field by field, and file by file."""

from __future__ import annotations

from typing import Any

import pytest

from federation.differences import FileChange, files
from tests.support.records import make_file

A, B = make_file(name="a.pdf", sha256="a" * 64), make_file(name="b.pdf", sha256="b" * 64)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([A], [A], []),
        ([A, B], [B, A], []),
        ([A], [A, B], [FileChange(("added",), None, 1)]),
        ([A, B], [B], [FileChange(("removed",), 0, None)]),
        ([A], [{**A, "sha256": "c" * 64}], [FileChange(("replaced",), 0, 0)]),
        ([A], [{**A, "name": "c.pdf"}], [FileChange(("renamed",), 0, 0)]),
        ([A], [{**A, "name": "c.pdf", "alt": {"zh": "尺"}}], [FileChange(("renamed", "described"), 0, 0)]),
        ([A], [{**A, "role": "cover"}], [FileChange(("described",), 0, 0)]),
        ([A], [B], [FileChange(("added",), None, 0), FileChange(("removed",), 0, None)]),
        # Two that change names: each keeps its name and has the other's bytes.
        (
            [A, B],
            [{**A, "sha256": B["sha256"]}],
            [FileChange(("replaced",), 0, 0), FileChange(("removed",), 1, None)],
        ),
        ([], [], []),
    ],
)
def test_files_are_the_same_by_name_or_else_by_bytes(
    old: list[dict[str, Any]], new: list[dict[str, Any]], expected: list[FileChange]
) -> None:
    assert files({"files": old}, {"files": new}) == expected


def test_a_record_without_files_has_none_that_changed() -> None:
    assert files({}, {}) == []
    assert files({}, {"files": [A]}) == [FileChange(("added",), None, 0)]
