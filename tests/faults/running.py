"""One run: what must be there first, the phase with its kills, the rest that follows, and the checks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from subprocess import Popen, TimeoutExpired

import requests
from sqlalchemy import select

from nodes import queries
from nodes.models import Version
from tests.faults import plans
from tests.faults.invariants import broken
from tests.faults.plans import Kill, Plan
from tests.faults.settling import revive, settle
from tests.faults.site import Member, Site
from tests.faults.victims import HUB, POWER, kill
from tests.support.processes import eventually
from tests.support.records import make_record

NODE_PATIENCE = 120.0
"""Seconds after which a command that has not ended counts as hung."""


@dataclass
class Run:
    """One plan carried out on a site."""

    site: Site
    member: Member
    plan: Plan
    record_ids: set[str] = field(default_factory=set)
    killed: list[str] = field(default_factory=list)
    """The victims that were really hit."""
    faults: list[str] = field(default_factory=list)
    _node: Popen[str] | None = None
    _timers: list[threading.Timer] = field(default_factory=list)
    _restart: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = Random(f"content {self.plan.seed}")
        self._folder = self.site.place / f"files-{self.plan.seed}-{time.monotonic_ns()}"
        self._folder.mkdir()

    def go(self) -> list[str]:
        """Carry it out; a sentence for each thing that is not as it must be."""
        phase: Callable[[], None] = getattr(self, f"_{self.plan.phase}")
        phase()
        self._end_kills()
        settle(self.site, self.member)
        self.faults += broken(self.site, self.member, frozenset(self.record_ids))
        self._remove_files()
        return self.faults

    # -- phases ------------------------------------------------------------------------------------------

    def _register(self) -> None:
        """A registration is whole or not there at all, and may be done again."""
        title, paths = self._title(), self._files()
        description = self._folder / "著录.json"
        fields = make_record(title={"zh": title})
        for name in ("id", "version", "links"):
            del fields[name]
        fields["files"] = [{"path": path.name} for path in paths]
        description.write_text(json.dumps(fields, ensure_ascii=False), encoding="utf-8")
        words = ("register", "--from", str(description))
        self._command(words)
        found = self._registered(title)
        if len(found) > 1:
            self.faults.append(f"{title} was registered {len(found)} times")
        if not found:
            self.member.command.run(*words)
            found = self._registered(title)
        self.record_ids.update(found)

    def _publish(self) -> None:
        if self.plan.correct:
            self._prepare(published=True)
            for record_id in sorted(self.record_ids):
                self._put(record_id=record_id)
        self._put(paths=self._files())
        self._put()
        self._command(("sync", "--wait", "5"))

    def _upload(self) -> None:
        self._put(paths=self._files())
        self._command(("sync", "--wait", "5"))

    def _review(self) -> None:
        for _ in self.plan.verdicts:
            self._put()
        self.member.synchronise(wait=20)
        self._arm(self.plan.kills)
        waiting = list(zip(self._in_review(), self.plan.verdicts, strict=True))
        for version_id, verdict in waiting:
            self._judge(version_id, verdict)
        self._end_kills()
        revive(self.site)
        for version_id, verdict in waiting:
            if version_id in self._in_review():
                self._judge(version_id, verdict)
        self.faults += [f"version {version_id} cannot be judged" for version_id in self._in_review()]

    def _withdraw(self) -> None:
        self._prepare(published=True)
        for record_id in sorted(self.record_ids):
            if self.plan.correct:
                self._put(record_id=record_id)
            self.member.withdraw(record_id)
        self._command(("sync",))

    # -- steps -------------------------------------------------------------------------------------------

    def _prepare(self, *, published: bool) -> None:
        self._put(paths=self._files())
        eventually(lambda: self._quiet(), seconds=60)
        if published:
            for version_id in self._in_review():
                assert self.site.desk.judge(version_id, "approve") == 303
            self.member.synchronise()

    def _quiet(self) -> bool:
        self.member.synchronise(wait=20)
        return bool(self._in_review())

    def _put(self, *, paths: Sequence[Path] = (), record_id: str = "") -> None:
        self.record_ids.add(self.member.register(paths, record_id=record_id, title={"zh": self._title()}))

    def _title(self) -> str:
        return f"故障试验 k{self._chance.getrandbits(60):015x}"

    def _files(self) -> list[Path]:
        sizes = [self._chance.randint(1, 40_000) for _ in range(self.plan.small_files)]
        sizes += [plans.LARGE] if self.plan.large else []
        made = []
        for number, size in enumerate(sizes):
            path = self._folder / f"文件 {number}.bin"
            path.write_bytes(self._chance.randbytes(size))
            made.append(path)
        return made

    def _remove_files(self) -> None:
        for path in self._folder.iterdir():
            path.unlink()
        self._folder.rmdir()

    def _command(self, words: Sequence[str]) -> None:
        """The phase's command with the plan's kills; it must end by itself, without a traceback."""
        self._node = self.member.command.start(*words)
        self._arm(self.plan.kills)
        try:
            said, _ = self._node.communicate(timeout=NODE_PATIENCE)
        except TimeoutExpired:
            self._node.kill()
            said, _ = self._node.communicate()
            self.faults.append(f"{words[0]} hung")
        if "Traceback" in said:
            self.faults.append(f"{words[0]} ended with a traceback:\n{said}")
        if self._node.returncode < 0 and words[0] == "sync":
            self._check_interrupted()

    def _check_interrupted(self) -> None:
        """The round that a kill cut off is told as interrupted, once another has begun."""
        with self.member.workplace.database.unit_of_work(read_only=True) as session:
            rows = queries.rounds(session, limit=1)
            cut_off = [row.id for row in rows if row.finished_at is None]
        revive(self.site)
        with suppress(Exception):
            self.member.synchronise()
        with self.member.workplace.database.unit_of_work(read_only=True) as session:
            told = {row.id: row.error for row in queries.rounds(session, limit=10)}
        for number in cut_off:
            if "中途停止" not in str(told[number]):
                self.faults.append(f"the round that was cut off is told as {told[number]}")

    def _judge(self, version_id: int, verdict: str) -> None:
        """What a fault swallows is said again, as a person would when the page comes back."""
        with suppress(requests.RequestException):
            self.site.desk.judge(version_id, verdict)

    def _in_review(self) -> list[int]:
        return self.site.waiting(*self.record_ids)

    def _registered(self, title: str) -> list[str]:
        with self.member.workplace.database.unit_of_work(read_only=True) as session:
            return list(session.scalars(select(Version.resource_id).where(Version.record.contains(title))))

    # -- kills -------------------------------------------------------------------------------------------

    def _arm(self, kills: Sequence[Kill]) -> None:
        for one in kills:
            if one.moment == plans.DELAY:
                self._begin(one)
            else:
                proxy = self.site.hub.store if one.at_store else self.site.hub.web
                proxy.when(one.moment, one.count, lambda one=one: self._begin(one))

    def _begin(self, one: Kill) -> None:
        """The moment has come: kill now, or when the delay is over."""
        if one.delay:
            timer = threading.Timer(one.delay, self._strike, (one,))
            self._timers.append(timer)
            timer.start()
        else:
            self._strike(one)

    def _strike(self, one: Kill) -> None:
        if kill(self.site, one.victim, self._node):
            self.killed.append(one.victim)
        if one.victim in (HUB, POWER) and not self._restart:
            # As an init system would: the node, if it lives, meets the new hub while it still tries.
            self._restart.append(threading.Thread(target=revive, args=(self.site,), daemon=True))
            self._restart[0].start()

    def _end_kills(self) -> None:
        """Nobody is killed after the phase: what was begun strikes, what was not reached is forgotten."""
        self.site.hub.heal()
        for waiting in (*self._timers, *self._restart):
            waiting.join(NODE_PATIENCE)
        self._timers, self._restart = [], []
