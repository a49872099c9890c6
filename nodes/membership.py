"""The hub that this node has joined, and knowing that it has; how one joins is in `nodes.joining`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from nodes.models import Membership, now
from nodes.patience import until
from nodes.workplace import Workplace
from shared.errors import HubBusy, NotJoined

LONGEST_HOLD = timedelta(days=1)
"""The longest time for which the hub is left alone at its word; then it is asked again."""


def keep(workplace: Workplace, reply: Mapping[str, Any]) -> Membership:
    """Note whose the node is from now on (an `EnrolmentReply`)."""
    with workplace.database.unit_of_work() as session:
        membership = Membership(
            id=1,
            origin=reply["origin"],
            node_id=reply["node_id"],
            institution_code=reply["institution"]["code"],
            institution_name=reply["institution"]["name"],
            hub_name=reply["hub_name"],
            cursor=0,
            held_until=None,
            held_for="",
            **reply["limits"],
        )
        session.merge(membership)
    return membership


def find(session: Session) -> Membership | None:
    """The membership, or None before joining."""
    return session.scalar(select(Membership))


def current(session: Session) -> Membership:
    """The membership. Raises `NotJoined`."""
    membership = find(session)
    if membership is None:
        raise NotJoined()
    return membership


def hold(workplace: Workplace, busy: HubBusy) -> None:
    """Note how long the hub wants to be left alone, for those who come after this process."""
    if busy.retry_after is None:
        return
    end = now() + min(timedelta(seconds=busy.retry_after), LONGEST_HOLD)
    with workplace.database.unit_of_work() as session:
        noted = update(Membership).values(held_until=end, held_for=str(busy.data.get("cause", "")))
        session.execute(noted)


def check_hold(session: Session) -> None:
    """Raise `HubBusy` while the hub wants to be left alone: it is not even asked whether it still does."""
    membership = find(session)
    if membership is None or membership.held_until is None:
        return
    left = (membership.held_until - now()).total_seconds()
    # A clock that was set back must not keep the node away for longer than the hub ever could.
    if 0 < left <= LONGEST_HOLD.total_seconds():
        raise HubBusy(hub=membership.origin, cause=membership.held_for, until=until(left))
