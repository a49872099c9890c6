"""The hub that this node has joined, and knowing that it has; how one joins is in `nodes.joining`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from nodes.models import Membership
from nodes.workplace import Workplace
from shared.errors import NotJoined


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
