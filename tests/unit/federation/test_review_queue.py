"""The review queue: what waits, what is due first, what of it is for whom, and who is at work on what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from federation import claims, people, review_queue
from federation.checklist import DEFAULT
from federation.models.base import now
from federation.models.people import User
from federation.models.resources import ResourceVersion
from shared.errors import ClaimedByAnother, Forbidden, MoveNotAllowed, OwnInstitution
from tests.support.counting import statements
from tests.support.records import make_file
from tests.support.reviewing import Scene, add_member, add_person, scene_in

EVIDENCE = [{"source": "《史记》", "method": "对勘", "verified_by": "张三"}]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def claim(scene: Scene, version: ResourceVersion, reviewer: User) -> None:
    claims.take(scene.session, version, reviewer=reviewer, minutes=60)


def titles(page: review_queue.QueuePage) -> list[str]:
    return [item.version.title_zh for item in page.items]


def look(scene: Scene, reviewer: User | None = None, page: int = 1, **filters: object) -> review_queue.QueuePage:
    wanted = review_queue.Filters(**filters)  # type: ignore[arg-type]
    return review_queue.queue(scene.session, reviewer=reviewer or scene.first, filters=wanted, page=page)


def test_the_queue_has_what_waits_oldest_first_and_nothing_else(scene: Scene) -> None:
    for number in range(3):
        scene.member.submit(title={"zh": f"第{number}件"})
    scene.judge(scene.member.submit())
    scene.member.submit(files=[make_file(sha256="a" * 64, size=5)], title={"zh": "文件未到"})
    found = look(scene)
    assert titles(found) == ["第0件", "第1件", "第2件"]
    assert (found.total, found.waiting, found.pages) == (3, 3, 1)


def test_the_queue_marks_what_is_not_for_this_reviewer(scene: Scene) -> None:
    scene.judge(scene.member.submit(themes=["history"]), scene.first)
    scene.member.submit()
    mine, plain = look(scene).items
    assert (mine.approved_by_me, mine.approvals, mine.needed, mine.sensitive) == (True, 1, 2, True)
    assert (plain.approved_by_me, plain.own, plain.needed) == (False, False, 1)
    assert all(item.own for item in look(scene, scene.insider).items)
    assert look(scene, scene.insider, show=review_queue.MINE).total == 0
    assert [item.version for item in look(scene, show=review_queue.MINE).items] == [plain.version]


def test_the_queue_filters_by_institution_type_and_theme(scene: Scene) -> None:
    other = add_member(scene.session, "ustc")
    scene.member.submit(title={"zh": "甲"}, type="photo", themes=["history", "law"], evidence=EVIDENCE)
    other.submit(title={"zh": "乙"}, type="video", themes=["law"])
    assert titles(look(scene, institution="ustc")) == ["乙"]
    assert titles(look(scene, type="photo")) == ["甲"]
    assert titles(look(scene, theme="law")) == ["甲", "乙"]
    assert titles(look(scene, theme="law", institution="nim")) == ["甲"]
    assert titles(look(scene, theme="innovation")) == []
    assert [one.code for one in look(scene).institutions] == ["nim", "ustc"]
    assert look(scene).types == ["photo", "video"]


@pytest.mark.parametrize("theme", ["", "knowledge"])
def test_the_queue_has_pages_and_one_out_of_range_is_the_nearest(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    monkeypatch.setattr(review_queue, "PAGE_SIZE", 2)
    for number in range(5):
        scene.member.submit(title={"zh": f"第{number}件"})
    assert titles(look(scene, page=1, theme=theme)) == ["第0件", "第1件"]
    assert titles(look(scene, page=3, theme=theme)) == ["第4件"]
    assert look(scene, page=99, theme=theme).page == 3
    assert look(scene, page=-1, theme=theme).page == 1


def test_after_a_decision_comes_the_next_that_this_reviewer_can_judge(scene: Scene) -> None:
    a, b, c = (scene.member.submit() for _ in range(3))
    assert review_queue.next_for(scene.session, reviewer=scene.first, after=a) == b.id
    assert review_queue.next_for(scene.session, reviewer=scene.first, after=c) == a.id
    assert review_queue.next_for(scene.session, reviewer=scene.insider, after=a) is None
    scene.judge(a)
    scene.judge(b)
    assert review_queue.next_for(scene.session, reviewer=scene.first, after=c) is None


def test_what_comes_into_review_is_due_after_the_days_of_the_policy(scene: Scene) -> None:
    waiting = scene.member.submit()
    elsewhere = scene.member.submit(files=[make_file(sha256="a" * 64, size=5)])
    assert waiting.due_at == waiting.changed_at + timedelta(days=DEFAULT.days)
    assert elsewhere.due_at is None


def test_what_is_due_first_stands_in_front_and_what_is_overdue_is_marked_and_counted(scene: Scene) -> None:
    scene.member.submit(title={"zh": "甲"})
    late = scene.member.submit(title={"zh": "乙"})
    late.due_at = now() - timedelta(hours=1)
    found = look(scene)
    assert titles(found) == ["乙", "甲"]
    assert [item.overdue for item in found.items] == [True, False]
    assert found.counts[review_queue.OVERDUE] == 1
    assert titles(look(scene, age=review_queue.OVERDUE)) == ["乙"]


def test_the_queue_filters_by_sensitivity_and_age(scene: Scene) -> None:
    scene.member.submit(title={"zh": "甲"}, themes=["history"])
    old = scene.member.submit(title={"zh": "乙"})
    old.changed_at = now() - timedelta(days=8)
    assert titles(look(scene, sensitive="yes")) == ["甲"]
    assert titles(look(scene, sensitive="no")) == ["乙"]
    assert titles(look(scene, age="7")) == ["乙"]
    assert titles(look(scene, age="14")) == []


def test_a_filter_that_makes_no_sense_leaves_everything(scene: Scene) -> None:
    scene.member.submit()
    assert look(scene, age="soon", sensitive="maybe", show="theirs").total == 1


def test_a_second_reviewer_finds_what_waits_for_a_second_approval_and_is_not_the_own(scene: Scene) -> None:
    sensitive = scene.member.submit(title={"zh": "甲"}, themes=["history"])
    scene.member.submit(title={"zh": "乙"}, themes=["history"])
    scene.judge(sensitive, scene.first)
    assert titles(look(scene, scene.second, show=review_queue.SECOND)) == ["甲"]
    assert titles(look(scene, scene.first, show=review_queue.SECOND)) == []
    assert titles(look(scene, scene.insider, show=review_queue.SECOND)) == []
    assert look(scene, scene.second).counts[review_queue.SECOND] == 1


def test_a_claim_is_shown_to_others_and_their_next_leaves_it_out(scene: Scene) -> None:
    a, b, c = (scene.member.submit() for _ in range(3))
    claim(scene, b, scene.second)
    [_, shown, _] = look(scene).items
    assert shown.claim is not None
    assert shown.claim.reviewer.display_name == "second"
    assert review_queue.next_for(scene.session, reviewer=scene.first, after=a) == c.id
    assert review_queue.next_for(scene.session, reviewer=scene.second, after=a) == b.id
    assert [item.version for item in look(scene, scene.second, show=review_queue.CLAIMED).items] == [b]
    assert [item.version for item in look(scene, show=review_queue.MINE).items] == [a, c]


def test_a_claim_forbids_no_decision_and_ends_with_it(scene: Scene) -> None:
    version = scene.member.submit()
    claim(scene, version, scene.second)
    scene.judge(version, scene.first)
    assert version.state == "published"
    assert claims.standing(scene.session, [version.id]) == {}


def test_the_first_of_two_approvals_ends_the_own_claim_alone(scene: Scene) -> None:
    version = scene.member.submit(themes=["history"])
    claim(scene, version, scene.first)
    scene.judge(version, scene.second)
    assert claims.standing(scene.session, [version.id])[version.id].reviewer_id == scene.first.id
    scene.judge(version, scene.first)
    assert claims.standing(scene.session, [version.id]) == {}


def test_two_do_not_claim_the_same_until_the_first_gives_it_up_or_time_has_passed(scene: Scene) -> None:
    version = scene.member.submit()
    claim(scene, version, scene.first)
    with pytest.raises(ClaimedByAnother) as refused:
        claim(scene, version, scene.second)
    assert refused.value.data["name"] == "first"
    claims.give_up(scene.session, version, reviewer=scene.second)
    assert claims.standing(scene.session, [version.id])[version.id].reviewer_id == scene.first.id
    claims.give_up(scene.session, version, reviewer=scene.first)
    claim(scene, version, scene.second)
    claims.standing(scene.session, [version.id])[version.id].until = now() - timedelta(seconds=1)
    scene.session.flush()
    assert look(scene).items[0].claim is None
    claim(scene, version, scene.first)
    assert claims.standing(scene.session, [version.id])[version.id].reviewer_id == scene.first.id


def test_what_somebody_has_claimed_is_given_back_when_the_account_is_closed(scene: Scene) -> None:
    version = scene.member.submit()
    claim(scene, version, scene.second)
    people.deactivate(scene.session, scene.second, actor="operator")
    claim(scene, version, scene.first)
    assert claims.standing(scene.session, [version.id])[version.id].reviewer_id == scene.first.id


def test_only_who_may_decide_may_claim(scene: Scene) -> None:
    version = scene.member.submit()
    for person, error in (
        (add_person(scene.session, "shen", people.AUDITOR), Forbidden),
        (scene.insider, OwnInstitution),
    ):
        with pytest.raises(error):
            claim(scene, version, person)
    scene.judge(version)
    with pytest.raises(MoveNotAllowed):
        claim(scene, version, scene.first)


def test_the_next_one_is_of_the_same_part_of_the_queue(scene: Scene) -> None:
    a = scene.member.submit(type="video")
    scene.member.submit()
    c = scene.member.submit(type="video")
    videos = review_queue.Filters(type="video")
    assert review_queue.next_for(scene.session, reviewer=scene.first, after=a, filters=videos) == c.id
    second = review_queue.Filters(show=review_queue.SECOND)
    assert review_queue.next_for(scene.session, reviewer=scene.first, after=a, filters=second) is None


def test_a_page_asks_the_database_as_often_for_many_as_for_few(scene: Scene) -> None:
    def asked() -> int:
        scene.session.expire_all()
        # The reviewer is known before: who is signed in is no part of the queue.
        scene.session.refresh(scene.first)
        with statements(scene.session.get_bind()) as seen:
            look(scene, theme="history", sensitive="yes", institution="nim")
        return len(seen)

    scene.judge(scene.member.submit(themes=["history"]), scene.second)
    few = asked()
    for number in range(8):
        version = scene.member.submit(themes=["history"])
        if number % 2:
            claim(scene, version, scene.second)
        else:
            scene.judge(version, scene.second)
    assert asked() == few <= 10
