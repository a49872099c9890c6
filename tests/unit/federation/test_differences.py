"""The difference between two versions: field by field, and file by file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from federation import catalogue, days
from federation.differences import FieldChange, FileChange, NamedChange, fields, files, revisions
from tests.support.records import make_file, make_record
from tests.support.reviewing import add_member, ark_of, database, public, store_object

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


def test_a_version_says_what_it_changed_and_no_word_of_what_stood_there_before(tmp_path: Path) -> None:
    with database(tmp_path) as session:
        member = add_member(session, "nim")
        for entry in (A, B):
            store_object(session, entry["sha256"], entry["size"], entry["media_type"])
        first = public(session, member, files=[A, B], summary={"zh": "张三的电话"})
        newer = {**B, "name": "c.pdf"}
        public(session, member, id=first.resource_id, version=2, files=[newer], summary={"zh": "更正"})
        public(session, member, id=first.resource_id, version=3, files=[newer], summary={"zh": "更正"})
        third, second, one = revisions(session, catalogue.find(session, ark_of(first), today=days.today()))
    assert (third.version, third.compared, third.changed) == (3, True, False)
    assert (second.fields, second.removed) == ([FieldChange("summary", "replaced")], 1)
    assert second.files == [NamedChange(("renamed",), "c.pdf")]
    assert (one.version, one.compared) == (1, False)
    assert "张三" not in repr((third, second, one))
    assert "a.pdf" not in repr((third, second, one))
