"""Publication on a day and the end of a term: what a day brings, and who may change it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from federation import days, node_status, policy_changes, publication, review, review_queue, scheduling
from federation.checklist import DEFAULT
from federation.models.events import FeedEntry
from federation.models.people import User
from federation.models.resources import ResourceVersion
from shared.errors import Forbidden, InvalidRequest, MoveNotAllowed, OwnInstitution, ReasonMissing
from tests.support.reviewing import ALL, NAAN, Scene, add_person, public, scene_in

TODAY = date(2026, 5, 10)
FESTIVAL = date(2026, 5, 20)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


class Clock:
    """Which day it is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.set(TODAY)

    def set(self, day: date) -> None:
        self.monkeypatch.setattr(days, "today", lambda: day)


def approve(scene: Scene, version: ResourceVersion, day: date | None, reviewer: User | None = None) -> None:
    review.decide(
        scene.session,
        version,
        reviewer=reviewer or scene.first,
        verdict="approve",
        reason="",
        checklist=ALL,
        publish_on=day,
        naan=NAAN,
    )


def publish_due(scene: Scene) -> int:
    return scheduling.publish_due(scene.session, naan=NAAN)


def make_topical(scene: Scene, **part: object) -> None:
    topical = {"occasions": ["world-metrology-day"], "types": [], "days": 30, **part}
    document = {**json.loads(DEFAULT.document), "topical": topical}
    policy_changes.change(scene.session, document, based_on=1, author=scene.second, reason="有期限")


def last_event(scene: Scene) -> dict[str, str]:
    found: dict[str, str] = node_status.events_after(scene.session, scene.member.node.id, after=0, limit=500)[
        "events"
    ][-1]
    return found


def test_what_is_approved_for_a_day_is_public_from_that_day_on_and_not_before(scene: Scene, clock: Clock) -> None:
    version = scene.member.submit()
    approve(scene, version, FESTIVAL)
    assert (version.state, version.publish_on, version.resource.ark) == ("approved", FESTIVAL, None)
    assert last_event(scene) | {"seq": 0, "at": ""} == {
        "seq": 0,
        "at": "",
        "record_id": version.resource_id,
        "version": 1,
        "state": "approved",
        "reason": "",
        "effective_on": "2026-05-20",
    }
    clock.set(FESTIVAL - timedelta(days=1))
    assert publish_due(scene) == 0
    clock.set(FESTIVAL)
    assert [publish_due(scene), publish_due(scene)] == [1, 0]
    assert (version.state, bool(version.resource.ark)) == ("published", True)
    assert scene.actions(f"resource:{version.resource_id}")[-2:] == ["version.approved", "version.published"]


@pytest.mark.parametrize("day", [None, TODAY])
def test_without_a_day_that_is_still_to_come_it_is_public_at_once(scene: Scene, day: date | None) -> None:
    version = scene.member.submit()
    approve(scene, version, day)
    assert version.state == "published"


def test_of_two_approvals_the_later_day_counts(scene: Scene) -> None:
    version = scene.member.submit(themes=["history"], type="article")
    approve(scene, version, FESTIVAL)
    assert version.state == "in_review"
    approve(scene, version, None, scene.second)
    assert (version.state, version.publish_on) == ("approved", FESTIVAL)


def test_a_reviewer_may_name_another_day_while_the_second_approval_is_awaited(scene: Scene) -> None:
    version = scene.member.submit(themes=["history"], type="article")
    approve(scene, version, FESTIVAL)
    approve(scene, version, None)
    approve(scene, version, None, scene.second)
    assert version.state == "published"


def test_the_older_version_stays_public_until_the_day(scene: Scene, clock: Clock) -> None:
    old = public(scene.session, scene.member)
    new = scene.member.submit(id=old.resource_id, version=2)
    approve(scene, new, FESTIVAL)
    assert old.state == "published"
    clock.set(FESTIVAL)
    publish_due(scene)
    assert [old.state, new.state] == ["superseded", "published"]


def test_a_newer_version_takes_the_place_of_one_that_waits_for_its_day(scene: Scene) -> None:
    version = scene.member.submit()
    approve(scene, version, FESTIVAL)
    scene.member.submit(id=version.resource_id, version=2)
    assert version.state == "superseded"


