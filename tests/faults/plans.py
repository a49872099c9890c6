"""What one run does, decided by its seed alone: the phase, who is killed, and when."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.faults.victims import DATABASE, HUB, NODE, POWER, STORE, WEB, WORKER
from tests.support.faulty_proxy import ANSWERED, ASKED, BYTES, SENT
from tests.support.proxied import PART

REGISTER, PUBLISH, UPLOAD, REVIEW, WITHDRAW = "register", "publish", "upload", "review", "withdraw"
VICTIMS = {
    REGISTER: (NODE,),
    PUBLISH: (NODE, WEB, WORKER, STORE, HUB, POWER),
    UPLOAD: (NODE, NODE, WEB, WORKER, STORE, STORE, HUB, POWER),
    REVIEW: (WEB, WORKER, STORE, HUB, POWER),
    WITHDRAW: (NODE, WEB, WORKER, STORE, HUB, POWER),
}
"""Who may be killed in which phase; who stands twice is likelier."""
DELAY = "delay"
LONGEST_DELAY = {REGISTER: 1.6, PUBLISH: 2.0, UPLOAD: 2.5, REVIEW: 1.0, WITHDRAW: 1.2}
"""Seconds that cover the phase on a quiet machine; for `register` from the start of the command, else from its
first request."""
LARGE = 2 * PART + 1_000_000
"""Bytes of the large file: three parts."""


@dataclass(frozen=True)
class Kill:
    """Kill `victim` `delay` seconds after `moment` has come `count` times, at the store's proxy or the hub's."""

    victim: str
    moment: str
    count: int = 0
    delay: float = 0.0
    at_store: bool = False

    def __str__(self) -> str:
        where = "store " if self.at_store else ""
        after = f" +{self.delay:.3f} s" if self.delay else ""
        return f"{self.victim} at {where}{self.moment} {self.count or ''}{after}".replace("  ", " ")


@dataclass(frozen=True)
class Plan:
    """One run."""

    seed: int
    phase: str
    kills: tuple[Kill, ...]
    small_files: int
    large: bool
    correct: bool
    """Whether a new version of a public resource goes out too."""
    verdicts: tuple[str, ...]

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.phase}, {'; '.join(map(str, self.kills))}"


def plan(seed: int, *, server: bool = False) -> Plan:
    """The plan of one seed; where the database is a `server`, it may be killed like all others."""
    chance = Random(seed)
    phase = chance.choice(tuple(VICTIMS))
    victims = VICTIMS[phase] + ((DATABASE, DATABASE) if server and phase != REGISTER else ())
    kills = [_kill(chance, phase, victims)]
    if phase != REGISTER and chance.random() < 0.25:
        kills.append(_kill(chance, phase, victims))
    return Plan(
        seed=seed,
        phase=phase,
        kills=tuple(kills),
        small_files=chance.randint(1, 3),
        large=phase == UPLOAD,
        correct=phase in (PUBLISH, WITHDRAW) and chance.random() < 0.5,
        verdicts=tuple(chance.choice(("approve", "approve", "reject", "request_changes")) for _ in range(3)),
    )


def _kill(chance: Random, phase: str, victims: tuple[str, ...]) -> Kill:
    victim = chance.choice(victims)
    if phase == REGISTER:
        return Kill(victim, DELAY, delay=chance.uniform(0.2, LONGEST_DELAY[phase]))
    how = chance.random()
    if phase == UPLOAD and how < 0.35:
        return Kill(victim, BYTES, count=chance.randint(1, LARGE), at_store=True)
    if phase == UPLOAD and how < 0.5:
        return Kill(victim, chance.choice((ASKED, SENT, ANSWERED)), count=chance.randint(1, 4), at_store=True)
    if how < 0.7:
        return Kill(victim, chance.choice((ASKED, SENT, ANSWERED)), count=chance.randint(1, 6))
    return Kill(victim, ASKED, count=1, delay=chance.uniform(0.0, LONGEST_DELAY[phase]))
