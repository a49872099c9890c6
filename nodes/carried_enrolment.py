"""Joining a hub that this machine cannot reach: a request that a person carries there, and the reply brought back."""

from __future__ import annotations

from pathlib import Path

from nodes import joining
from nodes import membership as memberships
from nodes.models import Membership
from nodes.workplace import Workplace
from shared.bags import read_whole
from shared.carrying import (
    MAX_STATEMENT_BYTES,
    CarriedEnrolmentReply,
    enrolment_request,
    write_whole,
)
from shared.errors import AlreadyJoined, NotAddressed
from shared.messages import EnrolmentRequest, read


def write_request(workplace: Workplace, target: Path, *, token: str, node_name: str) -> None:
    """Write the signed request to join. Raises `AlreadyJoined`, `InvalidRequest` or `FileUnwritable`."""
    with workplace.database.unit_of_work(read_only=True) as session:
        standing = memberships.find(session)
    if standing is not None:
        raise AlreadyJoined(hub=standing.origin)
    message = read(EnrolmentRequest, joining.request(workplace.key, token=token, node_name=node_name))
    signed = enrolment_request(message, private_key=workplace.key.private)
    write_whole(target, signed.encode("ascii") + b"\n")


def take_reply(workplace: Workplace, source: Path) -> Membership:
    """Join as the reply says; taken again it changes nothing.

    Raises `NotAddressed` for another key's, `AlreadyJoined` for another hub or node, `InvalidRequest`.
    """
    reply = read(CarriedEnrolmentReply, read_whole(source, limit=MAX_STATEMENT_BYTES))
    if reply["key_id"] != workplace.key.id:
        raise NotAddressed(theirs=reply["key_id"])
    said = reply["membership"]
    with workplace.database.unit_of_work(read_only=True) as session:
        standing = memberships.find(session)
    if standing is None:
        return joining.keep(workplace, said)
    if (standing.origin, standing.node_id) != (said["origin"], said["node_id"]):
        raise AlreadyJoined(hub=standing.origin)
    return standing
