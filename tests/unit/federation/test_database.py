"""The database: writers wait for each other, readers never do, and the schema is what the models say."""

from __future__ import annotations

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from federation import schema, sequences
from federation.database import db, unit_of_work
from federation.models.base import Instant, now
from federation.models.events import Counter
from federation.models.institutions import Node
from federation.models.registry import metadata
from federation.problems import as_named
from shared.errors import DatabaseBusy


def test_the_migrations_make_just_what_the_models_say(hub):
    def ours(_object, name, kind, *_):
        return not (kind == "table" and name.startswith("huey_"))

    with hub.app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
        assert compare_metadata(context, metadata) == []


def test_upgrading_twice_changes_nothing(hub):
    schema.upgrade(hub.app)
    assert schema.is_current(hub.app)


def test_two_writers_at_once_give_every_number_once(hub):
    taken = []

    def take():
        for _ in range(20):
            with unit_of_work(hub.app) as session:
                taken.extend(sequences.next_numbers(session, sequences.FEED, 3))

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 181))


def test_a_reader_does_not_wait_for_a_writer(hub):
    with unit_of_work(hub.app) as session:
        session.execute(update(Counter).values(value=99))
        seen = []

        def read():
            with unit_of_work(hub.app, read_only=True) as other:
                seen.append(other.scalar(select(Counter.value).where(Counter.name == sequences.FEED)))

        thread = threading.Thread(target=read)
        thread.start()
        thread.join(10)
        assert seen == [0]


def test_foreign_keys_are_enforced(hub):
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), unit_of_work(hub.app) as session:
        session.execute(insert(Node).values(id="n", institution_id=999, name="x"))


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        Instant().process_bind_param(now().replace(tzinfo=None), None)


def test_a_database_that_is_locked_is_a_named_answer(hub, monkeypatch):
    def locked(*_args, **_kwargs):
        raise OperationalError("SELECT 1", {}, Exception("database is locked"))

    with hub.app.app_context():
        monkeypatch.setattr(db.session, "execute", locked)
        answer = hub.open("GET", "/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["database"] is False


def test_more_threads_than_connections_is_a_busy_database_and_no_fault_of_ours():
    assert isinstance(as_named(PoolTimeout("QueuePool limit of size 10 overflow 10 reached")), DatabaseBusy)
