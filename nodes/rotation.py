"""Changing the node's key: the old one endorses the new one, the hub takes it, and what waits is signed anew.

Each step can be repeated, so a node killed at any moment goes on where it was: the next key lies in its file before
the hub is told, and comes into use only after the hub has answered.
"""

from __future__ import annotations

from sqlalchemy import select

from nodes import keys
from nodes import membership as memberships
from nodes.hub_client import HubClient
from nodes.key_files import NEXT
from nodes.keys import Key
from nodes.models import OutboxEntry, Version
from nodes.workplace import Workplace
from shared.endorsement import endorse
from shared.messages import KeyReply


def under_way(workplace: Workplace) -> bool:
    """Whether a rotation was begun and not finished."""
    return (workplace.folder / NEXT).exists()


def rotate(workplace: Workplace) -> Key:
    """Change the key, or finish a change that was begun: the new one, which is the workplace's from now on.

    Raises `NotJoined`, `HubAway`, or the hub's refusal; the old key stays in use then.
    """
    with workplace.database.unit_of_work(read_only=True) as session:
        origin = memberships.current(session).origin
    old, folder = workplace.key, workplace.folder
    new = keys.make_key(folder, passphrase=workplace.settings.key_passphrase, name=NEXT)
    token = endorse(new.private.public_key(), origin=origin, by=old.private)
    client = HubClient(origin, new, workplace.settings)
    client.ask("/keys", {"public_key": new.jwk, "endorsement": token}, KeyReply)
    _sign_again(workplace, new)
    keys.take_over(folder, old)
    return workplace.key


def _sign_again(workplace: Workplace, key: Key) -> None:
    """What still waits to be sent is signed with the key in use: the hub takes no other."""
    with workplace.database.unit_of_work() as session:
        waiting = (Version.resource_id == OutboxEntry.resource_id) & (Version.number == OutboxEntry.number)
        for version in session.scalars(select(Version).join(OutboxEntry, waiting)):
            version.jws = key.sign_record(version.record.encode("utf-8"))
