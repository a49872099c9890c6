"""The life of a version: a table over all states, one writer, and an event for each move."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import func, select

from federation import lifecycle
from federation.database import unit_of_work
from federation.models.events import AuditEvent, NodeEvent
from federation.models.resources import ResourceVersion
from shared.errors import MoveNotAllowed
from tests.support.records import make_record


@pytest.fixture
def version_id(hub, member):
    """A version in review."""
    record = make_record()
    member.publish(record)
    with unit_of_work(hub.app, read_only=True) as session:
        return session.scalar(select(ResourceVersion.id).where(ResourceVersion.resource_id == record["id"]))


def test_every_state_is_reached_from_the_first_and_named_states_only():
    named = set(lifecycle.MOVES)
    assert set(itertools.chain.from_iterable(lifecycle.MOVES.values())) <= named
    assert named >= lifecycle.OPEN_STATES
    assert {state for state, moves in lifecycle.MOVES.items() if not moves} == {"superseded", "withdrawn"}


def test_every_living_state_can_be_withdrawn_and_superseded():
    for state, moves in lifecycle.MOVES.items():
        assert not moves or {"withdrawn", "superseded"} <= moves, state


@pytest.mark.parametrize("state", [state for state in lifecycle.MOVES if state != lifecycle.INITIAL])
def test_a_move_that_the_table_has_not_is_refused_and_changes_nothing(hub, version_id, state):
    with unit_of_work(hub.app) as session:
        version = session.get_one(ResourceVersion, version_id)
        version.state = state
        session.flush()
        events = session.scalar(select(func.count()).select_from(AuditEvent))
        for to in set(lifecycle.MOVES) - lifecycle.MOVES[state]:
            with pytest.raises(MoveNotAllowed):
                lifecycle.advance(session, [version], to=to, actor="test")
            assert version.state == state
        assert session.scalar(select(func.count()).select_from(AuditEvent)) == events


def test_a_move_writes_the_audit_event_and_tells_the_node(hub, version_id):
    with unit_of_work(hub.app) as session:
        version = session.get_one(ResourceVersion, version_id)
        lifecycle.advance(session, [version], to="rejected", actor="user:1", reason="不合适")
    with unit_of_work(hub.app, read_only=True) as session:
        audit = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        told = session.scalars(select(NodeEvent).order_by(NodeEvent.seq.desc())).first()
    assert audit.action == "version.rejected"
    assert '"from":"in_review"' in audit.entry
    assert (told.state, told.reason) == ("rejected", "不合适")


def test_when_one_of_several_may_not_move_none_does(hub, member):
    first, second = make_record(), make_record()
    member.publish(first, second)
    with unit_of_work(hub.app) as session:
        versions = list(session.scalars(select(ResourceVersion).order_by(ResourceVersion.id)))
        versions[1].state = "withdrawn"
        session.flush()
        with pytest.raises(MoveNotAllowed):
            lifecycle.advance(session, versions, to="rejected", actor="test")
        assert versions[0].state == "in_review"
