"""The sets of the change feed: who is in them at a moment, part by part, and moments that follow the numbers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

from federation import feed_sets, schema, sequences
from federation.database import db, unit_of_work
from federation.feed_sets import ALL, Stretch
from federation.models.base import now
from federation.models.events import FeedEntry, FeedSet
from tests.support.hub import rows
from tests.support.publishing import publish, publish_all, withdraw
from tests.support.records import make_record


def read(hub, function, *arguments, **named):
    with unit_of_work(hub.app, read_only=True) as session:
        return function(session, *arguments, **named)


def whole(snapshot, set_spec=ALL):
    return Stretch(set_spec, 1, snapshot, snapshot)


def test_an_entry_is_in_the_sets_of_its_institution_type_and_themes_and_in_that_of_all(hub, member):
    publish(hub, member, make_record(themes=["history", "knowledge"], type="video"), indexed=False)
    assert {(seq, spec, superseded) for seq, spec, superseded in rows(hub)["feed_sets"]} == {
        (1, "", 0),
        (1, "institution:institute-a", 0),
        (1, "theme:history", 0),
        (1, "theme:knowledge", 0),
        (1, "type:video", 0),
    }


def test_the_entry_that_takes_its_place_is_known(hub, member):
    record = make_record()
    publish(hub, member, record, indexed=False)
    publish(hub, member, {**record, "version": 2}, indexed=False)
    withdraw(hub, {**record, "version": 2}, "不要了")
    with unit_of_work(hub.app, read_only=True) as session:
        wanted = select(FeedSet.seq, FeedSet.superseded_by).where(FeedSet.set_spec == ALL).order_by(FeedSet.seq)
        found = session.execute(wanted).all()
    assert [tuple(row) for row in found] == [(1, 2), (2, 3), (3, 0)]


def test_at_each_moment_a_resource_is_there_once_by_its_newest_entry(hub, member):
    first, second = make_record(), make_record()
    publish_all(hub, member, [(first, {}), (second, {})], indexed=False)
    publish(hub, member, {**first, "version": 2}, indexed=False)
    publish(hub, member, {**second, "version": 2}, indexed=False)
    withdraw(hub, {**first, "version": 2}, "不要了")
    parts = {at: read(hub, feed_sets.part, whole(at), limit=10) for at in range(6)}
    assert parts == {0: [], 1: [1], 2: [1, 2], 3: [2, 3], 4: [3, 4], 5: [4, 5]}
    assert [read(hub, feed_sets.count, whole(at)) for at in range(6)] == [len(parts[at]) for at in range(6)]


def test_a_part_begins_anywhere_and_is_not_longer_than_asked(hub, member):
    publish_all(hub, member, [(make_record(), {}) for _ in range(5)], indexed=False)
    assert read(hub, feed_sets.part, Stretch(ALL, 2, 4, 5), limit=2) == [2, 3]
    assert read(hub, feed_sets.part, Stretch("theme:knowledge", 4, 5, 5), limit=2) == [4, 5]
    assert read(hub, feed_sets.part, Stretch("theme:law", 1, 5, 5), limit=2) == []


@pytest.mark.only_on("sqlite")
def test_a_part_is_read_from_one_place_of_the_index(hub, member):
    publish(hub, member, make_record(), indexed=False)
    with unit_of_work(hub.app, read_only=True) as session:
        standing = (FeedSet.set_spec == ALL, FeedSet.seq.between(1, 9), FeedSet.superseded_by == 0)
        query = select(FeedSet.seq).where(*standing).order_by(FeedSet.seq).limit(9)
        asked = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
        [plan] = session.execute(text(f"EXPLAIN QUERY PLAN {asked}")).all()
    assert "ix_feed_sets_standing (set_spec=? AND superseded_by=? AND seq>? AND seq<?)" in plan.detail


def test_moments_lead_to_numbers(hub, member):
    for _ in range(3):
        publish(hub, member, make_record(), indexed=False)
    with unit_of_work(hub.app, read_only=True) as session:
        moments = list(session.scalars(select(FeedEntry.at).order_by(FeedEntry.seq)))
    for seq, at in enumerate(moments, start=1):
        assert read(hub, feed_sets.since, at) == seq
        assert read(hub, feed_sets.before, at) == seq - 1
    later = moments[-1] + timedelta(seconds=1)
    assert (read(hub, feed_sets.since, later), read(hub, feed_sets.before, later)) == (None, 3)


def test_moments_follow_the_numbers_although_a_clock_is_put_back(hub, member, monkeypatch):
    publish(hub, member, make_record(), indexed=False)
    monkeypatch.setattr(sequences, "moment", lambda _: now() - timedelta(hours=1))
    publish(hub, member, make_record(), indexed=False)
    monkeypatch.undo()
    publish(hub, member, make_record(), indexed=False)
    with unit_of_work(hub.app, read_only=True) as session:
        first, second, third = session.scalars(select(FeedEntry.at).order_by(FeedEntry.seq))
    assert first == second < third


def test_the_migration_makes_what_publication_has_made(hub, member):
    record = make_record(themes=["history", "knowledge"])
    publish(hub, member, record, indexed=False)
    publish(hub, member, {**record, "version": 2, "themes": ["law"]}, indexed=False)
    publish(hub, member, make_record(), indexed=False)
    withdraw(hub, {**record, "version": 2}, "不要了")
    before, config = rows(hub)["feed_sets"], schema._config()
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    [before_it] = [script.down_revision for script in scripts if hasattr(script.module, "MEMBERSHIPS")]
    with hub.app.app_context():
        command.downgrade(config, before_it)
    schema.upgrade(hub.app)
    assert rows(hub)["feed_sets"] == before != []
