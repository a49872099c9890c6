"""What the public says of a resource: who is heard, what the node learns, what becomes public, and who hides it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from federation import feedback, node_status, questions, roles
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.feedback import Feedback
from federation.models.resources import ResourceVersion
from shared.canonical import digest
from shared.errors import (
    AlreadyDone,
    CommonsError,
    Forbidden,
    InvalidRequest,
    NotFound,
    NotHidden,
    OwnInstitution,
    ReasonMissing,
    Throttled,
    TooMuchUnanswered,
)
from tests.support.reviewing import SETTINGS, Scene, add_member, add_person, public, scene_in

ADDRESS = "203.0.113.7"
TEXT = "图里的刻度是不是少了一格？"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


@pytest.fixture
def version(scene: Scene) -> ResourceVersion:
    return public(scene.session, scene.member)


def give(scene: Scene, version: ResourceVersion, text: str = TEXT, **changes: Any) -> Feedback:
    said = {"kind": "mistake", "address": ADDRESS, "settings": SETTINGS, **changes}
    return feedback.give(scene.session, version, text=text, **said)


def answer(scene: Scene, given: Feedback, text: str = "确实少了，第 2 版已改。", **more: Any) -> str:
    message = {"question_id": given.id, "text": text, **more}
    [outcome] = questions.answer(scene.session, scene.member.node, [message])
    return outcome


def test_it_reaches_the_node_among_its_events_and_changes_no_state(scene: Scene, version: ResourceVersion) -> None:
    given = give(scene, version)
    entries = scene.session.scalars(select(AuditEvent.entry).where(AuditEvent.action == "feedback.received"))
    assert digest(TEXT.encode()) not in "".join(entries), "nobody can try texts against it"
    last = node_status.events_after(scene.session, scene.member.node.id, after=0, limit=500)["events"][-1]
    assert (last["question_id"], last["feedback"], last["reason"]) == (given.id, "mistake", TEXT)
    assert (last["state"], version.state) == ("published", "published")


def test_the_public_sees_it_only_with_its_answer(scene: Scene, version: ResourceVersion) -> None:
    given = give(scene, version)
    assert feedback.shown(scene.session, version.resource_id) == []
    assert [answer(scene, given), answer(scene, given), answer(scene, given, "别的。")] == [
        "accepted",
        "duplicate",
        "conflict",
    ]
    assert [one.answer for one in feedback.shown(scene.session, version.resource_id)] == ["确实少了，第 2 版已改。"]


def test_a_private_answer_is_for_the_alliance_alone(scene: Scene, version: ResourceVersion) -> None:
    given = give(scene, version)
    assert answer(scene, given, "是广告。", private=True) == "accepted"
    assert feedback.shown(scene.session, version.resource_id) == []
    assert [one.answer for one in feedback.listed(scene.session, state="answered", page=1).rows] == ["是广告。"]


def test_nobody_answers_for_another_institution(scene: Scene, version: ResourceVersion) -> None:
    other = add_member(scene.session, "other")
    message = [{"question_id": give(scene, version).id, "text": "我来答。"}]
    assert questions.answer(scene.session, other.node, message) == ["unknown"]


def test_the_log_has_that_somebody_spoke_and_not_what_was_said(scene: Scene, version: ResourceVersion) -> None:
    answer(scene, give(scene, version))
    query = select(AuditEvent.entry).where(AuditEvent.action.like("feedback.%")).order_by(AuditEvent.id)
    received, answered = scene.session.scalars(query)
    assert json.loads(received)["actor"] == "anonymous"
    assert json.loads(answered)["actor"] == f"node:{scene.member.node.id}"
    assert "刻度" not in received
    assert "少了" not in answered


def test_what_was_sent_twice_is_taken_once(scene: Scene, version: ResourceVersion) -> None:
    assert give(scene, version).id == give(scene, version).id
    assert scene.session.scalar(select(func.count(Feedback.id))) == 1


def test_one_network_is_heard_a_few_times_an_hour_and_others_all_the_while(
    scene: Scene, version: ResourceVersion
) -> None:
    for number in range(SETTINGS.feedback_per_hour):
        give(scene, version, f"第 {number} 个问题")
    with pytest.raises(Throttled) as refused:
        give(scene, version, "再问一个")
    assert 3500 < (refused.value.retry_after or 0) <= 3600
    give(scene, version, "另一处的人", address="198.51.100.9")
    scene.session.execute(update(Feedback).values(at=now() - timedelta(hours=1)))
    give(scene, version, "再问一个")


def test_a_resource_that_is_flooded_takes_no_more_until_some_are_answered(
    scene: Scene, version: ResourceVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "MAX_OPEN", 2)
    first = give(scene, version, "一", address="192.0.2.1")
    give(scene, version, "二", address="192.0.2.2")
    with pytest.raises(TooMuchUnanswered):
        give(scene, version, "三", address="192.0.2.3")
    answer(scene, first)
    give(scene, version, "三", address="192.0.2.3")


def test_by_what_somebody_was_known_is_no_address_and_is_erased_after_a_day(
    scene: Scene, version: ResourceVersion
) -> None:
    given = give(scene, version)
    assert ADDRESS not in given.sender
    feedback.forget_senders(scene.session)
    scene.session.refresh(given)
    assert given.sender
    scene.session.execute(update(Feedback).values(at=now() - timedelta(hours=25)))
    feedback.forget_senders(scene.session)
    scene.session.refresh(given)
    assert given.sender == ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text": " \u3000\n"}, "required"),
        ({"text": "\u2800"}, "required"),
        ({"text": "长" * 1001}, "too_long"),
        ({"kind": "praise"}, "unknown_term"),
        ({"text": "请打 13800138000 找我"}, "personal_data"),
        ({"text": "写信到 someone@example.org"}, "personal_data"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_reason(
    scene: Scene, version: ResourceVersion, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        give(scene, version, **changes)
    assert [one.code for one in refused.value.errors] == [code]
    assert scene.session.scalar(select(func.count(Feedback.id))) == 0


def test_nothing_is_said_of_what_is_not_public(scene: Scene, version: ResourceVersion) -> None:
    with pytest.raises(NotFound):
        give(scene, scene.member.submit())
    scene.member.submit(id=version.resource_id, version=2)
    give(scene, version)


def test_whoever_leads_the_review_hides_it_with_a_reason_and_shows_it_again(
    scene: Scene, version: ResourceVersion
) -> None:
    given = give(scene, version)
    answer(scene, given)
    with pytest.raises(ReasonMissing):
        feedback.hide(scene.session, given.id, by=scene.second, reason=" ")
    feedback.hide(scene.session, given.id, by=scene.second, reason="辱骂")
    assert feedback.shown(scene.session, version.resource_id) == []
    with pytest.raises(AlreadyDone):
        feedback.hide(scene.session, given.id, by=scene.second, reason="辱骂")
    feedback.show(scene.session, given.id, by=scene.second, reason="看错了")
    assert feedback.shown(scene.session, version.resource_id) == [given]
    assert scene.actions(f"resource:{version.resource_id}")[-2:] == ["feedback.hidden", "feedback.shown"]
    told = node_status.events_after(scene.session, scene.member.node.id, after=0, limit=500)["events"][-2:]
    assert [(one["question_id"], one["feedback"], one["reason"]) for one in told] == [
        (given.id, "hidden", "辱骂"),
        (given.id, "shown", "看错了"),
    ]


def test_nobody_else_hides_it_and_nobody_what_is_said_of_the_own_institution(
    scene: Scene, version: ResourceVersion
) -> None:
    given = give(scene, version)
    reviewer = add_person(scene.session, "reader", roles.REVIEWER)
    chief = add_person(scene.session, "own-chief", roles.CHIEF_REVIEWER, member=scene.member)
    refusals: list[tuple[Any, type[CommonsError]]] = [(reviewer, Forbidden), (chief, OwnInstitution)]
    for person, refusal in refusals:
        with pytest.raises(refusal):
            feedback.hide(scene.session, given.id, by=person, reason="x")


def test_what_was_hidden_is_erased_everywhere_and_does_not_come_back(scene: Scene, version: ResourceVersion) -> None:
    given = give(scene, version)
    with pytest.raises(NotHidden):
        feedback.erase(scene.session, given.id, by=scene.second, reason="涉及个人")
    feedback.hide(scene.session, given.id, by=scene.second, reason="涉及个人")
    feedback.erase(scene.session, given.id, by=scene.second, reason="涉及个人")
    for again in (feedback.erase, feedback.show, feedback.hide):
        with pytest.raises(AlreadyDone):
            again(scene.session, given.id, by=scene.second, reason="再来")
    answer(scene, given, "张某的电话")
    assert (given.text, given.answer, given.answered_at) == ("", "", None)
    told = node_status.events_after(scene.session, scene.member.node.id, after=0, limit=500)["events"]
    about = [(one["feedback"], one["reason"]) for one in told if one.get("question_id") == given.id]
    assert about == [(given.kind, ""), ("hidden", "涉及个人"), ("erased", "涉及个人")]
    assert scene.actions(f"resource:{version.resource_id}")[-2:] == ["feedback.hidden", "feedback.erased"]
