"""Joining a hub, and knowing that one has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from nodes.hub_client import HubClient
from nodes.models import Membership
from nodes.workplace import Workplace
from shared.errors import AlreadyJoined, NotJoined
from shared.messages import PROTOCOL, EnrolmentReply


def join(workplace: Workplace, client: HubClient, *, token: str, node_name: str) -> Membership:
    """Enrol with a one-time invitation; repeating it with the same hub and token does no harm.

    Without a token the hub is asked whether it knows our key already: so a node that has lost its database comes
    back. Raises `AlreadyJoined`, `HubAway`, or the hub's refusal.
    """
    with workplace.database.unit_of_work(read_only=True) as session:
        standing = find(session)
    if standing is not None:
        raise AlreadyJoined(hub=standing.origin)
    if not token:
        return keep(workplace, client.get("/membership", EnrolmentReply))
    message = request(workplace, token=token, node_name=node_name)
    return keep(workplace, client.ask("/enrolments", message, EnrolmentReply))


def request(workplace: Workplace, *, token: str, node_name: str) -> dict[str, Any]:
    """What a node says when it asks to join (`EnrolmentRequest`)."""
    return {
        "protocol": PROTOCOL,
        "token": token.strip(),
        "node_name": node_name,
        "public_key": workplace.key.jwk,
    }


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
