"""Review: who may judge what, what a decision needs, and what it brings about."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import lifecycle, people, publication, review, verdicts
from federation.checklist import DEFAULT
from federation.models.events import AuditEvent, FeedEntry, NodeEvent
from federation.models.people import User
from federation.models.resources import ResourceVersion
from shared.errors import (
    ChecklistIncomplete,
    CommonsError,
    Forbidden,
    InvalidRequest,
    MoveNotAllowed,
    NotFound,
    NotLatest,
    OwnInstitution,
    ReasonMissing,
)
from tests.support.reviewing import ALL, NAAN, Scene, add_member, add_person, scene_in

EVIDENCE = [{"source": "《史记》", "method": "对勘", "verified_by": "张三"}]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with scene_in(tmp_path) as made:
        yield made


def test_an_approval_publishes_an_ordinary_resource_with_a_permanent_name(scene: Scene) -> None:
    version = scene.member.submit()
    scene.judge(version)
    assert version.state == "published"
    assert version.resource.ark is not None
    assert version.resource.ark.startswith("ark:99999/x1")
    [entry] = scene.session.scalars(select(FeedEntry))
    assert (entry.version_id, entry.kind) == (version.id, publication.PUBLISHED)
    assert scene.actions(f"resource:{version.resource_id}")[-2:] == ["review.approve", "version.published"]


def test_the_node_learns_of_the_decision_and_its_reason(scene: Scene) -> None:
    version = scene.member.submit()
    scene.judge(version, verdict="request_changes")
    event = scene.session.scalars(select(NodeEvent).order_by(NodeEvent.seq.desc())).first()
    assert event is not None
    assert (event.state, event.reason) == ("changes_requested", "数据有误")


def test_the_audit_log_names_the_reviewer_only_by_the_random_id(scene: Scene) -> None:
    version = scene.member.submit()
    scene.judge(version)
    query = select(AuditEvent.entry).where(AuditEvent.action == "review.approve")
    said = json.loads(scene.session.scalars(query).one())
    assert said["actor"] == f"user:{scene.first.id}"
    assert said["detail"]["checklist"] == {"policy": DEFAULT.number, "answers": ALL}
    assert "first" not in json.dumps(said)


def test_a_decision_that_somebody_gave_in_for_the_reviewer_says_so_in_the_log(scene: Scene) -> None:
    versions = [scene.member.submit()]
    said = {"reason": "逐件核对过", "checklist": ALL, "naan": NAAN}
    review.decide_many(scene.session, versions, reviewer=scene.first, through="operator", **said)
    entry = json.loads(
        scene.session.scalars(select(AuditEvent.entry).where(AuditEvent.action == "review.approve")).one()
    )
    assert (entry["actor"], entry["detail"]["through"]) == (f"user:{scene.first.id}", "operator")


@pytest.mark.parametrize("theme", sorted(DEFAULT.sensitive_themes))
def test_a_sensitive_theme_is_published_by_the_second_different_reviewer(scene: Scene, theme: str) -> None:
    version = scene.member.submit(themes=["knowledge", theme])
    scene.judge(version, scene.first)
    assert version.state == "in_review"
    scene.judge(version, scene.first)
    assert version.state == "in_review"
    assert len(scene.decisions()) == 1
    assert scene.actions(f"resource:{version.resource_id}").count("review.approve") == 1
    scene.judge(version, scene.second)
    assert version.state == "published"
    assert len(scene.decisions()) == 2


@pytest.mark.parametrize(("verdict", "state"), [("request_changes", "changes_requested"), ("reject", "rejected")])
@pytest.mark.parametrize("by_second", [True, False])
def test_a_negative_verdict_of_either_reviewer_acts_at_once(
    scene: Scene, verdict: str, state: str, by_second: bool
) -> None:
    version = scene.member.submit(themes=["history"])
    if by_second:
        scene.judge(version, scene.first)
    scene.judge(version, scene.second, verdict)
    assert version.state == state


def test_who_has_approved_may_still_say_no_and_counts_once(scene: Scene) -> None:
    version = scene.member.submit(themes=["history"])
    scene.judge(version, scene.first)
    scene.judge(version, scene.first, "reject")
    assert version.state == "rejected"
    assert [decision.verdict for decision in scene.decisions()] == ["reject"]
    assert "review.approve" in scene.actions(f"resource:{version.resource_id}")


def test_nobody_judges_the_own_institution(scene: Scene) -> None:
    version = scene.member.submit()
    for verdict in verdicts.LEADS_TO:
        with pytest.raises(OwnInstitution):
            scene.judge(version, scene.insider, verdict)
    assert version.state == "in_review"
    assert scene.decisions() == []


def test_a_reviewer_of_another_institution_may_judge(scene: Scene) -> None:
    outsider = add_person(scene.session, "outsider", member=add_member(scene.session, "ustc"))
    version = scene.member.submit()
    scene.judge(version, outsider)
    assert version.state == "published"


def test_an_auditor_and_a_closed_account_decide_nothing(scene: Scene) -> None:
    version = scene.member.submit()
    auditor = add_person(scene.session, "auditor", people.AUDITOR)
    people.deactivate(scene.session, scene.second, actor="operator")
    for person in (auditor, scene.second):
        with pytest.raises(Forbidden):
            scene.judge(version, person)
    assert version.state == "in_review"


def test_only_the_latest_version_can_be_judged(scene: Scene) -> None:
    old = scene.member.submit()
    scene.member.submit(id=old.resource_id, version=2)
    with pytest.raises(NotLatest) as refused:
        scene.judge(old)
    assert refused.value.data["latest"] == 2


@pytest.mark.parametrize(("state", "verdict"), list(itertools.product(lifecycle.MOVES, verdicts.LEADS_TO)))
def test_only_what_is_in_review_can_be_judged(scene: Scene, state: str, verdict: str) -> None:
    version = scene.member.submit()
    version.state = state
    scene.session.flush()
    if state == "in_review":
        scene.judge(version, verdict=verdict)
        assert version.state == verdicts.LEADS_TO[verdict]
    else:
        with pytest.raises(MoveNotAllowed):
            scene.judge(version, verdict=verdict)
        assert scene.decisions() == []


@pytest.mark.parametrize("verdict", ["request_changes", "reject"])
@pytest.mark.parametrize("reason", ["", " \n\t"])
def test_a_negative_verdict_needs_a_reason(scene: Scene, verdict: str, reason: str) -> None:
    version = scene.member.submit()
    with pytest.raises(ReasonMissing):
        review.decide(
            scene.session,
            version,
            reviewer=scene.first,
            verdict=verdict,
            reason=reason,
            checklist=ALL,
            naan=NAAN,
        )
    assert version.state == "in_review"


def test_an_approval_needs_the_whole_checklist(scene: Scene) -> None:
    version = scene.member.submit()
    with pytest.raises(ChecklistIncomplete):
        review.decide(
            scene.session,
            version,
            reviewer=scene.first,
            verdict="approve",
            reason="好",
            checklist={**ALL, "copyright": False},
            naan=NAAN,
        )
    assert scene.decisions() == []


@pytest.mark.parametrize(("verdict", "reason"), [("maybe", "x"), ("", "x"), ("reject", "x" * 4001)])
def test_an_unknown_verdict_or_an_endless_reason_is_refused(scene: Scene, verdict: str, reason: str) -> None:
    version = scene.member.submit()
    with pytest.raises(InvalidRequest):
        review.decide(
            scene.session, version, reviewer=scene.first, verdict=verdict, reason=reason, checklist=ALL, naan=NAAN
        )


def test_a_decider_who_read_an_old_state_is_refused(scene: Scene, tmp_path: Path) -> None:
    version = scene.member.submit()
    scene.session.commit()
    with Session(scene.session.get_bind(), expire_on_commit=False) as rival:
        stale = rival.get_one(ResourceVersion, version.id)
        reviewer = rival.get_one(User, scene.second.id)
        assert stale.state == "in_review"
        rival.rollback()
        scene.judge(version, verdict="reject")
        scene.session.commit()
        with pytest.raises(MoveNotAllowed):
            review.decide(rival, stale, reviewer=reviewer, verdict="approve", reason="", checklist=ALL, naan=NAAN)


def test_a_new_version_replaces_the_public_one_when_it_is_approved(scene: Scene) -> None:
    old = scene.member.submit()
    scene.judge(old)
    new = scene.member.submit(id=old.resource_id, version=2)
    assert old.state == "published"
    scene.judge(new)
    assert (old.state, new.state) == ("superseded", "published")


def test_a_reviewer_opens_a_version_with_everything_needed(scene: Scene) -> None:
    old = scene.member.submit(themes=["history"])
    scene.judge(old, scene.first)
    scene.judge(old, scene.second)
    new = scene.member.submit(id=old.resource_id, version=2, themes=["history"], title={"zh": "新标题"})
    scene.judge(new, scene.first)
    found = review.open(scene.session, new.id, scene.first)
    assert found.record["title"] == {"zh": "新标题"}
    assert found.public is old
    assert (found.approvals, found.needed, found.sensitive, found.approved_by_me) == (1, 2, True, True)
    assert [decision.version.version for decision in found.decisions] == [2, 1, 1]
    assert found.hindrance is None


@pytest.mark.parametrize(("name", "expected"), [("insider", OwnInstitution), ("auditor", Forbidden)])
def test_an_opened_version_says_why_this_person_cannot_judge_it(
    scene: Scene, name: str, expected: type[CommonsError]
) -> None:
    version = scene.member.submit()
    person = scene.insider if name == "insider" else add_person(scene.session, "auditor", people.AUDITOR)
    assert isinstance(review.open(scene.session, version.id, person).hindrance, expected)


def test_a_version_that_is_not_there_is_not_found(scene: Scene) -> None:
    with pytest.raises(NotFound):
        review.open(scene.session, 10**6, scene.first)


def test_a_bulk_decision_publishes_what_it_may_and_says_what_it_refused(scene: Scene) -> None:
    good = [scene.member.submit() for _ in range(3)]
    sensitive = scene.member.submit(themes=["history"])
    rival = add_member(scene.session, "ustc")
    own = rival.submit()
    judged = scene.member.submit()
    scene.judge(judged)
    reviewer = add_person(scene.session, "bulk", member=rival)
    outcome = review.decide_many(
        scene.session,
        [*good, sensitive, own, judged],
        reviewer=reviewer,
        reason="整批核对",
        checklist=ALL,
        naan=NAAN,
    )
    assert {version.id for version in outcome.decided} == {version.id for version in good}
    assert [version.id for version in outcome.waiting] == [sensitive.id]
    refused = {version.id: type(error) for version, error in outcome.refused}
    assert refused == {own.id: OwnInstitution, judged.id: MoveNotAllowed}
    assert {version.state for version in good} == {"published"}
    assert len({version.resource.ark for version in good}) == 3


def test_a_bulk_decision_reaches_over_its_own_chunks(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "BULK", 2)
    versions = [scene.member.submit() for _ in range(5)]
    outcome = review.decide_many(
        scene.session, versions, reviewer=scene.first, reason="整批核对", checklist=ALL, naan=NAAN
    )
    assert len(outcome.decided) == 5
    feed = list(scene.session.scalars(select(FeedEntry.seq).order_by(FeedEntry.seq)))
    assert feed == [1, 2, 3, 4, 5]


def test_a_bulk_approval_needs_a_reason_too(scene: Scene) -> None:
    with pytest.raises(ReasonMissing):
        review.decide_many(
            scene.session, [scene.member.submit()], reviewer=scene.first, reason="", checklist=ALL, naan=NAAN
        )


def test_invisible_signs_in_a_reason_are_taken_out_so_that_every_node_can_read_it(scene: Scene) -> None:
    version = scene.member.submit()
    pasted = "数据\u200e有误\ufeff\x00，请核对\u202e。"
    review.decide(
        scene.session,
        version,
        reviewer=scene.first,
        verdict="reject",
        reason=pasted,
        checklist=ALL,
        naan=NAAN,
    )
    event = scene.session.scalars(select(NodeEvent).order_by(NodeEvent.seq.desc())).first()
    assert event is not None
    assert event.reason == "数据有误，请核对。"
