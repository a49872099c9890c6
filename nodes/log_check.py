"""What a member can find out about the hub's audit log by itself: all of it is fetched and computed anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from nodes import membership as memberships
from nodes import witness
from nodes.hub_client import HubClient, RefusedByHub
from nodes.models import REFUSED, REGISTERED, Version
from nodes.workplace import Workplace
from shared.log_messages import EntriesReply
from shared.merkle import WIDTH, Growing, leaf_hash, place_of
from shared.notes import Checkpoint

SETTLED = timedelta(hours=1)
"""What is younger than that beside the log's last entry may be on its way into it; clocks may differ as much."""
MAX_FINDINGS = 100
Tell = Callable[[int], object]


@dataclass(frozen=True)
class LogFinding:
    """One thing that is not as it must be: a code, and where (a place in the log, or a version of a record)."""

    code: str
    where: str


@dataclass
class LogChecked:
    """What the check came to; `own` counts the versions of this node that stand in the log as it knows them."""

    origin: str = ""
    size: int = 0
    root: str = ""
    own: int = 0
    faults: int = 0
    findings: list[LogFinding] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong with the log, as far as a member can see."""
        return not self.faults

    def found(self, code: str, where: object) -> None:
        """Note a fault."""
        self.faults += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(LogFinding(code, str(where)))

    def as_dict(self) -> dict[str, Any]:
        """The outcome for a script."""
        return {**asdict(self), "good": self.good}


def verify(workplace: Workplace, *, begin: Callable[[int], Tell]) -> LogChecked | None:
    """Witness the log, then fetch its entries and compute its root and its public tiles anew; None before there is a
    checkpoint.

    `begin` is told how many entries there are, and gives the function that hears of those read. Raises `LogBroken`
    when the log does not go on from what the node has seen, or what asking the hub raises.
    """
    with workplace.database.unit_of_work(read_only=True) as session:
        client = HubClient(memberships.current(session).origin, workplace.key, workplace.settings)
    looked = witness.look(workplace)
    known = witness.seen(workplace.folder, client.origin)
    if looked is None or known is None:
        return None
    checkpoint = Checkpoint.parse(known.checkpoint)
    done = LogChecked(origin=checkpoint.origin, size=checkpoint.size)
    tree, own, tell = Growing(), _OwnVersions(workplace), begin(checkpoint.size)
    tiles = _PublicTiles(client, done)
    for entry in _entries(client, checkpoint.size):
        own.hear(done, tree.size, entry)
        for level, _place, hashed in tree.add([leaf_hash(entry.encode())]):
            tiles.add(level, hashed)
        tell(1)
    tiles.conclude()
    done.root = tree.root().hex()
    if tree.root() != checkpoint.root:
        done.found("root_differs", checkpoint.size)
    own.conclude(done)
    return done


def _entries(client: HubClient, size: int) -> Iterator[str]:
    """All entries of a checkpoint, in their order."""
    place = 0
    while place < size:
        part = client.get(f"/log/entries?from={place}&before={size}", EntriesReply)["entries"]
        yield from part[: size - place]
        place += len(part)


class _PublicTiles:
    """Compares what the public sees of the tree with what its entries, which members alone see, come to."""

    def __init__(self, client: HubClient, done: LogChecked) -> None:
        self._client, self._done = client, done
        self._edge: list[tuple[int, list[bytes]]] = []
        """By the level: how many tiles of it were compared, and the hashes since."""

    def add(self, level: int, hashed: bytes) -> None:
        """Take the next hash of a level; each full tile is compared."""
        if level == len(self._edge):
            self._edge.append((0, []))
        number, hashes = self._edge[level]
        hashes.append(hashed)
        if len(hashes) == WIDTH:
            self._compare(level, number, hashes)
            self._edge[level] = (number + 1, [])

    def conclude(self) -> None:
        """Compare what is left at the right edge."""
        for level, (number, hashes) in enumerate(self._edge):
            if hashes:
                self._compare(level, number, hashes)

    def _compare(self, level: int, number: int, hashes: list[bytes]) -> None:
        path = f"/audit/tile/{level}/{place_of(number, len(hashes))}"
        try:
            shown = self._client.fetch(path)
        except RefusedByHub:
            shown = b""
        if shown != b"".join(hashes):
            self._done.found("tile_differs", path)


class _OwnVersions:
    """Compares what the log says of this node's versions with what the node has signed and was told of them."""

    def __init__(self, workplace: Workplace) -> None:
        wanted = select(Version.resource_id, Version.number, Version.sha256, Version.state, Version.changed_at)
        with workplace.database.unit_of_work(read_only=True) as session:
            self._mine = {(row.resource_id, row.number): row for row in session.execute(wanted)}
        self._heard: set[tuple[str, int, str]] = set()
        self._last: datetime | None = None

    def hear(self, done: LogChecked, place: int, entry: str) -> None:
        """Note what an entry says of a version of ours."""
        try:
            said = json.loads(entry)
            at, action, subject = datetime.fromisoformat(said["at"]), said["action"], said["subject"]
            self._last = at if self._last is None else max(self._last, at)
            if not action.startswith("version.") or not subject.startswith("resource:"):
                return
            name = subject.removeprefix("resource:"), said.get("detail", {}).get("version", 0)
            mine = self._mine.get(name)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            # Whatever a hub may send that is no entry of ours.
            done.found("entry_unreadable", place)
            return
        if mine is None:
            return
        if said.get("after") != mine.sha256:
            done.found("other_content", f"{name[0]} {name[1]}")
            return
        self._heard.add((*name, action.removeprefix("version.")))

    def conclude(self, done: LogChecked) -> None:
        """Say which versions are not in the log in the state that the hub has told us."""
        for (record_id, number), row in self._mine.items():
            if row.state in (REGISTERED, REFUSED):
                continue
            if (record_id, number, row.state) in self._heard:
                done.own += 1
            elif self._last is not None and row.changed_at < self._last - SETTLED:
                done.found("not_in_log", f"{record_id} {number} {row.state}")
