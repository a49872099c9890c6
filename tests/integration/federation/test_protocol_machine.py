"""The protocol as a state machine: a real node and a real hub against a simple model of both, in any order of events.

The node registers, changes, withdraws, synchronises, loses answers, sends everything again, and now and then is
restored from an older copy of its database; the hub verifies, judges and takes down. Whatever happens: each record
stands at the hub once in its last version, both sides say the same after they have spoken, and every change of state
has its event in the audit log and in the node's feed, without gap and without repetition.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import select

from federation import lifecycle, operations, publication, review
from federation.database import unit_of_work
from federation.models.events import AuditEvent, FeedEntry, NodeEvent
from federation.models.resources import Resource, ResourceVersion
from nodes import files, joining, registration
from nodes.files import FileSpec
from nodes.hub_client import HubClient
from nodes.models import Version as NodeVersion
from nodes.reconciling import Reconciler
from nodes.settings import NodeSettings
from nodes.sync import synchronise
from nodes.workplace import DATABASE, Workplace, initialise, open_workplace
from shared.errors import AlreadyWithdrawn, HubAway
from tests.support.depth import depth
from tests.support.desk import APPROVAL, Desk
from tests.support.hub import Hub, running_hub
from tests.support.records import make_record
from tests.support.serving import Line, served
from tests.support.stores import RunningStore, free_port

NAAN = "99999"
_numbers = count(1)


@dataclass
class World:
    """One hub for all stories of a test process; each story has an institution and a node of its own."""

    hub: Hub
    line: Line
    folder: Path

    @property
    def origin(self) -> str:
        return self.hub.settings.origin


@dataclass
class Known:
    """What the model knows of one record: the words of its last version, and whether that withdraws it."""

    words: str
    withdrawn: bool = False

    @classmethod
    def of(cls, content: dict[str, Any]) -> Known:
        return cls(content["title"]["zh"], "withdrawn" in content)


@dataclass
class Copy:
    """A copy of the node's database, and the number and content of the last version of each record in it."""

    file: Path
    last: dict[str, tuple[int, Known]]


@dataclass
class Story:
    """A node in the middle of its life."""

    world: World
    code: str
    folder: Path
    workplace: Workplace
    node_id: str
    records: dict[str, Known] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.workplace.folder / DATABASE

    @property
    def client(self) -> HubClient:
        return HubClient(self.world.origin, self.workplace.key, self.workplace.settings)

    def at_hub(self) -> dict[str, list[tuple[int, str, dict[str, Any]]]]:
        """Number, state and content of each version that the hub has of this institution, by record."""
        found = defaultdict(list)
        with unit_of_work(self.world.hub.app, read_only=True) as session:
            owner = operations.institution(session, self.code).id
            query = select(ResourceVersion).join(Resource).where(Resource.institution_id == owner)
            for one in session.scalars(query.order_by(ResourceVersion.version)):
                found[one.resource_id].append((one.version, one.state, one.record))
        return found

    def here(self) -> dict[str, list[tuple[int, Known]]]:
        """Number and content of each version that the node has, by record."""
        found = defaultdict(list)
        with self.workplace.database.unit_of_work(read_only=True) as session:
            for one in session.scalars(select(NodeVersion).order_by(NodeVersion.number)):
                found[one.resource_id].append((one.number, Known.of(one.content)))
        return found

    def at_node(self) -> dict[tuple[str, int], str]:
        """The state of each version as the node knows it."""
        with self.workplace.database.unit_of_work(read_only=True) as session:
            rows = session.execute(select(NodeVersion.resource_id, NodeVersion.number, NodeVersion.state))
            return {(row.resource_id, row.number): row.state for row in rows}


_world: list[World] = []


