"""The audit log in tests: happenings that are remembered, numbered and signed for by the hub's own services."""

from __future__ import annotations

from federation import audit_keeper, auditlog
from federation.database import unit_of_work
from federation.transparency import checkpoints, verification
from federation.transparency.keys import log_keys
from federation.transparency.verification import Verified
from shared.notes import Checkpoint
from tests.support.hub import Hub


def remember(hub: Hub, count: int, *, reason: str = "") -> None:
    """Remember so many happenings."""
    with unit_of_work(hub.app) as session:
        happenings = [auditlog.Happening("user:1", "test.done", f"thing:{n}", reason) for n in range(count)]
        auditlog.record_many(session, happenings)


def signed(hub: Hub, count: int = 0) -> Checkpoint:
    """Remember so many happenings more, give all of them their places, and sign."""
    remember(hub, count, reason="因为")
    audit_keeper.keep(hub.app, sign=True)
    with unit_of_work(hub.app, read_only=True) as session:
        return checkpoints.latest(session)


def verified(hub: Hub, *, against: Checkpoint | None = None) -> Verified:
    """What the operator's verification says."""
    with unit_of_work(hub.app, read_only=True) as session:
        return verification.verify(session, log_keys(hub.settings), against=against)


def codes(hub: Hub) -> set[str]:
    """What is wrong with the log."""
    return {finding.code for finding in verified(hub).findings}
