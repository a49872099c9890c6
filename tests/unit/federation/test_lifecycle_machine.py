"""The life of versions as a state machine: `lifecycle.advance` against a model that knows nothing but the table."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import lifecycle
from federation.models.events import AuditEvent, NodeEvent
from federation.models.resources import ResourceVersion
from shared.errors import MoveNotAllowed
from tests.support.depth import depth
from tests.support.reviewing import add_member, database

STATES = sorted(lifecycle.MOVES)
AT_MOST = 4


class Life(RuleBasedStateMachine):
    """Some versions, each its own resource, moved one by one and several at once."""

    versions: Bundle[int] = Bundle("versions")

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.opened = database(Path(self.folder.name))
        self.session: Session = self.opened.__enter__()
        self.member = add_member(self.session, "a")
        self.model: dict[int, list[str]] = {}

    def teardown(self) -> None:
        if hasattr(self, "opened"):
            self.opened.__exit__(None, None, None)
            self.folder.cleanup()

    @rule(target=versions)
    def receive(self) -> int:
        """A new version comes in and is led to its first state by the table."""
        version = self.member.submit()
        self.model[version.id] = ["in_review"]
        return version.id

    @rule(chosen=st.lists(versions, min_size=1, max_size=AT_MOST, unique=True), to=st.sampled_from(STATES))
    def advance(self, chosen: list[int], to: str) -> None:
        """All of them move or none; a move that is not in the table is refused."""
        moved = [self.session.get_one(ResourceVersion, number) for number in chosen]
        allowed = all(to in lifecycle.MOVES[self.model[number][-1]] for number in chosen)
        if not allowed:
            with pytest.raises(MoveNotAllowed) as refused:
                lifecycle.advance(self.session, moved, to=to, actor="test", reason="理由")
            assert to not in lifecycle.MOVES[refused.value.data["state"]]
            return
        lifecycle.advance(self.session, moved, to=to, actor="test", reason="理由")
        for number in chosen:
            self.model[number].append(to)

    @rule(number=versions, to=st.sampled_from([*STATES, "", "lost"]))
    def roll_back(self, number: int, to: str) -> None:
        """What a transaction does that fails afterwards never was."""
        with self.session.begin_nested() as attempt:
            version = self.session.get_one(ResourceVersion, number)
            if to in lifecycle.MOVES[version.state]:
                lifecycle.advance(self.session, [version], to=to, actor="test")
            attempt.rollback()
        self.session.expire_all()

    @invariant()
    def the_table_is_all_there_is(self) -> None:
        if not hasattr(self, "session"):
            return
        standing = {one.id: one for one in self.session.scalars(select(ResourceVersion))}
        assert {number: one.state for number, one in standing.items()} == {
            number: path[-1] for number, path in self.model.items()
        }
        audited, told = defaultdict(list), defaultdict(list)
        for entry, subject in self.session.execute(
            select(AuditEvent.entry, AuditEvent.subject).order_by(AuditEvent.id)
        ):
            if "to" in (detail := json.loads(entry).get("detail", {})):
                audited[subject.removeprefix("resource:")].append(detail["to"])
        events = list(self.session.scalars(select(NodeEvent).order_by(NodeEvent.seq)))
        for event in events:
            told[event.resource_id].append(event.state)
        for number, path in self.model.items():
            assert told[standing[number].resource_id] == path
            assert audited[standing[number].resource_id] == ["received", *path]
        assert [event.seq for event in events] == list(range(1, len(events) + 1))


def test_the_machine_and_the_table_agree_in_whatever_order_moves_are_tried() -> None:
    run_machine(Life, settings=depth(6, 40))
