"""What the public reads of a resource's history: each step once, under its own name, and no person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from federation import days, histories, petitions, review, scheduling, takedown
from federation.models.resources import ResourceVersion
from shared.petitioning import APPEAL
from tests.support.reviewing import ALL, NAAN, Scene, add_person, scene_in


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def told(scene: Scene, version: ResourceVersion) -> list[tuple[str, int]]:
    public = histories.public_versions(scene.session, version.resource_id)
    return [(one.what, one.version) for one in histories.of(scene.session, version.resource_id, versions=public)]


def test_a_resource_is_registered_verified_reviewed_published_and_corrected(scene: Scene) -> None:
    first = scene.member.submit()
    scene.judge(first)
    second = scene.member.submit(id=first.resource_id, version=2)
    scene.judge(second)
    assert told(scene, first) == [
        (histories.RECEIVED, 1),
        (histories.VERIFIED, 1),
        (histories.PUBLISHED, 1),
        (histories.CORRECTED, 2),
        (histories.VERIFIED, 2),
        (histories.PUBLISHED, 2),
    ]


def test_what_comes_back_into_review_was_not_verified_again(scene: Scene) -> None:
    version = scene.member.submit()
    scene.judge(version, verdict="reject")
    asked = petitions.make(scene.session, version, kind=APPEAL, text="数据无误", maker="test")
    petitions.answer(scene.session, asked.id, by=scene.second, granted=True, reason="同意")
    scene.judge(version, add_person(scene.session, "third"))
    assert told(scene, version) == [(histories.RECEIVED, 1), (histories.VERIFIED, 1), (histories.PUBLISHED, 1)]


def test_what_waits_for_its_day_was_reviewed_before_it_is_public(scene: Scene) -> None:
    version, day = scene.member.submit(), days.today() + timedelta(days=3)
    said = {"reviewer": scene.first, "verdict": "approve", "reason": "", "checklist": ALL, "naan": NAAN}
    review.decide(scene.session, version, publish_on=day, **said)
    scheduling.change(scene.session, version, by=scene.second, to=None, reason="提前", naan=NAAN)
    assert told(scene, version)[2:] == [(histories.REVIEWED, 1), (histories.RELEASED, 1)]


def test_what_was_taken_down_and_put_back_was_not_reviewed_again(scene: Scene) -> None:
    version = scene.member.submit()
    scene.judge(version)
    takedown.take_down(scene.session, version, by=scene.second, reason="有人投诉")
    takedown.put_back(scene.session, version, by=scene.second, reason="查无问题")
    assert told(scene, version)[3:] == [(histories.TAKEN_DOWN, 1), (histories.RESTORED, 1)]


def test_what_is_under_review_or_was_rejected_is_nobodys_business(scene: Scene) -> None:
    first = scene.member.submit()
    scene.judge(first)
    public = told(scene, first)
    second = scene.member.submit(id=first.resource_id, version=2)
    assert told(scene, first) == public
    scene.judge(second, verdict="reject")
    assert told(scene, first) == public
