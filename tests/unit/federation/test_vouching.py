"""Who vouches for what is public: how many, when, and for what; what they are called is nobody's business."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from federation import petitions, vouching
from shared.petitioning import APPEAL
from tests.support.reviewing import DEFAULT, Scene, add_person, public, scene_in

EVIDENCE = [{"source": "馆藏", "method": "对照", "verified_by": "馆员"}]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def test_every_reviewer_who_approved_counts_and_the_last_gives_the_date(scene: Scene) -> None:
    version = scene.member.submit(themes=["history"], evidence=EVIDENCE)
    scene.judge(version)
    scene.judge(version, scene.second)
    said = vouching.of(scene.session, version.resource_id, 1)
    assert said is not None
    assert version.state == "published"
    assert (said.reviewers, said.at) == (2, max(one.at for one in scene.decisions()))
    assert (said.checklist, said.items) == (1, DEFAULT.items)


def test_what_was_overturned_counts_no_more(scene: Scene) -> None:
    version = scene.member.submit()
    scene.judge(version, verdict="reject")
    asked = petitions.make(scene.session, version, kind=APPEAL, text="数据无误", maker="test")
    petitions.answer(scene.session, asked.id, by=scene.second, granted=True, reason="同意")
    scene.judge(version, add_person(scene.session, "third"))
    said = vouching.of(scene.session, version.resource_id, 1)
    assert said is not None
    assert said.reviewers == 1


def test_each_version_has_its_own_reviewers(scene: Scene) -> None:
    version = public(scene.session, scene.member)
    assert vouching.of(scene.session, version.resource_id, 1) is None
    second = scene.member.submit(id=version.resource_id, version=2)
    scene.judge(second)
    assert vouching.of(scene.session, version.resource_id, 1) is None
    assert vouching.of(scene.session, version.resource_id, 2) is not None
