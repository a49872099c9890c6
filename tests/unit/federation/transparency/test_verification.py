"""Whatever is changed in the database behind the hub's back is found."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, select, text

from federation import auditlog
from federation.database import db, unit_of_work
from federation.models.auditing import AuditLeaf, AuditReason
from federation.transparency import checkpoints
from federation.transparency.keys import log_keys
from shared.canonical import canonical
from shared.errors import NotFound, ReasonMissing
from shared.merkle import Growing, leaf_hash
from shared.notes import Checkpoint
from tests.support.hub import Hub, Member
from tests.support.log import codes, remember, signed, verified
from tests.support.tampering import behind_the_back

SIZE = 300


@pytest.fixture
def log(hub: Hub, member: Member) -> Hub:
    """A log of a few more than one full tile, with three checkpoints, and an event that waits."""
    signed(hub)
    signed(hub, 10)
    signed(hub, SIZE)
    remember(hub, 1)
    return hub


def tamper(hub: Hub, statement: str, **values: object) -> int:
    with behind_the_back(hub.database) as connection:
        return int(connection.execute(text(statement), values).rowcount)


def test_a_log_that_nobody_touched_is_whole(log: Hub) -> None:
    done = verified(log)
    assert done.good, done.findings
    assert (done.size, done.checkpoints, done.waiting) == (SIZE + 13, 3, 1)


ALTERED = {
    "an entry": ("UPDATE audit_events SET entry = replace(entry, 'test.done', 'test.gone') {event}", "event_altered"),
    "an action": ("UPDATE audit_events SET action = 'test.gone' {event}", "columns_altered"),
    "who it was": ("UPDATE audit_events SET person_id = 'x' {event}", "columns_altered"),
    "a subject": ("UPDATE audit_events SET subject = 'thing:x' {event}", "columns_altered"),
    "a seal": ("UPDATE audit_events SET seal = '' {event}", "event_altered"),
    "an event": ("DELETE FROM audit_events {event}", "event_removed"),
    "a place": ("DELETE FROM audit_leaves WHERE number = :n", "place_missing"),
    "the last place": ("DELETE FROM audit_leaves WHERE number = 312", "log_shorter"),
    "a hash": ("UPDATE audit_hashes SET hash = (SELECT {hash}) WHERE level = 0 AND number = :n", "leaf_differs"),
    "a hash above": ("DELETE FROM audit_hashes WHERE level = 1", "hash_differs"),
    "a hash too many": ("UPDATE audit_hashes SET number = 7 WHERE level = 1", "hash_inserted"),
    "a reason": ("UPDATE audit_reasons SET reason = 'no' WHERE event_id = (SELECT {id})", "reason_altered"),
    "a reason that nobody erased": ("DELETE FROM audit_reasons WHERE event_id = (SELECT {id})", "reason_removed"),
    "an old checkpoint": ("DELETE FROM audit_checkpoints WHERE size = 13", "counter_differs"),
    "a checkpoint": ("UPDATE audit_checkpoints SET note = 'x' || note", "checkpoint_altered"),
    "the counter": ("UPDATE counters SET value = value - 1 WHERE name = 'audit_log'", "counter_differs"),
    "what waits": ("DELETE FROM audit_waiting", "event_inserted"),
}
ID = "event_id FROM audit_leaves WHERE number = :n"
HASH = "hash FROM audit_hashes WHERE level = 0 AND number = :n + 1"


EVENT_50 = "(SELECT event_id FROM audit_leaves WHERE number = 50)"
STRANGE = {
    "a time that is none": (f"UPDATE audit_events SET at = 'x' WHERE id = {EVENT_50}", "columns_altered"),
    "bytes for an entry": (f"UPDATE audit_events SET entry = x'ff' WHERE id = {EVENT_50}", "event_altered"),
    "bytes for a reason": (f"UPDATE audit_reasons SET reason = x'ff' WHERE event_id = {EVENT_50}", "reason_altered"),
    "bytes for a checkpoint": ("UPDATE audit_checkpoints SET note = x'ff', at = 'x'", "checkpoint_altered"),
    "a word of nobody": ("INSERT INTO audit_cosignatures VALUES (13, 'x', 'y', 5, 'z')", "cosignature_altered"),
    "a reason of nothing": ("INSERT INTO audit_reasons VALUES ('nothing', '00', 'x')", "reason_inserted"),
}


@pytest.mark.only_on("sqlite")  # It keeps anything in any column; the other refuses what is not of its type.
@pytest.mark.parametrize(("statement", "code"), STRANGE.values(), ids=list(STRANGE))
def test_what_no_column_should_hold_is_reported_like_any_other_change(log: Hub, statement: str, code: str) -> None:
    tamper(log, statement)
    assert code in codes(log)


def test_a_database_that_no_longer_refuses_changes_is_reported(log: Hub) -> None:
    drop = {
        "sqlite": "DROP TRIGGER audit_leaves_no_DELETE",
        "postgresql": "ALTER TABLE audit_leaves DISABLE TRIGGER audit_leaves_append_only",
    }
    with unit_of_work(log.app) as session:
        session.execute(text(drop[session.get_bind().dialect.name]))
    assert codes(log) == {"guard_removed"}


def test_a_log_cut_back_to_an_older_checkpoint_is_found_by_whoever_kept_a_later_one(log: Hub) -> None:
    """All that counts is cut back too, and nothing within the database tells of what there was."""
    with unit_of_work(log.app, read_only=True) as session:
        kept = checkpoints.latest(session)
    with behind_the_back(log.database) as connection:
        for statement in CUT:
            connection.execute(text(statement))
    assert codes(log) == set()
    assert [one.code for one in verified(log, against=kept).findings] == ["log_shorter"]
    forged = replace(kept, size=13)
    assert [one.code for one in verified(log, against=forged).findings] == ["checkpoint_foreign"]


def test_a_log_goes_on_from_a_checkpoint_that_was_kept_elsewhere(log: Hub) -> None:
    with unit_of_work(log.app, read_only=True) as session:
        kept = checkpoints.at(session, 13)
    assert verified(log, against=kept).good


CUT = (
    "DELETE FROM audit_reasons",
    "DELETE FROM audit_waiting",
    "DELETE FROM audit_events WHERE id NOT IN (SELECT event_id FROM audit_leaves WHERE number < 3)",
    "DELETE FROM audit_leaves WHERE number >= 3",
    "DELETE FROM audit_hashes WHERE level > 0 OR number >= 3",
    "DELETE FROM audit_checkpoints WHERE size <> 3",
    "UPDATE counters SET value = 3 WHERE name = 'audit_log'",
    "UPDATE counters SET value = 1 WHERE name = 'audit_checkpoints'",
)


@pytest.mark.parametrize(("statement", "code"), ALTERED.values(), ids=list(ALTERED))
def test_whatever_is_altered_or_removed_is_found(log: Hub, statement: str, code: str) -> None:
    filled = statement.format(event=f"WHERE id = (SELECT {ID})", id=ID, hash=HASH)
    assert tamper(log, filled, n=100) >= 1
    assert code in codes(log)


def test_a_reason_can_be_erased_with_a_word_of_why_and_the_log_stays_whole(log: Hub) -> None:
    with unit_of_work(log.app) as session:
        event_id = session.scalar(select(AuditLeaf.event_id).where(AuditLeaf.number == 100))
        assert event_id is not None
        auditlog.erase_reason(session, event_id, reason="含个人信息", actor="operator")
    assert verified(log).good
    with unit_of_work(log.app) as session:
        assert session.get(AuditReason, event_id) is None
        with pytest.raises(NotFound):
            auditlog.erase_reason(session, event_id, reason="again", actor="operator")
        with pytest.raises(ReasonMissing):
            auditlog.erase_reason(session, event_id, reason=" ", actor="operator")


def test_an_event_that_is_slipped_in_is_found_wherever_it_stands(log: Hub) -> None:
    copied = "SELECT '0', at, action, subject, person_id, entry, seal FROM audit_events WHERE id ="
    tamper(log, f"INSERT INTO audit_events {copied} (SELECT {ID})", n=5)
    assert codes(log) == {"event_inserted"}
    tamper(log, "INSERT INTO audit_leaves VALUES (313, '0')")
    assert {"columns_altered", "counter_differs"} <= codes(log)


def test_a_history_written_anew_is_found_by_the_checkpoints_that_were_signed(log: Hub) -> None:
    """Somebody has the sealing key too, writes an entry anew, and all hashes after it: the signed roots remain."""
    with behind_the_back(log.database) as connection:
        rows = connection.execute(
            text("SELECT id, entry FROM audit_leaves JOIN audit_events ON id = event_id ORDER BY number")
        ).all()
        entries = [row.entry for row in rows]
        entries[100] = canonical(json.loads(entries[100]) | {"actor": "user:2"}).decode()
        seal = auditlog.seal(log_keys(log.settings).sealing, entries[100].encode())
        update = "UPDATE audit_events SET entry = :e, seal = :s, person_id = '2' WHERE id = :i"
        _update(connection, update, e=entries[100], s=seal, i=rows[100].id)
        update = "UPDATE audit_hashes SET hash = :h WHERE level = :l AND number = :n"
        for level, place, hashed in Growing().add(leaf_hash(entry.encode()) for entry in entries):
            _update(connection, update, h=hashed, l=level, n=place)
    assert codes(log) == {"log_differs"}


def _update(connection: Connection, statement: str, **values: object) -> None:
    connection.execute(text(statement), values)


def test_a_checkpoint_for_which_very_many_vouch_can_still_be_read(log: Hub) -> None:
    with unit_of_work(log.app, read_only=True) as session:
        line = str(checkpoints.latest(session).signatures[0])
    with behind_the_back(log.database) as connection:
        insert = "INSERT INTO audit_cosignatures (size, node_id, key_id, line, at) VALUES (313, :n, '', :l, :at)"
        for number in range(250):
            _update(connection, insert, n=f"{number:03}", l=line, at="2026-05-20 00:00:00+00:00")
    with unit_of_work(log.app, read_only=True) as session:
        note = str(checkpoints.latest(session))
    assert len(Checkpoint.parse(note).signatures) == 100


COLUMNS = {
    "audit_events": ("entry", "action", "subject", "seal"),
    "audit_leaves": ("event_id",),
    "audit_checkpoints": ("note",),
    "audit_reasons": ("reason", "salt"),
}


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_row_altered_or_removed_at_random_is_found(log: Hub, data: st.DataObject) -> None:
    """One row of one table, one column with one letter exchanged, or the whole row gone; then all is put back."""
    table = data.draw(st.sampled_from(sorted(COLUMNS)))
    column = data.draw(st.sampled_from([*COLUMNS[table], None]))
    key = {"audit_leaves": "number", "audit_checkpoints": "size", "audit_reasons": "event_id"}.get(table, "id")
    with behind_the_back(log.database) as connection:
        rows = connection.execute(text(f"SELECT * FROM {table} ORDER BY {key}")).mappings().all()
        row = dict(data.draw(st.sampled_from(rows)))
        if column is None:
            connection.execute(text(f"DELETE FROM {table} WHERE {key} = :k"), {"k": row[key]})
        else:
            place = data.draw(st.integers(0, len(row[column]) - 1))
            changed = row[column][:place] + ("0" if row[column][place] != "0" else "1") + row[column][place + 1 :]
            update = f"UPDATE {table} SET {column} = :v WHERE {key} = :k"
            _update(connection, update, v=changed, k=row[key])
    try:
        assert not verified(log).good, (table, column, row)
    finally:
        with behind_the_back(log.database) as connection:
            connection.execute(text(f"DELETE FROM {table} WHERE {key} = :k"), {"k": row[key]})
            names = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)
    assert verified(log).good


def test_reading_the_log_takes_a_number_of_queries_that_does_not_grow(log: Hub) -> None:
    counted: list[str] = []
    with log.app.app_context():
        listener = lambda _c, _cur, statement, *_: counted.append(statement)  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        try:
            assert verified(log).good
        finally:
            event.remove(db.engine, "before_cursor_execute", listener)
    assert len(counted) <= 16
