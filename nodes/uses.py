"""How often the public used what is ours: the hub counts, and what it says is kept here with its moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from nodes import membership as memberships
from nodes.models import Membership, UseCount, now
from nodes.workplace import Workplace
from shared.usage_messages import UsesReply

if TYPE_CHECKING:
    from nodes.hub_client import HubClient

ASKED_EVERY = timedelta(hours=6)


@dataclass(frozen=True)
class Used:
    """Views and downloads, as the hub counted at that moment; None before it was ever asked."""

    views: int = 0
    downloads: int = 0
    at: datetime | None = None


def ask(workplace: Workplace, client: HubClient) -> int:
    """Ask the hub and keep what it says; of how many resources. Raises `HubAway` or a refusal.

    All comes at once or not at all: half of it would be neither the old numbers nor the new.
    """
    found: list[dict[str, Any]] = []
    more, counted_at = True, ""
    while more:
        page = client.ask("/uses", {"after": found[-1]["record_id"]} if found else {}, UsesReply)
        found += page["uses"]
        more, counted_at = page["more"] and bool(page["uses"]), counted_at or page["counted_at"]
    with workplace.database.unit_of_work() as session:
        session.execute(delete(UseCount))
        rows = [
            {"resource_id": one["record_id"], "views": one["views"], "downloads": one["downloads"]} for one in found
        ]
        if rows:
            session.execute(insert(UseCount).on_conflict_do_nothing(), rows)
        session.execute(update(Membership).values(used_at=datetime.fromisoformat(counted_at)))
    return len(found)


def due(workplace: Workplace) -> bool:
    """Whether the hub was not asked for some hours."""
    with workplace.database.unit_of_work(read_only=True) as session:
        last = memberships.current(session).used_at
    return last is None or now() - last >= ASKED_EVERY


def of_resource(session: Session, record_id: str) -> Used:
    """How often one resource was used."""
    found = session.get(UseCount, record_id)
    at = session.scalar(select(Membership.used_at))
    return Used(found.views, found.downloads, at) if found is not None else Used(at=at)


def of_all(session: Session) -> Used:
    """How often all resources together were used."""
    views, downloads = session.execute(select(func.sum(UseCount.views), func.sum(UseCount.downloads))).one()
    return Used(views or 0, downloads or 0, session.scalar(select(Membership.used_at)))


def most_used(session: Session, *, limit: int) -> Sequence[UseCount]:
    """The resources that were used most, by views and downloads together."""
    order = (UseCount.views + UseCount.downloads).desc()
    return session.scalars(select(UseCount).order_by(order, UseCount.resource_id).limit(limit)).all()
