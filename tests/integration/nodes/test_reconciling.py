"""What the node takes back from a hub that does not say the truth: only what it asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from nodes import restoring
from nodes.holdings import Finding
from nodes.models import Membership, Petition, Version
from nodes.reconciling import Reconciler
from shared.reconciliation import bucket_of
from tests.support.hub import Hub
from tests.support.offline import Isolated, isolated

LOST = "019712a0-7c00-7000-8000-0000000000b9"


@pytest.fixture
def node(hub: Hub, tmp_path: Path) -> Isolated:
    return isolated(hub, tmp_path / "node")


@dataclass
class Liar:
    """A hub that gives another record than it was asked for."""

    sha256: str
    given: str

    def ask(self, path: str, _message: Mapping[str, Any], _reply: object) -> dict[str, Any]:
        """The answer to a message."""
        item = {"record_id": LOST, "version": 1, "sha256": self.sha256, "state": "in_review", "reason": "", "ark": ""}
        answers: dict[str, dict[str, Any]] = {
            "digests": {"count": 1, "digest": "", "differing": [bucket_of(LOST)], "last_event": 0},
            "items": {"items": [item], "more": False},
            "records": {"records": [self.given], "missing": []},
            "arks": {"restored": 0},
        }
        return answers[path.rpartition("/")[2]]


@pytest.mark.parametrize("digest_of_ours", [True, False])
def test_a_record_of_ours_under_the_name_of_another_is_not_taken(node: Isolated, digest_of_ours: bool) -> None:
    record_id = node.register()
    with node.workplace.database.unit_of_work(read_only=True) as session:
        [ours] = session.scalars(select(Version))
    liar: Any = Liar(ours.sha256 if digest_of_ours else "0" * 64, ours.jws)
    done = Reconciler(node.workplace, liar, lambda: None).run()
    assert ("unverified", LOST) in [(finding.kind, finding.record_id) for finding in done.findings]
    with node.workplace.database.unit_of_work(read_only=True) as session:
        assert session.scalars(select(Version.resource_id)).all() == [record_id]


def test_the_day_comes_back_with_the_state_and_goes_with_it(node: Isolated) -> None:
    record_id = node.register()

    def version() -> Version:
        with node.workplace.database.unit_of_work(read_only=True) as session:
            return session.scalars(select(Version)).one()

    theirs = {"record_id": record_id, "version": 1, "sha256": version().sha256, "reason": "", "ark": ""}
    for state, day in (("published", {"effective_on": "2027-05-20"}), ("in_review", {})):
        finding = Finding(record_id, 1, "state_differs", {**theirs, "state": state, **day})
        with node.workplace.database.unit_of_work() as session:
            restoring.mend(session, [finding], [], key=node.workplace.key)
        assert (version().state, version().effective_on) == (state, day.get("effective_on", ""))


class Agreeing:
    """A hub that holds the same, and whose last event has this number."""

    def __init__(self, last_event: int) -> None:
        self.last_event = last_event

    def ask(self, _path: str, _message: Mapping[str, Any], _reply: object) -> dict[str, Any]:
        """The answer to a message."""
        return {"count": 1, "digest": "", "differing": [], "last_event": self.last_event}


@pytest.mark.parametrize(("last_event", "said_again", "cursor"), [(7, False, 7), (10_000_005, True, 7), (5, True, 0)])
def test_a_hub_whose_events_end_elsewhere_was_restored_and_hears_what_no_comparison_of_records_would_miss(
    node: Isolated, last_event: int, said_again: bool, cursor: int
) -> None:
    record_id = node.register()
    with node.workplace.database.unit_of_work() as session:
        session.add(Petition(id=LOST, resource_id=record_id, number=1, kind="appeal", text="请再看", sent=True))
        session.execute(update(Membership).values(cursor=7))
    hub: Any = Agreeing(last_event)
    exchanged: list[bool] = []
    for dry_run in (True, False):
        Reconciler(node.workplace, hub, lambda: exchanged.append(True)).run(dry_run=dry_run)
        with node.workplace.database.unit_of_work(read_only=True) as session:
            found = not session.get_one(Petition, LOST).sent, session.scalar(select(Membership.cursor))
        assert found == ((False, 7) if dry_run else (said_again, cursor))
    assert len(exchanged) == 1 + said_again


class Busy:
    """A hub that moves every record on, with an event, just after the node has read its events: `moves` times."""

    def __init__(self, node: Isolated, moves: int) -> None:
        self.node, self.left, self.last_event, self.asked = node, moves, 0, 0

    def exchange(self) -> None:
        """The node reads the events, and right after that comes one more."""
        with self.node.workplace.database.unit_of_work() as session:
            session.execute(update(Membership).values(cursor=self.last_event))
        if self.left:
            self.left, self.last_event = self.left - 1, self.last_event + 1

    def ask(self, path: str, message: Mapping[str, Any], _reply: object) -> dict[str, Any]:
        """The answer to a message."""
        if path.endswith("items"):
            return {"items": [], "more": False}
        self.asked += 1
        differing = [] if message["cursor"] == self.last_event else [bucket_of(LOST)]
        return {"count": 0, "digest": "", "differing": differing, "last_event": self.last_event}


@pytest.mark.parametrize(("moves", "equal", "asked"), [(0, True, 1), (1, True, 2), (3, True, 4), (99, False, 6)])
def test_what_the_hub_does_while_the_node_compares_is_read_before_a_difference_is_believed(
    node: Isolated, moves: int, equal: bool, asked: int
) -> None:
    busy: Any = Busy(node, moves)
    done = Reconciler(node.workplace, busy, busy.exchange).run()
    assert (done.equal, busy.asked) == (equal, asked)
