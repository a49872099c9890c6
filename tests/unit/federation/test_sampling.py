"""The sample of what is public that is reviewed again: how much is drawn, when, and by whom it is looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from federation import policy_changes, sampling
from federation.checklist import DEFAULT
from federation.models.policies import Rereview
from shared.errors import AlreadyDone, InvalidRequest, NotFound, OwnApproval, OwnInstitution, ReasonMissing
from tests.support.reviewing import Scene, public, scene_in


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def ask_for(scene: Scene, percent: int) -> None:
    document = {**json.loads(DEFAULT.document), "sample_percent": percent}
    policy_changes.change(scene.session, document, based_on=1, author=scene.second, reason="抽查")


def first_ones(candidates: Sequence[int], size: int) -> list[int]:
    return list(candidates[:size])


def draw(scene: Scene, month: int, year: int = 2026) -> int:
    return sampling.draw(scene.session, moment=datetime(year, month, 3, tzinfo=UTC), choose=first_ones)


def test_without_a_share_nothing_is_drawn(scene: Scene) -> None:
    public(scene.session, scene.member)
    assert draw(scene, 1) == 0


def test_a_year_has_the_share_that_the_policy_asks_for_each_version_once(scene: Scene) -> None:
    for _ in range(10):
        public(scene.session, scene.member)
    ask_for(scene, 50)
    drawn = [draw(scene, month) for month in range(1, 13)]
    assert sum(drawn) == 5
    assert max(drawn) == 1
    ids = list(scene.session.scalars(select(Rereview.version_id)))
    assert len(set(ids)) == 5


def test_a_month_is_drawn_once_and_a_small_hub_is_drawn_to_its_end(scene: Scene) -> None:
    for _ in range(3):
        public(scene.session, scene.member)
    ask_for(scene, 100)
    assert sum(draw(scene, month) for month in range(1, 13)) == 3
    assert draw(scene, 12) == 0
    assert sum(draw(scene, month, 2027) for month in range(1, 13)) == 3


def drawn_one(scene: Scene, percent: int = 100) -> Rereview:
    scene.judge(scene.member.submit(), scene.second)
    ask_for(scene, percent)
    for month in range(1, 13):
        draw(scene, month)
    [one] = sampling.waiting(scene.session)
    return one


def test_a_second_look_is_taken_by_another_than_who_approved_and_of_another_institution(scene: Scene) -> None:
    one = drawn_one(scene)
    for person, error in ((scene.second, OwnApproval), (scene.insider, OwnInstitution)):
        with pytest.raises(error):
            sampling.conclude(scene.session, one.id, reviewer=person, outcome="sound", note="")
    sampling.conclude(scene.session, one.id, reviewer=scene.first, outcome="sound", note="")
    assert sampling.waiting(scene.session) == []
    assert [done.outcome for done in sampling.done(scene.session)] == ["sound"]
    assert scene.actions(f"resource:{one.version.resource_id}")[-1] == "rereview.sound"
    with pytest.raises(AlreadyDone):
        sampling.conclude(scene.session, one.id, reviewer=scene.first, outcome="sound", note="")


def test_a_doubt_says_what_is_wrong_and_changes_no_state(scene: Scene) -> None:
    one = drawn_one(scene)
    for outcome, note, error in (("doubtful", " ", ReasonMissing), ("fine", "x", InvalidRequest)):
        with pytest.raises(error):
            sampling.conclude(scene.session, one.id, reviewer=scene.first, outcome=outcome, note=note)
    with pytest.raises(NotFound):
        sampling.conclude(scene.session, one.id + 1, reviewer=scene.first, outcome="sound", note="")
    sampling.conclude(scene.session, one.id, reviewer=scene.first, outcome="doubtful", note="数据已过时")
    assert one.version.state == "published"
