"""The versions of the review policy: what is in force, how it changes, and that each decision names its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from federation import checklist, experts, people, policies, policy_changes, review, review_queue
from federation.checklist import DEFAULT
from federation.models.auditing import AuditReason
from federation.models.events import AuditEvent, NodeEvent
from federation.models.policies import ReviewPolicy
from shared.errors import (
    ChecklistChanged,
    Forbidden,
    InvalidRequest,
    NotFound,
    NotYourDiscipline,
    PolicyChanged,
    PolicySame,
    ReasonMissing,
)
from tests.support.reviewing import NAAN, Scene, add_person, scene_in


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def document(**changes: Any) -> dict[str, Any]:
    return {**json.loads(DEFAULT.document), **changes}


def change(scene: Scene, *, based_on: int = 1, reason: str = "试行", **changes: Any) -> checklist.Policy:
    return policy_changes.change(
        scene.session, document(**changes), based_on=based_on, author=scene.second, reason=reason
    )


def entries(scene: Scene, action: str) -> list[dict[str, Any]]:
    query = select(AuditEvent.entry).where(AuditEvent.action == action).order_by(AuditEvent.id)
    return [json.loads(entry) for entry in scene.session.scalars(query)]


def test_the_file_is_version_one_and_is_written_down_with_the_first_decision(scene: Scene) -> None:
    assert policies.current(scene.session) == DEFAULT
    assert policies.history(scene.session) == []
    scene.judge(scene.member.submit())
    [decision] = scene.decisions()
    assert decision.policy_number == 1
    assert [row.sha256 for row in policies.history(scene.session)] == [DEFAULT.sha256]


def test_a_change_is_a_new_version_and_what_was_decided_keeps_the_old_one(scene: Scene) -> None:
    scene.judge(scene.member.submit())
    changed = change(scene, needed=2)
    assert (changed.number, policies.current(scene.session)) == (2, changed)
    again = scene.member.submit()
    scene.judge(again)
    assert again.state == "in_review"
    assert [decision.policy_number for decision in scene.decisions()] == [1, 2]
    assert policies.version(scene.session, 1) == DEFAULT


def test_a_change_is_audited_with_the_digests_before_and_after(scene: Scene) -> None:
    changed = change(scene, days=5, reason="积压")
    [_, said] = entries(scene, "policy.changed")
    assert (said["before"], said["after"]) == (DEFAULT.sha256, changed.sha256)
    assert scene.session.get_one(AuditReason, said["id"]).reason == "积压"
    assert said["actor"] == f"user:{scene.second.id}"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"days": 0}, InvalidRequest),
        ({"items": []}, InvalidRequest),
        ({"days": 5, "reason": " "}, ReasonMissing),
        ({"days": 5, "based_on": 2}, PolicyChanged),
        ({}, PolicySame),
    ],
)
def test_a_change_that_is_none_or_not_good_changes_nothing(
    scene: Scene, values: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        change(scene, **values)
    assert policies.current(scene.session) == DEFAULT


def test_only_who_leads_the_review_changes_it(scene: Scene) -> None:
    for person in (scene.first, add_person(scene.session, "shen", people.AUDITOR)):
        with pytest.raises(Forbidden):
            policy_changes.change(scene.session, document(days=5), based_on=1, author=person, reason="x")


def test_a_version_that_is_not_there_is_not_found(scene: Scene) -> None:
    with pytest.raises(NotFound):
        policies.version(scene.session, 2)


def test_a_changed_file_is_a_new_version_until_the_workbench_has_changed_it(scene: Scene, tmp_path: Path) -> None:
    policies.kept(scene.session)
    own = tmp_path / "own.toml"
    own.write_text(checklist.SHIPPED.read_text(encoding="utf-8").replace("days = 10", "days = 4"), encoding="utf-8")
    try:
        checklist.use(own)
        assert (policies.current(scene.session).number, policies.current(scene.session).days) == (2, 4)
        policies.kept(scene.session)
        change(scene, based_on=2, days=7)
        checklist.use(checklist.SHIPPED)
        assert policies.current(scene.session).days == 7
    finally:
        checklist.use(checklist.SHIPPED)
    assert [row.number for row in scene.session.scalars(select(ReviewPolicy).order_by(ReviewPolicy.number))] == [
        1,
        2,
        3,
    ]


def test_nobody_confirms_a_question_that_was_put_otherwise_to_them(scene: Scene) -> None:
    version = scene.member.submit()
    said = {"reviewer": scene.first, "verdict": "approve", "reason": "", "naan": NAAN}
    items = document()["items"]
    change(scene, items=[{**items[0], "question": {"zh": "另一个问题？", "en": "Another question?"}}, *items[1:]])
    for read in (1, 0, 3, 10**30):
        with pytest.raises(ChecklistChanged) as refused:
            review.decide(scene.session, version, checklist=DEFAULT.everything(), read=read, **said)
        assert refused.value.data["number"] == 2
    assert scene.decisions() == []
    change(scene, based_on=2, items=json.loads(policies.current(scene.session).document)["items"], days=3)
    review.decide(scene.session, version, checklist=DEFAULT.everything(), read=2, **said)
    assert version.state == "published"


def test_notes_reach_the_institution_with_the_reason_and_the_log_as_a_digest(scene: Scene) -> None:
    version = scene.member.submit()
    notes = {"science": "第 3 页的单位写错了"}
    review.decide(
        scene.session,
        version,
        reviewer=scene.first,
        verdict="request_changes",
        reason="请修改",
        checklist={},
        notes=notes,
        naan=NAAN,
    )
    told = scene.session.scalars(select(NodeEvent).order_by(NodeEvent.seq.desc())).first()
    assert told is not None
    assert told.reason == "请修改\n科学性：第 3 页的单位写错了"
    [said] = entries(scene, "review.request_changes")
    assert "写错了" not in json.dumps(said, ensure_ascii=False)
    assert len(said["detail"]["checklist"]["notes"]) == 64


def test_a_discipline_for_experts_is_judged_by_its_experts_and_by_who_leads(scene: Scene) -> None:
    change(scene, expert_disciplines=["length"])
    reserved = scene.member.submit(disciplines=["length", "optics"])
    scene.member.submit(disciplines=["optics"])
    with pytest.raises(NotYourDiscipline):
        scene.judge(reserved, scene.first)
    mine = review_queue.Filters(show=review_queue.MINE)
    assert review_queue.queue(scene.session, reviewer=scene.first, filters=mine, page=1).total == 1
    experts.set_disciplines(scene.session, scene.first, ["length"], by=scene.second)
    assert review_queue.queue(scene.session, reviewer=scene.first, filters=mine, page=1).total == 2
    assert review_queue.queue(scene.session, reviewer=scene.second, filters=mine, page=1).total == 2
    scene.judge(reserved, scene.first)
    assert reserved.state == "published"


def test_expertise_is_set_by_who_leads_of_known_disciplines_and_audited_once(scene: Scene) -> None:
    with pytest.raises(Forbidden):
        experts.set_disciplines(scene.session, scene.first, ["length"], by=scene.first)
    with pytest.raises(InvalidRequest):
        experts.set_disciplines(scene.session, scene.first, ["taste"], by=scene.second)
    for _ in range(2):
        experts.set_disciplines(scene.session, scene.first, ["length"], by=scene.second)
    [said] = entries(scene, "reviewer.disciplines")
    assert said["detail"] == {"before": [], "after": ["length"]}
    known = {one.person.name: one.disciplines for one in experts.reviewers(scene.session)}
    assert known["first"] == {"length"}
