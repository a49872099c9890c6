"""Questions of reviewers: who may ask, what the node learns, and whose answer stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from federation import auditlog, node_status, people, questions
from federation.models.events import AuditEvent
from federation.models.questions import Question
from federation.models.resources import ResourceVersion
from shared.errors import Forbidden, InvalidRequest, MoveNotAllowed, NotLatest, OwnInstitution, QuestionMissing
from tests.support.reviewing import Scene, add_member, add_person, scene_in


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def ask(scene: Scene, version: ResourceVersion, text: str = "照片是谁拍的？") -> Question:
    return questions.ask(scene.session, version, reviewer=scene.first, text=text)


def answer(scene: Scene, question_id: str, text: str = "本院。") -> str:
    node = scene.member.node
    [outcome] = questions.answer(scene.session, node, [{"question_id": question_id, "text": text}])
    return outcome


def test_a_question_reaches_the_node_among_its_events_and_changes_no_state(scene: Scene) -> None:
    version = scene.member.submit()
    asked = ask(scene, version)
    assert version.state == "in_review"
    last = node_status.events_after(scene.session, scene.member.node.id, after=0, limit=500)["events"][-1]
    assert (last["question_id"], last["reason"], last["state"]) == (asked.id, "照片是谁拍的？", "in_review")
    assert scene.actions(f"resource:{version.resource_id}")[-1] == "review.asked"


def test_a_form_that_comes_twice_asks_once_and_the_same_may_be_asked_again_after_an_answer(scene: Scene) -> None:
    version = scene.member.submit()
    first = ask(scene, version)
    assert ask(scene, version).id == first.id
    assert scene.actions(f"resource:{version.resource_id}").count("review.asked") == 1
    answer(scene, first.id)
    assert ask(scene, version).id != first.id


def test_the_first_answer_stands_and_the_same_again_changes_nothing(scene: Scene) -> None:
    asked = ask(scene, scene.member.submit())
    assert [answer(scene, asked.id), answer(scene, asked.id), answer(scene, asked.id, "别人。")] == [
        "accepted",
        "duplicate",
        "conflict",
    ]
    [shown] = questions.of_resource(scene.session, asked.version.resource_id)
    assert (shown.answer, shown.answered_by) == ("本院。", scene.member.node.id)
    [entry] = scene.session.scalars(select(AuditEvent.entry).where(AuditEvent.action == "review.answered"))
    assert json.loads(entry)["after"] == auditlog.blinded(scene.session, "本院。")
    assert "本院" not in entry


def test_the_same_question_twice_in_one_message_is_answered_once(scene: Scene) -> None:
    asked = ask(scene, scene.member.submit())
    said = [{"question_id": asked.id, "text": "甲"}, {"question_id": asked.id, "text": "乙"}]
    assert questions.answer(scene.session, scene.member.node, said) == ["accepted", "conflict"]


def test_another_institution_answers_nothing_and_learns_nothing(scene: Scene) -> None:
    asked = ask(scene, scene.member.submit())
    other = add_member(scene.session, "ustc")
    said = [{"question_id": asked.id, "text": "x"}, {"question_id": "0" * 36, "text": "x"}]
    assert questions.answer(scene.session, other.node, said) == ["unknown", "unknown"]
    assert asked.answered_at is None


def test_who_may_not_judge_a_version_asks_nothing_about_it(scene: Scene) -> None:
    version = scene.member.submit()
    auditor = add_person(scene.session, "shen", people.AUDITOR)
    for person, error in ((scene.insider, OwnInstitution), (auditor, Forbidden)):
        with pytest.raises(error):
            questions.ask(scene.session, version, reviewer=person, text="？？")


def test_nothing_is_asked_about_what_is_over(scene: Scene) -> None:
    first = scene.member.submit()
    second = scene.member.submit(id=first.resource_id, version=2)
    with pytest.raises(NotLatest):
        ask(scene, first)
    scene.member.submit(id=first.resource_id, version=3, withdrawn={"reason": "重复"})
    with pytest.raises(NotLatest):
        ask(scene, second)
    query = select(ResourceVersion).where(ResourceVersion.version == 3)
    with pytest.raises(MoveNotAllowed):
        ask(scene, scene.session.scalars(query).one())


@pytest.mark.parametrize(("text", "error"), [(" \u200b ", QuestionMissing), ("长" * 2001, InvalidRequest)])
def test_a_question_without_words_or_with_too_many_is_refused(
    scene: Scene, text: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask(scene, scene.member.submit(), text)
