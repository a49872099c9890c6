"""A short seeded run of what `make faults` does in thousands, and that its checks do see what is broken."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uuid6
from sqlalchemy import Select, select

from federation.database import unit_of_work
from federation.models.events import FeedEntry, NodeEvent
from federation.models.resources import ResourceVersion, VersionFile
from federation.parts import parts
from tests.faults.invariants import broken
from tests.faults.plans import PUBLISH, REGISTER, REVIEW, UPLOAD, VICTIMS, WITHDRAW, plan
from tests.faults.running import Run
from tests.faults.settling import settle
from tests.faults.site import Member, Site, running_site
from tests.faults.victims import DATABASE
from tests.support.engines import own_postgres
from tests.support.records import NO_BYTES
from tests.support.stores import kept_bytes

pytestmark = pytest.mark.xdist_group("faults")
SEEDS = {REGISTER: 14, PUBLISH: 15, UPLOAD: 23, REVIEW: 12, WITHDRAW: 10}
"""For each phase a seed whose victims are quickly back; together they hit node, web, store."""


@pytest.mark.parametrize("phase", VICTIMS)
def test_nothing_is_lost_or_doubled_when_processes_are_killed(site: Site, phase: str) -> None:
    planned = plan(SEEDS[phase])
    assert planned.phase == phase
    assert Run(site, site.member(), planned).go() == []


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("phase", [PUBLISH, UPLOAD, REVIEW, WITHDRAW])
def test_nothing_is_lost_or_doubled_when_the_database_is_killed(killable: Site, phase: str) -> None:
    chosen = plan(SEEDS[phase])
    kills = tuple(replace(one, victim=DATABASE) for one in chosen.kills)
    run = Run(killable, killable.member(), replace(chosen, kills=kills))
    assert run.go() == []
    assert DATABASE in run.killed


def test_a_plan_is_decided_by_its_seed_alone() -> None:
    assert [plan(seed) for seed in range(200)] == [plan(seed) for seed in range(200)]
    kills = {(made.phase, one.victim) for made in map(plan, range(2000)) for one in made.kills}
    assert kills == {(phase, victim) for phase, victims in VICTIMS.items() for victim in victims}
    with_server = {one.victim for seed in range(2000) for one in plan(seed, server=True).kills}
    assert with_server == {victim for _, victim in kills} | {DATABASE}


@pytest.fixture(scope="module")
def killable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose database no other test uses."""
    with own_postgres(), running_site(tmp_path_factory.mktemp("killable")) as running:
        yield running


@pytest.fixture
def published(site: Site, tmp_path: Path) -> tuple[Member, str]:
    member = site.member()
    path = tmp_path / "文件.bin"
    path.write_bytes(os.urandom(1000))
    record_id = member.register([path], title={"zh": f"检查试验 {uuid6.uuid7().hex[-14:]}"})
    member.synchronise(wait=30)
    [version_id] = site.waiting(record_id)
    site.desk.judge(version_id, "approve")
    settle(site, member)
    return member, record_id


@contextmanager
def changed(site: Site, query: Select[Any], **values: Any) -> Iterator[None]:
    """Behind the hub's back, other values in the first row that the query finds; put right afterwards."""

    def put(values: dict[str, Any]) -> dict[str, Any]:
        with unit_of_work(site.app) as session:
            row = session.scalars(query.limit(1)).one()
            before = {name: getattr(row, name) for name in values}
            for name, value in values.items():
                setattr(row, name, value)
            return before

    before = put(values)
    try:
        yield
    finally:
        put(before)


def test_the_checks_see_what_is_broken(site: Site, published: tuple[Member, str]) -> None:
    member, record_id = published

    def said() -> str:
        return "\n".join(broken(site, member, frozenset([record_id])))

    assert said() == ""
    version = select(ResourceVersion).where(ResourceVersion.resource_id == record_id)
    event = select(NodeEvent).where(NodeEvent.resource_id == record_id)
    entry = select(FeedEntry).where(FeedEntry.resource_id == record_id)
    for query, values, words in (
        (version, {"state": "rejected"}, ("the log ends with", "for the node", "the change feed ends with")),
        (version, {"sha256": NO_BYTES}, ("hold other versions", "not equal")),
        (event, {"state": "rejected"}, ("the node was told",)),
        (event.order_by(NodeEvent.seq.desc()), {"seq": 1000}, ("events are numbered",)),
        (entry, {"kind": "removed"}, ("the change feed ends with",)),
    ):
        with changed(site, query, **values):
            found = said()
            assert all(word in found for word in words), found
    assert said() == ""


def test_the_checks_see_bytes_that_are_not_those_that_were_signed(site: Site, published: tuple[Member, str]) -> None:
    member, record_id = published
    with unit_of_work(site.app, read_only=True) as session:
        query = select(VersionFile.sha256).join(ResourceVersion).where(ResourceVersion.resource_id == record_id)
        [digest] = session.scalars(query)
    store = parts(site.app).store
    right = kept_bytes(store, digest)
    store.put_bytes(sha256=digest, data=bytes([right[0] ^ 1]) + right[1:])
    found = "\n".join(broken(site, member, frozenset([record_id])))
    store.put_bytes(sha256=digest, data=right)
    assert "the store has" in found
    assert "gives other bytes" in found
