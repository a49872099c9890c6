"""Taking down and putting back: by whom, from which states, and with what words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from federation import publication, takedown
from federation.models.events import FeedEntry
from shared.errors import Forbidden, InvalidRequest, MoveNotAllowed, ReasonMissing
from tests.support.reviewing import Scene, public, scene_in


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def test_the_feed_says_why_and_the_identifier_stays(scene: Scene) -> None:
    version = public(scene.session, scene.member)
    ark = version.resource.ark
    takedown.take_down(scene.session, version, by=scene.second, reason=" 侵权 ")
    takedown.put_back(scene.session, version, by=scene.second, reason="已授权")
    entries = scene.session.scalars(select(FeedEntry).order_by(FeedEntry.seq)).all()
    assert [(one.kind, one.reason, one.latest) for one in entries] == [
        (publication.PUBLISHED, "", False),
        (publication.REMOVED, "侵权", False),
        (publication.PUBLISHED, "", True),
    ]
    assert (version.state, version.resource.ark) == ("published", ark)


def test_only_who_leads_the_review_takes_down(scene: Scene) -> None:
    version = public(scene.session, scene.member)
    for act in (takedown.take_down, takedown.put_back):
        with pytest.raises(Forbidden):
            act(scene.session, version, by=scene.first, reason="x")


@pytest.mark.parametrize(("reason", "error"), [(" ", ReasonMissing), ("长" * 2001, InvalidRequest)])
def test_a_reason_is_needed_that_can_be_shown(scene: Scene, reason: str, error: type[Exception]) -> None:
    version = public(scene.session, scene.member)
    with pytest.raises(error):
        takedown.take_down(scene.session, version, by=scene.second, reason=reason)
    assert version.state == "published"


def test_what_is_not_public_is_not_taken_down_and_what_stands_is_not_put_back(scene: Scene) -> None:
    with pytest.raises(MoveNotAllowed):
        takedown.take_down(scene.session, scene.member.submit(), by=scene.second, reason="x")
    with pytest.raises(MoveNotAllowed):
        takedown.put_back(scene.session, public(scene.session, scene.member), by=scene.second, reason="x")


def test_a_newer_version_replaces_what_was_taken_down_for_good(scene: Scene) -> None:
    version = public(scene.session, scene.member)
    takedown.take_down(scene.session, version, by=scene.second, reason="侵权")
    scene.judge(scene.member.submit(id=version.resource_id, version=2))
    assert version.state == "superseded"
    with pytest.raises(MoveNotAllowed):
        takedown.put_back(scene.session, version, by=scene.second, reason="x")
