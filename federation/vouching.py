"""Who vouches for a public version: how many reviewers approved it, when, and what they confirmed; nobody by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import checklist
from federation.checklist import Item
from federation.models.policies import ReviewPolicy
from federation.models.resources import ResourceVersion
from federation.models.reviews import Decision
from federation.verdicts import APPROVE


@dataclass(frozen=True)
class Review:
    """The approvals of one version.

    None of the `reviewers` belongs to the institution that contributed it (`federation.entitlement` sees to that).
    `at` is when the last of them approved; `checklist` is the number of the checklist's version that they confirmed,
    and `items` what it asks, none for approvals from before versions were kept.
    """

    reviewers: int
    at: datetime
    checklist: int | None
    items: Sequence[Item]


def of(session: Session, resource_id: str, version: int) -> Review | None:
    """How a public version was reviewed, in one query; None when no approval of it is on record."""
    approvals = (
        select(Decision.reviewer_id, Decision.at, Decision.policy_number, ReviewPolicy.document)
        .join(ResourceVersion, ResourceVersion.id == Decision.version_id)
        .outerjoin(ReviewPolicy, ReviewPolicy.number == Decision.policy_number)
        .where(
            ResourceVersion.resource_id == resource_id,
            ResourceVersion.version == version,
            Decision.verdict == APPROVE,
            Decision.standing,
        )
        .order_by(Decision.at)
    )
    rows = session.execute(approvals).all()
    if not rows:
        return None
    _, at, number, document = rows[-1]
    items = checklist.read(number, document).items if document is not None else ()
    return Review(len({row[0] for row in rows}), at, number, items)
