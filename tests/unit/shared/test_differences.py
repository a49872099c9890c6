"""What differs between two records: field by field, file by file, and the words of a text."""

from __future__ import annotations

from typing import Any

import pytest

from shared.differences import FileChange, fields, files, marked
from tests.support.records import make_file, make_record

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


def test_each_field_that_differs_is_named_with_what_became_of_it() -> None:
    old = make_record(keywords=["尺"], rights_holder="甲", description={"zh": "旧"})
    new = {**old, "version": 2, "keywords": ["尺", "卡尺"], "description": None, "created": "2026"}
    changes = {one.field: one.kind for one in fields(old, {name: one for name, one in new.items() if one})}
    assert changes == {"keywords": "replaced", "description": "removed", "created": "added"}


def test_the_changed_words_of_a_text_are_marked_and_one_that_is_new_is_so_as_a_whole() -> None:
    before, after = marked("三步读准游标卡尺。", "四步读准游标卡尺。")
    assert before == ((True, "三"), (False, "步读准游标卡尺。"))
    assert after == ((True, "四"), (False, "步读准游标卡尺。"))
    assert marked("", "新") == (((True, ""),), ((True, "新"),))
