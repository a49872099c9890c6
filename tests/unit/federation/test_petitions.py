"""Appeals and renewals: what can be asked for, who answers, and what a granted petition brings about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import uuid6
from sqlalchemy import event, select

from federation import (
    auditlog,
    days,
    node_status,
    petitions,
    policy_changes,
    review,
    review_queue,
    roles,
    scheduling,
    takedown,
)
from federation.checklist import DEFAULT
from federation.models.events import AuditEvent
from federation.models.people import User
from federation.models.petitions import Petition
from federation.models.resources import ResourceVersion
from shared.errors import (
    AlreadyDone,
    Forbidden,
    InvalidRequest,
    NotFound,
    OwnDecision,
    OwnInstitution,
    PetitionNotOpen,
    PetitionStands,
    ReasonMissing,
)
from tests.support.reviewing import Scene, add_member, add_person, public, scene_in

TODAY = date(2026, 5, 10)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    on(monkeypatch, TODAY)
    with scene_in(tmp_path) as made:
        yield made


@pytest.fixture
def chief(scene: Scene) -> User:
    return add_person(scene.session, "chief", roles.CHIEF_REVIEWER)


def on(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    monkeypatch.setattr(days, "today", lambda: day)


def ask(scene: Scene, version: ResourceVersion, kind: str = "appeal", text: str = "请再核对。") -> Petition:
    return petitions.make(scene.session, version, kind=kind, text=text, maker="user:keeper")


def grant(scene: Scene, petition: Petition, by: User, *, granted: bool = True, reason: str = "有道理") -> Petition:
    return petitions.answer(scene.session, petition.id, by=by, granted=granted, reason=reason)


def turned_down(scene: Scene, verdict: str = "reject", by: User | None = None) -> ResourceVersion:
    version = scene.member.submit()
    scene.judge(version, by, verdict)
    return version


def topical(scene: Scene) -> ResourceVersion:
    part = {"occasions": ["world-metrology-day"], "types": [], "days": 30}
    document = {**json.loads(DEFAULT.document), "topical": part}
    policy_changes.change(scene.session, document, based_on=1, author=scene.second, reason="有期限")
    return public(scene.session, scene.member, occasions=["world-metrology-day"])


def told(scene: Scene) -> dict[str, str]:
    found: dict[str, str] = node_status.events_after(scene.session, scene.member.node.id, after=0, limit=500)[
        "events"
    ][-1]
    return found


@pytest.mark.parametrize("verdict", ["reject", "request_changes"])
def test_a_granted_appeal_brings_it_back_into_review_for_somebody_else(scene: Scene, verdict: str) -> None:
    version = turned_down(scene, verdict)
    petition = ask(scene, version)
    assert [one.id for one in petitions.waiting(scene.session)] == [petition.id]
    grant(scene, petition, scene.second)
    assert version.state == "in_review"
    assert petitions.waiting(scene.session) == []
    said = told(scene)
    assert (said["petition_id"], said["petition"], said["reason"]) == (petition.id, "granted", "有道理")
    mine = review_queue.Filters(show="mine")
    assert review_queue.queue(scene.session, reviewer=scene.first, filters=mine, page=1).items == []
    assert isinstance(review.open(scene.session, version.id, scene.first).hindrance, OwnDecision)
    with pytest.raises(OwnDecision):
        scene.judge(version, scene.first, "reject")
    outcome = review.decide_many(
        scene.session, [version], reviewer=scene.first, verdict="reject", reason="x", checklist={}, naan="99999"
    )
    assert [type(error) for _, error in outcome.refused] == [OwnDecision]
    scene.judge(version, scene.second)
    assert version.state == "published"


def test_a_dismissed_appeal_changes_no_state_and_is_told_with_its_reason(scene: Scene) -> None:
    version = turned_down(scene)
    grant(scene, ask(scene, version), scene.second, granted=False, reason="出处仍查不到")
    said = told(scene)
    assert (version.state, said["state"], said["petition"]) == ("rejected", "rejected", "dismissed")
    with pytest.raises(PetitionStands):
        ask(scene, version)


def test_what_was_taken_down_comes_back_by_a_granted_appeal_under_its_name(scene: Scene, chief: User) -> None:
    version = public(scene.session, scene.member)
    ark = version.resource.ark
    takedown.take_down(scene.session, version, by=scene.second, reason="侵权")
    petition = ask(scene, version)
    with pytest.raises(OwnDecision):
        grant(scene, petition, scene.second)
    grant(scene, petition, chief)
    assert (version.state, version.resource.ark) == ("published", ark)


def test_nobody_answers_who_may_not_lead_who_belongs_to_it_or_whose_decision_it_is(scene: Scene, chief: User) -> None:
    petition = ask(scene, turned_down(scene, by=scene.second))
    own = add_person(scene.session, "boss", roles.ADMIN, member=scene.member)
    auditor = add_person(scene.session, "auditor", roles.AUDITOR)
    for person, error in (
        (scene.first, Forbidden),
        (auditor, Forbidden),
        (own, OwnInstitution),
        (scene.second, OwnDecision),
    ):
        with pytest.raises(error):
            grant(scene, petition, person)
    [shown] = petitions.hindrances(scene.session, [petition], chief)
    assert shown is None


def test_the_list_asks_the_database_as_often_for_many_as_for_few(scene: Scene, chief: User) -> None:
    def asked() -> int:
        scene.session.expire_all()
        count = 0

        def note(*_: object) -> None:
            nonlocal count
            count += 1

        bind = scene.session.get_bind()
        event.listen(bind, "before_cursor_execute", note)
        petitions.hindrances(scene.session, petitions.waiting(scene.session), chief)
        event.remove(bind, "before_cursor_execute", note)
        return count

    ask(scene, turned_down(scene))
    few = asked()
    for _ in range(5):
        ask(scene, turned_down(scene))
    assert asked() == few <= 6


@pytest.mark.parametrize(
    ("kind", "text", "error"),
    [("appeal", " ", ReasonMissing), ("appeal", "长" * 2001, InvalidRequest), ("plea", "x", InvalidRequest)],
)
def test_a_petition_needs_words_that_can_be_read(scene: Scene, kind: str, text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(scene, turned_down(scene), kind, text)


def test_what_leaves_nothing_to_ask_for_is_refused(scene: Scene) -> None:
    for version, kind in (
        (scene.member.submit(), "appeal"),
        (public(scene.session, scene.member), "appeal"),
        (public(scene.session, scene.member), "renewal"),
        (turned_down(scene), "renewal"),
    ):
        with pytest.raises(PetitionNotOpen):
            ask(scene, version, kind)


def test_an_answer_needs_a_reason_and_comes_once(scene: Scene) -> None:
    petition = ask(scene, turned_down(scene))
    for reason, error in ((" ", ReasonMissing), ("长" * 2001, InvalidRequest)):
        with pytest.raises(error):
            grant(scene, petition, scene.second, reason=reason)
    grant(scene, petition, scene.second)
    with pytest.raises(AlreadyDone):
        grant(scene, petition, scene.second)
    with pytest.raises(NotFound):
        petitions.answer(scene.session, str(uuid6.uuid7()), by=scene.second, granted=True, reason="x")


def test_a_newer_version_leaves_the_petition_without_a_matter(scene: Scene) -> None:
    version = turned_down(scene)
    petition = ask(scene, version)
    scene.member.submit(id=version.resource_id, version=2)
    assert petitions.waiting(scene.session) == []
    with pytest.raises(AlreadyDone):
        grant(scene, petition, scene.second)


def test_a_term_can_be_renewed_when_its_end_is_near_and_again_the_next_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = topical(scene)
    grant(scene, ask(scene, version, "renewal"), scene.second)
    assert (version.expires_on, told(scene)["effective_on"]) == (TODAY + timedelta(days=30), "2026-06-09")
    on(monkeypatch, TODAY + timedelta(days=20))
    grant(scene, ask(scene, version, "renewal"), scene.second)
    assert (version.state, version.expires_on) == ("published", TODAY + timedelta(days=50))


def test_a_term_that_ends_much_later_is_not_renewed_yet(scene: Scene) -> None:
    version = topical(scene)
    version.expires_on = TODAY + timedelta(days=61)
    with pytest.raises(PetitionNotOpen):
        ask(scene, version, "renewal")


def test_what_has_expired_comes_back_by_a_granted_renewal(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    version = topical(scene)
    on(monkeypatch, TODAY + timedelta(days=40))
    scheduling.expire_due(scene.session)
    petition = ask(scene, version, "renewal")
    grant(scene, petition, scene.second)
    assert (version.state, version.expires_on) == ("published", TODAY + timedelta(days=70))
    assert scheduling.expire_due(scene.session) == 0


def test_the_log_has_each_petition_and_its_answer_and_no_words_of_the_institution(scene: Scene) -> None:
    version = turned_down(scene)
    grant(scene, ask(scene, version, text="张三弄错了。"), scene.second)
    assert scene.actions(f"resource:{version.resource_id}")[-3:] == [
        "petition.appeal",
        "petition.granted",
        "version.in_review",
    ]
    [entry] = scene.session.scalars(select(AuditEvent.entry).where(AuditEvent.action == "petition.appeal"))
    assert json.loads(entry)["after"] == auditlog.blinded(scene.session, "张三弄错了。")
    assert "张三" not in entry


def test_a_node_s_petition_is_taken_once_and_what_is_refused_keeps_no_other(scene: Scene) -> None:
    version, number = turned_down(scene), str(uuid6.uuid7())
    stranger = add_member(scene.session, "tju")
    asked = {
        "petition_id": number,
        "record_id": version.resource_id,
        "version": 1,
        "kind": "appeal",
        "text": "再看看",
    }
    wrong = {**asked, "petition_id": str(uuid6.uuid7()), "kind": "renewal"}
    taken = petitions.receive(scene.session, scene.member.node, [wrong, asked, asked])
    assert [one.outcome for one in taken] == ["refused", "accepted", "duplicate"]
    assert isinstance(taken[0].error, PetitionNotOpen)
    [foreign] = petitions.receive(scene.session, stranger.node, [asked])
    assert (foreign.outcome, type(foreign.error)) == ("refused", NotFound)
    [second] = petitions.receive(scene.session, scene.member.node, [{**asked, "petition_id": str(uuid6.uuid7())}])
    assert isinstance(second.error, PetitionStands)
