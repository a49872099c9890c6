"""One deed for several resources at once: withdrawing them, or asking that they stay public."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from nodes import petitions, registration
from shared.errors import CommonsError, NotFound, NothingChosen, PetitionNotOpen, PetitionStands
from shared.petitioning import RENEWAL

if TYPE_CHECKING:
    from nodes.keys import Key


@dataclass
class Batch:
    """For which resources it was done, and for which not and why."""

    done: list[str] = field(default_factory=list)
    left: list[tuple[str, CommonsError]] = field(default_factory=list)


def withdraw(session: Session, record_ids: Sequence[str], *, reason: str, key: Key) -> Batch:
    """Withdraw all of them for one reason; one that is withdrawn already stays so.

    Raises `NothingChosen`, `ReasonMissing` or `InvalidRecord` before anything is done.
    """
    batch = Batch()
    for record_id in _chosen(record_ids):
        try:
            registration.withdraw(session, record_id, reason, key=key)
        except NotFound as error:
            batch.left.append((record_id, error))
            continue
        batch.done.append(record_id)
    return batch


def renew(session: Session, record_ids: Sequence[str], *, text: str) -> Batch:
    """Ask for each that it stays public. What cannot be asked for is left out, with why.

    Raises `NothingChosen`, `ReasonMissing` or `InvalidRequest` before anything is done.
    """
    batch = Batch()
    for record_id in _chosen(record_ids):
        try:
            petitions.make(session, record_id, kind=RENEWAL, text=text)
        except (NotFound, PetitionNotOpen, PetitionStands) as error:
            batch.left.append((record_id, error))
            continue
        batch.done.append(record_id)
    return batch


def _chosen(record_ids: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys(record_ids))
    if not chosen:
        raise NothingChosen()
    return chosen
