"""What a node does when it is let alone: synchronise, and once a day prove that hub and node hold the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from nodes import membership as memberships
from nodes import rotation, uses, witness
from nodes.hub_client import HubClient
from nodes.models import Reconciliation, now
from nodes.reconciling import Reconciled, Reconciler
from nodes.sync import Reporter, Synced, synchronise
from nodes.texts import language
from nodes.witness import Witnessed
from nodes.workplace import Workplace
from shared.errors import LogBroken

PROVE_EVERY = timedelta(days=1)


@dataclass
class Done:
    """One round: the synchronisation, and the comparison if one was due."""

    synced: Synced
    reconciled: Reconciled | None = None
    witnessed: Witnessed | None = None
    log_fault: LogBroken | None = None

    @property
    def good(self) -> bool:
        """Whether there is nothing for a person to look at."""
        compared = self.reconciled is None or self.reconciled.equal
        return self.synced.good and compared and self.log_fault is None

    def as_dict(self) -> dict[str, Any]:
        """The summary for a script."""
        return {
            **self.synced.as_dict(),
            "reconciled": self.reconciled.as_dict() if self.reconciled is not None else None,
            "log_size": self.witnessed.size if self.witnessed is not None else None,
            "log_fault": self.log_fault.message(language()) if self.log_fault is not None else None,
        }


def go_round(workplace: Workplace, *, wait: float = 0.0, reporter: Reporter | None = None) -> Done:
    """Synchronise, look at the hub's audit log, and compare with the hub when the last comparison is a day old.

    A log that is not what it was does not keep an institution's records from the hub, which may have been restored
    from a backup and need them: but it is said, and the round is no success. Raises what `synchronise` raises.
    """
    rotation.finish(workplace)
    done = Done(rotation.known_again(workplace, lambda: synchronise(workplace, wait=wait, reporter=reporter)))
    try:
        done.witnessed = witness.look(workplace)
    except LogBroken as fault:
        done.log_fault = fault
    if uses.due(workplace):
        uses.ask(workplace, _client(workplace))
    if due(workplace):
        done.reconciled = reconcile(workplace, reporter=reporter)
    return done


def reconcile(workplace: Workplace, *, dry_run: bool = False, reporter: Reporter | None = None) -> Reconciled:
    """Compare with the hub, and unless `dry_run` mend what differs. Raises `NotJoined`, `HubAway` or a refusal."""
    rotation.finish(workplace)
    reconciler = Reconciler(workplace, _client(workplace), lambda: synchronise(workplace, reporter=reporter))
    return rotation.known_again(workplace, lambda: reconciler.run(dry_run=dry_run))


def _client(workplace: Workplace) -> HubClient:
    with workplace.database.unit_of_work(read_only=True) as session:
        origin = memberships.current(session).origin
    return HubClient(origin, workplace.key, workplace.settings)


def due(workplace: Workplace) -> bool:
    """Whether the last comparison is more than a day ago, or none was ever made."""
    with workplace.database.unit_of_work(read_only=True) as session:
        last = session.get(Reconciliation, 1)
    return last is None or now() - last.at >= PROVE_EVERY
