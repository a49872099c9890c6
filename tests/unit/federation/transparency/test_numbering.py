"""Events get their places once, in order, whoever numbers; what the hub did not write gets none."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, insert, select, text

from federation import audit_keeper
from federation.database import unit_of_work
from federation.models.auditing import AuditLeaf, AuditWaiting
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.transparency import checkpoints, numbering
from tests.support.log import codes, remember, signed, verified
from tests.support.tampering import behind_the_back


def places(hub):
    with unit_of_work(hub.app, read_only=True) as session:
        return list(session.execute(select(AuditLeaf.number, AuditLeaf.event_id).order_by(AuditLeaf.number)))


def test_each_event_gets_one_place_in_the_order_of_their_ids(hub):
    remember(hub, 5)
    assert places(hub) == []
    assert audit_keeper.keep(hub.app) == 5
    first = places(hub)
    remember(hub, 300)
    assert audit_keeper.keep(hub.app) == 300
    assert audit_keeper.keep(hub.app) == 0
    assert places(hub)[:5] == first
    assert [number for number, _ in places(hub)] == list(range(305))
    ids = [event_id for _, event_id in places(hub)]
    assert ids == sorted(set(ids))


def test_many_are_numbered_in_parts_and_nothing_waits_afterwards(hub, monkeypatch):
    monkeypatch.setattr(numbering, "AT_ONCE", 100)
    remember(hub, 250)
    assert audit_keeper.keep(hub.app) == 250
    with unit_of_work(hub.app, read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(AuditWaiting)) == 0
    assert verified(hub).good


def test_two_who_number_at_the_same_moment_give_each_event_one_place(hub):
    remember(hub, 400)
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: audit_keeper.keep(hub.app), range(3)))
    assert sum(done) == 400
    assert [number for number, _ in places(hub)] == list(range(400))
    assert verified(hub).good


def test_an_event_that_the_hub_did_not_write_gets_no_place_and_hinders_none(hub):
    said = {"id": "0", "action": "user.created", "subject": "user:9"}
    with unit_of_work(hub.app) as session:
        row = {**said, "at": now(), "entry": json.dumps(said), "seal": "0" * 64}
        session.execute(insert(AuditEvent).values(row))
        session.execute(insert(AuditWaiting).values(event_id="0", refused=False))
    remember(hub, 2)
    assert audit_keeper.keep(hub.app) == 2
    assert "0" not in [event_id for _, event_id in places(hub)]
    assert codes(hub) == {"event_inserted"}


def test_a_checkpoint_is_signed_when_there_is_something_new_and_not_before_its_time(hub):
    first = signed(hub, 3)
    assert first.size == 3
    assert signed(hub) == first
    remember(hub, 1)
    audit_keeper.keep(hub.app)
    with unit_of_work(hub.app, read_only=True) as session:
        assert checkpoints.latest(session) == first
        assert checkpoints.numbered(session) == 4
    assert signed(hub).size == 4


def test_an_event_that_was_removed_while_it_waited_does_not_keep_the_keeper_busy(hub):
    remember(hub, 1)
    with behind_the_back(hub.database) as connection:
        connection.execute(text("DELETE FROM audit_events"))
    assert audit_keeper.keep(hub.app) == 0
    assert codes(hub) == {"event_removed"}
