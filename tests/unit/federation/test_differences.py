"""What each public version of a resource changed."""

from __future__ import annotations

from pathlib import Path

from federation import catalogue, days
from federation.differences import NamedChange, revisions
from shared.differences import FieldChange
from tests.support.records import make_file
from tests.support.reviewing import add_member, ark_of, database, public, store_object

A, B = make_file(name="a.pdf", sha256="a" * 64), make_file(name="b.pdf", sha256="b" * 64)


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