@pytest.mark.parametrize("given", ["2026-05-09", "2027-05-12", "20. Mai", "2026-02-30"])
def test_a_day_that_is_none_or_too_far_off_is_refused(given: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        scheduling.day(given)
    assert refused.value.errors[0].pointer == "/publish_on"
    assert [scheduling.day(" "), scheduling.day("2026-05-20 ")] == [None, FESTIVAL]


def test_who_leads_the_review_changes_the_day_or_publishes_at_once_and_says_why(scene: Scene) -> None:
    version = scene.member.submit()
    approve(scene, version, FESTIVAL)
    later = FESTIVAL + timedelta(days=1)
    scheduling.change(scene.session, version, by=scene.second, to=later, reason="改期", naan=NAAN)
    assert (version.state, version.publish_on, last_event(scene)["effective_on"]) == ("approved", later, "2026-05-21")
    scheduling.change(scene.session, version, by=scene.second, to=None, reason="现在就要", naan=NAAN)
    assert version.state == "published"
    assert "version.rescheduled" in scene.actions(f"resource:{version.resource_id}")


def test_nobody_else_changes_the_day_and_none_of_the_institution_itself(scene: Scene) -> None:
    version = scene.member.submit()
    approve(scene, version, FESTIVAL)
    boss = add_person(scene.session, "boss", "chief_reviewer", member=scene.member)
    for person, error, reason in (
        (scene.first, Forbidden, "x"),
        (boss, OwnInstitution, "x"),
        (scene.second, ReasonMissing, " "),
        (scene.second, InvalidRequest, "长" * 2001),
    ):
        with pytest.raises(error):
            scheduling.change(scene.session, version, by=person, to=None, reason=reason, naan=NAAN)
        with pytest.raises(error):
            scheduling.recall(scene.session, version, by=person, reason=reason)
    assert version.state == "approved"
    with pytest.raises(MoveNotAllowed):
        scheduling.recall(scene.session, scene.member.submit(), by=scene.second, reason="x")


def test_what_is_recalled_is_judged_anew_also_by_who_had_approved_it(scene: Scene) -> None:
    version = scene.member.submit()
    approve(scene, version, FESTIVAL)
    scheduling.recall(scene.session, version, by=scene.second, reason="图片有误")
    assert (version.state, version.publish_on) == ("in_review", None)
    filters = review_queue.Filters(show="mine")
    [waiting] = review_queue.queue(scene.session, reviewer=scene.first, filters=filters, page=1).items
    assert (waiting.approvals, waiting.approved_by_me) == (0, False)
    assert review.open(scene.session, version.id, scene.first).approvals == 0
    approve(scene, version, FESTIVAL)
    assert version.state == "approved"


def test_what_is_topical_is_public_for_its_time_and_then_says_so(scene: Scene, clock: Clock) -> None:
    make_topical(scene)
    stays = public(scene.session, scene.member)
    passes = public(scene.session, scene.member, occasions=["world-metrology-day"])
    assert (stays.expires_on, passes.expires_on) == (None, TODAY + timedelta(days=30))
    clock.set(TODAY + timedelta(days=29))
    assert scheduling.expire_due(scene.session) == 0
    clock.set(TODAY + timedelta(days=30))
    assert [scheduling.expire_due(scene.session), scheduling.expire_due(scene.session)] == [1, 0]
    assert [stays.state, passes.state] == ["published", "expired"]
    last = scene.session.scalars(select(FeedEntry).order_by(FeedEntry.seq.desc())).first()
    assert last is not None
    assert (last.resource_id, last.kind, last.reason) == (passes.resource_id, publication.REMOVED, scheduling.OVER)


def test_a_new_version_has_its_own_time(scene: Scene, clock: Clock) -> None:
    make_topical(scene, occasions=[], types=["game"])
    old = public(scene.session, scene.member, type="game")
    clock.set(TODAY + timedelta(days=10))
    new = scene.member.submit(id=old.resource_id, version=2, type="game")
    approve(scene, new, None)
    assert new.expires_on == TODAY + timedelta(days=40)
