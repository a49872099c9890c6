"""What a resource has to do with others: from both sides, at other institutions, and alike; and only in public."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from federation import catalogue, days, publication, related, search_follower
from federation.findings import likeness
from federation.models.resources import ResourceVersion
from federation.related import Surroundings
from federation.search.index import SearchIndex
from tests.support.records import make_file
from tests.support.reviewing import Member, add_member, ark_of, database, public, store_object

TEXT = (
    "游标卡尺怎样读数：先看主尺上游标零线左边的整毫米数，再找游标上与主尺刻线对齐的那一条，"
    "数出它是第几条，乘以分度值，两数相加就是结果。读数前先把两个量爪合拢，看零线是否对齐。"
)


@dataclass
class Two:
    """Two institutions, a database and an index."""

    session: Session
    index: SearchIndex
    mine: Member
    other: Member

    def around(self, version: ResourceVersion) -> Surroundings:
        """What lies around it, after everything that follows the feed has followed."""
        while (news := likeness.news(self.session)) is not None:
            likeness.take_up(self.session, news)
        while search_follower.follow_once(self.session, self.index):
            pass
        self.session.expire_all()
        page = catalogue.find(self.session, ark_of(version), today=days.today())
        return related.around(self.session, page, related.find(self.session, self.index, page))


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    with database(tmp_path) as session:
        index = SearchIndex.open(tmp_path / "search")
        store_object(session, "a" * 64, 9, "application/pdf")
        yield Two(session, index, add_member(session, "nim"), add_member(session, "ustc"))
        index.close()


def shared(**changes: Any) -> dict[str, Any]:
    """The change that gives a record the file that is stored."""
    return {"files": [make_file(**{"sha256": "a" * 64, "size": 9, **changes})]}


def plain(name: str, **changes: Any) -> dict[str, Any]:
    return {"title": {"zh": name}, "summary": {"zh": name}, "themes": ["law"], **changes}


def test_a_relation_shows_on_both_sides_each_with_its_own_name(two: Two) -> None:
    whole = public(two.session, two.mine, **plain("课程"))
    target = {"target": whole.resource_id}
    part = public(two.session, two.other, **plain("一课", relations=[{"type": "is-part-of", **target}]))
    citing = public(two.session, two.other, **plain("综述", relations=[{"type": "references", **target}]))
    seen = {(one.type, one.reverse, one.entry.resource_id) for one in two.around(whole).declared}
    assert seen == {("has-part", False, part.resource_id), ("references", True, citing.resource_id)}
    [back] = two.around(part).declared
    assert (back.type, back.reverse, back.entry.resource_id) == ("is-part-of", False, whole.resource_id)


def test_a_relation_that_both_sides_declare_is_said_once(two: Two) -> None:
    lesson = two.mine.submit(**plain("一课"))
    course = two.mine.submit(**plain("课程", relations=[{"type": "has-part", "target": lesson.resource_id}]))
    two.session.flush()
    said = [{"type": "is-part-of", "target": course.resource_id}]
    newer = two.mine.submit(**plain("一课", id=lesson.resource_id, version=2, relations=said))
    publication.publish(two.session, [newer, course], naan="99999", actor="test")
    assert two.around(course).declared == []
    assert [one.type for one in two.around(newer).declared] == ["is-part-of"]


def test_the_same_file_at_another_institution_is_linked(two: Two) -> None:
    first = public(two.session, two.mine, **plain("卡尺", **shared()))
    second = public(two.session, two.other, **plain("读数", **shared(name="另一个名字.pdf")))
    public(two.session, two.mine, **plain("同一单位", **shared()))
    public(two.session, two.other, **plain("封面", **shared(role="cover")))
    [same] = two.around(first).same
    assert (same.entry.resource_id, same.files, same.share) == (second.resource_id, 1, 0)


def test_a_file_that_everybody_has_says_nothing_and_hides_none_that_only_two_have(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(related, "MOST_SHARED", 2)
    store_object(two.session, "0" * 64, 9, "application/pdf")
    logo = make_file(sha256="0" * 64, size=9, name="标志.pdf")
    both = {"files": [logo, *shared()["files"]]}
    for number in range(4):
        public(two.session, two.other, **plain(f"第{number}件", files=[logo]))
    here = public(two.session, two.mine, **plain("甲", **both))
    there = public(two.session, two.other, **plain("乙", **both))
    assert [(one.entry.resource_id, one.files) for one in two.around(here).same] == [(there.resource_id, 1)]


def test_nearly_the_same_text_at_another_institution_is_linked(two: Two) -> None:
    first = public(two.session, two.mine, title={"zh": "游标卡尺"}, summary={"zh": TEXT})
    near = public(two.session, two.other, title={"zh": "卡尺"}, summary={"zh": TEXT.replace("怎样", "如何")})
    public(two.session, two.mine, title={"zh": "本单位的"}, summary={"zh": TEXT})
    [same] = two.around(first).same
    assert (same.entry.resource_id, same.files) == (near.resource_id, 0)
    assert likeness.NEAR <= same.share < 1


def test_what_is_alike_says_why_and_is_in_one_place_only(two: Two) -> None:
    mine = public(two.session, two.mine, **plain("商鞅方升", keywords=["方升", "度量衡"], **shared()))
    public(two.session, two.other, **plain("商鞅方升拓片", keywords=["方升"], **shared()))
    words = public(two.session, two.other, **plain("秦国的方升", keywords=["度量衡", "方升"], themes=["history"]))
    theme = public(two.session, two.other, **plain("方升与法制"))
    public(two.session, two.other, **plain("方升的计算", themes=["knowledge"]))
    public(two.session, two.other, **plain("水表检定", themes=["daily-life"]))
    found = two.around(mine)
    assert len(found.same) == 1
    assert [(one.entry.resource_id, list(one.keywords), list(one.themes)) for one in found.alike] == [
        (words.resource_id, ["方升", "度量衡"], []),
        (theme.resource_id, [], ["law"]),
    ]


def test_what_is_no_longer_public_is_nowhere(two: Two) -> None:
    whole = public(two.session, two.mine, **plain("方升", **shared()))
    relation = [{"type": "references", "target": whole.resource_id}]
    gone = public(two.session, two.other, **plain("方升说", relations=relation, **shared()))
    waiting = two.other.submit(**plain("方升考", relations=relation, **shared()))
    assert two.around(whole).declared
    versions = [two.session.get_one(ResourceVersion, one.id) for one in (gone, waiting)]
    assert [one.state for one in versions] == ["published", "in_review"]
    publication.remove(two.session, versions[:1], to="taken_down", actor="test", reason="x")
    assert not two.around(whole)