@pytest.fixture(scope="module", autouse=True)
def world(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[None]:
    folder, port = tmp_path_factory.mktemp("machine"), free_port()
    with ExitStack() as stack:
        origin = f"http://127.0.0.1:{port}"
        hub = stack.enter_context(running_hub(folder, store, public_origin=origin, max_withdrawn_percent=100))
        Desk(hub).person("li")
        _world.append(World(hub, stack.enter_context(served(hub, port)), folder))
        yield
        _world.clear()


class Protocol(RuleBasedStateMachine):
    """One node's life."""

    ids: Bundle[str] = Bundle("ids")
    copies: Bundle[Copy] = Bundle("copies")

    @initialize()
    def join(self) -> None:
        world, number = _world[0], next(_numbers)
        folder = Path(tempfile.mkdtemp(dir=world.folder))
        workplace = initialise(NodeSettings(data=str(folder / "node"), attempts=1))
        code = f"story-{number}"
        world.hub.institution(code)
        world.line.lose()
        client = HubClient(world.origin, workplace.key, workplace.settings)
        member = joining.join(workplace, client, token=world.hub.invite(code), node_name="节点")
        self.story = Story(world, code, folder, workplace, member.node_id)

    def teardown(self) -> None:
        if hasattr(self, "story"):
            self.settle()
            self.story.workplace.database.close()
            shutil.rmtree(self.story.folder)

    # -- what the node does --------------------------------------------------------------------------------

    @rule(target=ids, named=st.integers(0, 3))
    def register(self, named: int) -> str:
        """A new record, with no file, or with one of three that several records name."""
        words = f"第 {next(_numbers)} 件"
        record_id = self._register(words, "", named)
        self.story.records[record_id] = Known(words)
        return record_id

    @rule(record_id=ids, named=st.integers(0, 3))
    def change(self, record_id: str, named: int) -> None:
        known = self.story.records.get(record_id)
        if known is None:
            return
        words = f"改为第 {next(_numbers)} 件"
        try:
            self._register(words, record_id, named)
        except AlreadyWithdrawn:
            assert known.withdrawn
            return
        assert not known.withdrawn
        known.words = words

    @rule(record_id=ids)
    def withdraw(self, record_id: str) -> None:
        known = self.story.records.get(record_id)
        if known is not None:
            with self.story.workplace.database.unit_of_work() as session:
                registration.withdraw(session, record_id, "不再提供", key=self.story.workplace.key)
            known.withdrawn = True

    @rule()
    def synchronise(self) -> None:
        self.story.world.line.lose()
        synchronise(self.story.workplace)

    @rule(lost=st.sets(st.integers(0, 6), min_size=1, max_size=2))
    def synchronise_over_a_bad_line(self, lost: set[int]) -> None:
        """Answers get lost after the hub has done what was asked; the node breaks off."""
        self.story.world.line.lose(*lost)
        with suppress(HubAway):
            synchronise(self.story.workplace)
        self.story.world.line.lose()

    @rule()
    def send_everything_again(self) -> None:
        """As a node does that cannot know what has arrived."""
        with self.story.workplace.database.unit_of_work() as session:
            registration.to_send(session, sorted(self.story.at_node()))

    @rule(target=copies)
    def keep_a_copy(self) -> Copy:
        file = self.story.folder / f"copy-{next(_numbers)}.sqlite"
        with closing(sqlite3.connect(self.story.database)) as live, closing(sqlite3.connect(file)) as copy:
            live.backup(copy)
        return Copy(file, {record_id: all_[-1] for record_id, all_ in self.story.here().items()})

    @rule(copy=copies)
    def restore_a_copy(self, copy: Copy) -> None:
        """The node is as it was: what it registered since and had not sent is gone, all else the hub still has.

        What it had not sent when the copy was made comes after what the hub has; a record that the hub knows as
        withdrawn takes nothing more, which the node would be told as a refusal and is not tried here.
        """
        hub = {rid: [(number, Known.of(it)) for number, _, it in all_] for rid, all_ in self.story.at_hub().items()}
        unsent = {rid: known for rid, (number, known) in copy.last.items() if (number, known) not in hub.get(rid, [])}
        if any(all_[-1][1].withdrawn for rid, all_ in hub.items() if rid in unsent):
            return
        self.story.workplace.database.close()
        for ending in ("", "-wal", "-shm"):
            self.story.database.with_name(DATABASE + ending).unlink(missing_ok=True)
        shutil.copy(copy.file, self.story.database)
        self.story.workplace = open_workplace(self.story.workplace.settings)
        last = {rid: all_[-1][1] for rid, all_ in hub.items()}
        self.story.records = {rid: replace(known) for rid, known in {**last, **unsent}.items()}
        self.reconcile()

    @rule()
    def reconcile(self) -> None:
        self.story.world.line.lose()
        found = Reconciler(self.story.workplace, self.story.client, lambda: synchronise(self.story.workplace)).run()
        assert found.equal, found.as_dict()

    def _register(self, words: str, record_id: str, named: int) -> str:
        specs = []
        if named:
            path = self.story.folder / f"{named}.txt"
            path.write_bytes(f"file {named} of {self.story.code}".encode())
            specs = [FileSpec(path)]
        fields = make_record(title={"zh": words}, id=None, version=None)
        with self.story.workplace.database.unit_of_work() as session:
            done = registration.register(
                session, fields, files.prepare(specs), key=self.story.workplace.key, record_id=record_id
            )
        return done.record_id

    # -- what the hub does ---------------------------------------------------------------------------------

    @rule()
    def verify(self) -> None:
        self.story.world.hub.work()

    @rule(data=st.data(), verdict=st.sampled_from(["approve", "approve", "reject", "request_changes"]))
    def judge(self, data: st.DataObject, verdict: str) -> None:
        waiting = self._in("in_review")
        if not waiting:
            return
        chosen = data.draw(st.sampled_from(waiting))
        with unit_of_work(self.story.world.hub.app) as session:
            review.decide(
                session,
                session.get_one(ResourceVersion, chosen),
                reviewer=operations.user(session, "li"),
                verdict=verdict,
                reason="理由",
                checklist=dict.fromkeys(APPROVAL["checklist"], True),
                naan=NAAN,
            )

    @rule(data=st.data(), to=st.sampled_from(["taken_down", "expired"]))
    def take_down(self, data: st.DataObject, to: str) -> None:
        public = self._in("published")
        if public:
            chosen = data.draw(st.sampled_from(public))
            with unit_of_work(self.story.world.hub.app) as session:
                versions = [session.get_one(ResourceVersion, chosen)]
                publication.remove(session, versions, to=to, actor="test", reason="理由")

    def _in(self, state: str) -> list[int]:
        with unit_of_work(self.story.world.hub.app, read_only=True) as session:
            owner = operations.institution(session, self.story.code).id
            query = select(ResourceVersion.id).join(Resource).where(Resource.institution_id == owner)
            return list(session.scalars(query.where(ResourceVersion.state == state).order_by(ResourceVersion.id)))

    # -- what holds always ---------------------------------------------------------------------------------

    @invariant()
    def each_change_of_state_has_one_event_in_the_log_and_one_for_the_node(self) -> None:
        if not hasattr(self, "story"):
            return
        states = {(rid, number): state for rid, all_ in self.story.at_hub().items() for number, state, _ in all_}
        moves, told = self._moves(), self._told()
        assert moves.keys() == states.keys() == told.keys()
        for version, path in moves.items():
            assert path[0][0] in ("", lifecycle.INITIAL)
            assert all(before[1] == after[0] for before, after in pairwise(path)), path
            assert all(not old or new in lifecycle.MOVES[old] for old, new in path), path
            assert path[-1][1] == states[version]
            assert told[version] == [new for _, new in path if new != lifecycle.INITIAL]

    @invariant()
    def numbers_have_no_gap(self) -> None:
        if not hasattr(self, "story"):
            return
        with unit_of_work(self.story.world.hub.app, read_only=True) as session:
            feed = list(session.scalars(select(FeedEntry.seq).order_by(FeedEntry.seq)))
            mine = NodeEvent.node_id == self.story.node_id
            events = list(session.scalars(select(NodeEvent.seq).where(mine).order_by(NodeEvent.seq)))
        assert feed == list(range(1, len(feed) + 1))
        assert events == list(range(1, len(events) + 1))

    @invariant()
    def only_the_last_version_of_a_record_is_open_and_one_at_most_is_public(self) -> None:
        if not hasattr(self, "story"):
            return
        for versions in self.story.at_hub().values():
            assert not any(state in lifecycle.OPEN_STATES for _, state, _ in versions[:-1]), versions
            assert sum(state in ("published", "taken_down", "expired") for _, state, _ in versions) <= 1, versions
            contents = [json.dumps(content, sort_keys=True) for _, _, content in versions]
            assert len(set(contents)) == len(contents)

    def settle(self) -> None:
        """When all has been said, both sides hold the same, each record once in its last version."""
        for _ in range(2):
            self.synchronise()
            self.verify()
        self.reconcile()
        hub = self.story.at_hub()
        last = {rid: Known.of(all_[-1][2]) for rid, all_ in hub.items()}
        assert last == self.story.records
        assert {
            (rid, number): state for rid, all_ in hub.items() for number, state, _ in all_
        } == self.story.at_node()
        assert not self._in("awaiting_files")
        assert not self._in("verifying")
        self.each_change_of_state_has_one_event_in_the_log_and_one_for_the_node()

    def _moves(self) -> dict[tuple[str, int], list[tuple[str, str]]]:
        """From where to where each version went, as the audit log has it."""
        found: dict[tuple[str, int], list[tuple[str, str]]] = defaultdict(list)
        subjects = [f"resource:{record_id}" for record_id in self.story.at_hub()]
        with unit_of_work(self.story.world.hub.app, read_only=True) as session:
            query = select(AuditEvent.entry, AuditEvent.subject).where(AuditEvent.subject.in_(subjects))
            for entry, subject in session.execute(query.order_by(AuditEvent.id)):
                detail = json.loads(entry).get("detail", {})
                if "to" in detail:
                    found[subject.removeprefix("resource:"), detail["version"]].append((detail["from"], detail["to"]))
        return found

    def _told(self) -> dict[tuple[str, int], list[str]]:
        """The states that the node was told of each version."""
        found: dict[tuple[str, int], list[str]] = defaultdict(list)
        with unit_of_work(self.story.world.hub.app, read_only=True) as session:
            mine = select(NodeEvent).where(NodeEvent.node_id == self.story.node_id)
            for event in session.scalars(mine.order_by(NodeEvent.seq)):
                found[event.resource_id, event.version].append(event.state)
        return found


def test_whatever_happens_nothing_is_lost_and_nothing_stands_twice() -> None:
    run_machine(Protocol, settings=depth(5, 30))
