"""The audit log: canonical, small, append-only, and in the transaction of the change."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from federation import auditlog
from federation.database import unit_of_work
from federation.models.auditing import AuditReason
from federation.models.events import AuditEvent
from shared.canonical import canonical, digest

HAPPENING = auditlog.Happening("user:1", "test.done", "thing:1", "因为", detail={"n": 1})


def count(hub):
    with unit_of_work(hub.app, read_only=True) as session:
        return session.scalar(select(func.count()).select_from(AuditEvent))


def test_an_entry_is_canonical_json_that_says_who_did_what_to_what_and_why(hub):
    with unit_of_work(hub.app) as session:
        auditlog.record(session, HAPPENING)
    with unit_of_work(hub.app, read_only=True) as session:
        [event] = session.scalars(select(AuditEvent))
    said = json.loads(event.entry)
    assert canonical(said).decode() == event.entry
    assert {name: said[name] for name in ("actor", "action", "subject", "detail")} == {
        "actor": "user:1",
        "action": "test.done",
        "subject": "thing:1",
        "detail": {"n": 1},
    }


def test_what_somebody_wrote_stands_beside_the_entry_and_is_named_in_it_by_a_salted_digest(hub):
    with unit_of_work(hub.app) as session:
        auditlog.record(session, HAPPENING, HAPPENING)
    with unit_of_work(hub.app, read_only=True) as session:
        events = session.scalars(select(AuditEvent)).all()
        kept = {one.event_id: one for one in session.scalars(select(AuditReason))}
    assert "因为" not in "".join(event.entry for event in events)
    for event in events:
        reason = kept[event.id]
        assert reason.reason == "因为"
        assert json.loads(event.entry)["reason_sha256"] == auditlog.hidden(reason.salt, "因为")
    assert len({json.loads(event.entry)["reason_sha256"] for event in events}) == 2


def test_free_text_stands_in_an_entry_so_that_only_the_hub_can_tell_what_it_was(hub):
    with unit_of_work(hub.app, read_only=True) as session:
        blinded = auditlog.blinded(session, "张三")
        assert blinded == auditlog.blinded(session, "张三") != auditlog.blinded(session, "李四")
    assert blinded not in (digest("张三".encode()), auditlog.hidden("", "张三"))


@pytest.mark.parametrize(
    "statement",
    [update(AuditEvent).values(entry="{}"), delete(AuditEvent), text("UPDATE audit_events SET action = 'x'")],
)
def test_the_database_refuses_to_change_or_remove_an_entry(hub, statement):
    with unit_of_work(hub.app) as session:
        auditlog.record(session, HAPPENING)
    with pytest.raises(DBAPIError, match="append-only"), unit_of_work(hub.app) as session:
        session.execute(statement)
    assert count(hub) == 1


def test_a_change_that_fails_leaves_no_entry(hub):
    with pytest.raises(RuntimeError), unit_of_work(hub.app) as session:
        auditlog.record(session, HAPPENING)
        raise RuntimeError
    assert count(hub) == 0


def test_a_reason_of_any_length_fits(hub):
    with unit_of_work(hub.app) as session:
        auditlog.record(session, auditlog.Happening("a", "b", "c", "长" * 100_000))
        assert len(session.scalar(select(AuditEvent.entry)).encode()) <= auditlog.MAX_ENTRY_BYTES


def test_an_entry_that_is_too_long_is_refused(hub):
    with pytest.raises(ValueError, match="bytes"), unit_of_work(hub.app) as session:
        auditlog.record(session, auditlog.Happening("a", "b", "c", detail={"x": "长" * 100_000}))
