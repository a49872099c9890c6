"""The search index follows the change feed, whatever happens to either."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import select, text

from federation import search_follower
from federation.database import unit_of_work
from federation.models.resources import Resource
from federation.models.usage import UsageEvent
from federation.parts import parts
from federation.search.index import SearchIndex
from federation.search.query import SearchRequest, search
from shared.errors import IndexNotRebuilt
from tests.support.hub import Hub, Member
from tests.support.processes import eventually
from tests.support.publishing import follow, publish, withdraw
from tests.support.records import make_record


def found(hub: Hub, words: str) -> list[str]:
    return [hit.ark for hit in search(parts(hub.app).index, SearchRequest(text=words)).hits]


def test_what_is_published_is_found_and_what_is_withdrawn_is_not(hub: Hub, member: Member) -> None:
    record = make_record(title={"zh": "商鞅方升"})
    ark = publish(hub, member, record)
    assert found(hub, "商鞅方升") == [ark]
    withdraw(hub, record, "有误")
    assert found(hub, "商鞅方升") == []


def test_a_new_version_replaces_the_old_one(hub: Hub, member: Member) -> None:
    record = make_record(title={"zh": "商鞅方升"})
    ark = publish(hub, member, record)
    publish(hub, member, {**record, "version": 2, "title": {"zh": "新莽嘉量"}})
    assert found(hub, "新莽嘉量") == [ark]
    assert found(hub, "商鞅方升") == []


def test_small_batches_come_to_the_same_end(hub: Hub, member: Member, tmp_path: Path) -> None:
    records = [make_record() for _ in range(5)]
    arks = {publish(hub, member, record) for record in records}
    withdraw(hub, records[0], "有误")
    index = SearchIndex.open(tmp_path / "another")
    with unit_of_work(hub.app, read_only=True) as session:
        steps = 0
        while search_follower.follow_once(session, index, limit=2):
            steps += 1
    hits = search(index, SearchRequest(size=50)).hits
    index.close()
    assert steps == 3
    assert len({hit.ark for hit in hits}) == 4
    assert {hit.ark for hit in hits} < arks


def test_repeating_a_batch_after_a_crash_changes_nothing(hub: Hub, member: Member) -> None:
    publish(hub, member, make_record())
    index = parts(hub.app).index
    (index.folder / "position.json").unlink()
    follow(hub)
    assert index.count() == 1


def test_an_index_ahead_of_a_restored_database_is_built_anew(hub: Hub, member: Member) -> None:
    ark = publish(hub, member, make_record(title={"zh": "秦权"}))
    lost = publish(hub, member, make_record(title={"zh": "丢失的秦权"}))
    with unit_of_work(hub.app) as session:
        session.execute(text("DELETE FROM change_feed WHERE seq = 2"))
        session.execute(text("UPDATE counters SET value = 1 WHERE name = 'change_feed'"))
    follow(hub)
    assert found(hub, "秦权") == [ark] != [lost]


def test_an_index_of_a_replaced_database_is_built_anew_though_the_numbers_fit(hub: Hub, member: Member) -> None:
    lost = publish(hub, member, make_record(title={"zh": "丢失的秦权"}))
    ark = publish(hub, member, make_record(title={"zh": "秦权"}))
    with unit_of_work(hub.app) as session:
        session.execute(
            text("UPDATE change_feed SET resource_id = (SELECT resource_id FROM change_feed WHERE seq = 2)")
        )
        session.execute(text("UPDATE change_feed SET at = '2020-01-01 00:00:00.000000'"))
        session.execute(text("UPDATE change_feed SET latest = (seq = 2)"))
    follow(hub)
    assert found(hub, "秦权") == [ark] != [lost]


def test_a_rebuilding_that_was_killed_half_way_is_done_again(hub: Hub, member: Member) -> None:
    ark = publish(hub, member, make_record(title={"zh": "秦权"}))
    index = parts(hub.app).index
    index.hold().delete_all_documents()
    index.hold().commit()
    index.ask_for_rebuild()
    index.reload()
    assert found(hub, "秦权") == []
    follow(hub)
    assert found(hub, "秦权") == [ark]
    assert not index.rebuild_asked()


def test_a_rebuilding_that_nobody_does_says_so_and_stays_asked(hub: Hub, member: Member) -> None:
    publish(hub, member, make_record())
    follower = SearchIndex.open(parts(hub.app).index.folder.parent)
    parts(hub.app).index.close()
    follower.hold()
    try:
        with pytest.raises(IndexNotRebuilt):
            search_follower.reindex(hub.app, patience=0.5)
        assert follower.rebuild_asked()
        assert follower.count() == 1
    finally:
        follower.close()


def test_reindex_brings_everything_back(hub: Hub, member: Member) -> None:
    arks = {publish(hub, member, make_record(title={"zh": f"第{n}把尺"})) for n in range(3)}
    parts(hub.app).index.clear()
    assert search_follower.reindex(hub.app) == 3
    assert set(found(hub, "")) == arks


def test_the_running_follower_shows_a_publication_and_stops_when_told(hub: Hub, member: Member) -> None:
    parts(hub.app).index.close()
    stopping = threading.Event()
    thread = threading.Thread(target=search_follower.run, args=(hub.app, stopping))
    thread.start()
    try:
        publish(hub, member, make_record(title={"zh": "漏刻"}), indexed=False)
        assert eventually(lambda: found(hub, "漏刻"))
    finally:
        stopping.set()
        thread.join(timeout=20)
    assert not thread.is_alive()


def test_uses_are_counted_into_the_index_and_put_hits_in_order(hub: Hub, member: Member) -> None:
    arks = [publish(hub, member, make_record(title={"zh": f"第{n}把尺"})) for n in range(3)]
    index = parts(hub.app).index
    with unit_of_work(hub.app) as session:
        used = session.scalars(select(Resource).where(Resource.ark == arks[1])).one()
        session.add_all([UsageEvent(kind="view", resource_id=used.id, day=20260520) for _ in range(2)])
    with unit_of_work(hub.app, read_only=True) as session:
        assert search_follower.follow_uses(session, index) == 1
        assert search_follower.follow_uses(session, index) == 0, "nothing was used since"
    assert index.count() == 3
    assert next(hit.ark for hit in search(index, SearchRequest(sort="used")).hits) == arks[1]
    publish(hub, member, make_record(title={"zh": "第四把尺"}))
    assert search_follower.reindex(hub.app) == 4
    assert next(hit.ark for hit in search(index, SearchRequest(sort="used")).hits) == arks[1], "known from the start"
