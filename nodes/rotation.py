"""Changing the node's key: the old one endorses the new one, the hub takes it, and what waits is signed anew.

Each step can be repeated, so a node killed at any moment goes on where it was: the next key lies in its file before
the hub is told, and comes into use only after the hub has answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from nodes import keys, outbox, public_keys
from nodes import membership as memberships
from nodes.hub_client import HubClient, RefusedByHub
from nodes.key_files import NEXT
from nodes.keys import Key
from nodes.workplace import Workplace
from shared.endorsement import endorse
from shared.errors import KeyRevoked, KeyUnknown
from shared.messages import MAX_KEYS, KeyReply

Done = TypeVar("Done")
REFUSALS = frozenset({KeyRevoked.code, KeyUnknown.code})
"""What the hub says when it does not take the old key's word for the new one."""


def under_way(workplace: Workplace) -> bool:
    """Whether a rotation was begun and not finished."""
    return (workplace.folder / NEXT).exists()


def finish(workplace: Workplace) -> None:
    """Finish a change that was broken off, if there is one: the hub may not take the former key any more."""
    if under_way(workplace):
        change(workplace)


def finish_alone(workplace: Workplace) -> None:
    """The same without a network: the hub learns of the next key by the bundle that is signed with it.

    If it has learnt of it already, and only its answer was lost, it does not take the present one any more.
    """
    if under_way(workplace):
        new = keys.make_key(workplace.folder, passphrase=workplace.settings.key_passphrase, name=NEXT)
        token = endorse(new.private.public_key(), origin=_origin(workplace), by=workplace.key.private)
        take_into_use(workplace, new, endorsement=token)


def change(workplace: Workplace) -> Key:
    """Change the key at somebody's wish, also when the hub has forgotten the present one. Raises as `rotate` does."""
    return known_again(workplace, lambda: rotate(workplace))


def rotate(workplace: Workplace) -> Key:
    """Change the key, or finish a change that was begun: the new one, which is the workplace's from now on.

    Raises `NotJoined`, `HubAway`, or the hub's refusal; the old key stays in use then.
    """
    origin, old = _origin(workplace), workplace.key
    begun_before = under_way(workplace)
    new = keys.make_key(workplace.folder, passphrase=workplace.settings.key_passphrase, name=NEXT)
    token = endorse(new.private.public_key(), origin=origin, by=old.private)
    client = HubClient(origin, new, workplace.settings)
    try:
        client.ask("/keys", {"public_key": new.jwk, "endorsement": token}, KeyReply)
    except RefusedByHub as error:
        if error.problem_code in REFUSALS and not begun_before:
            # The hub has not taken it. Left there, it would come into use unasked, once the old one is good again.
            (workplace.folder / NEXT).unlink()
        raise
    take_into_use(workplace, new, endorsement=token)
    return workplace.key


def take_into_use(workplace: Workplace, new: Key, *, endorsement: str = "") -> None:
    """The hub knows the next key: what still waits to be sent is signed with it, and it becomes the one in use."""
    former = workplace.key
    with workplace.database.unit_of_work() as session:
        outbox.sign_all(session, key=new)
    keys.take_over(workplace.folder, former, new, endorsement=endorsement)


def known_again(workplace: Workplace, act: Callable[[], Done], *, origin: str = "") -> Done:
    """Do `act`; if the hub does not know our key, show it how it follows from one that it knows, and do it again.

    So it is with a hub that was restored from a backup which is older than the key. `origin` is the hub's, for a node
    that has lost its database. Raises what `act` raises.
    """
    try:
        return act()
    except RefusedByHub as error:
        if error.problem_code != KeyUnknown.code or not _introduce(workplace, origin or _origin(workplace)):
            raise
    return act()


def _introduce(workplace: Workplace, origin: str) -> bool:
    """Show the hub the links that lead to our key. False when there are none."""
    links = public_keys.chain(workplace.folder, workplace.key.id)
    if not links:
        return False
    *earlier, last = links[-MAX_KEYS:]
    message = {**last.as_message(), "chain": [link.as_message() for link in earlier]}
    HubClient(origin, workplace.key, workplace.settings).ask("/keys", message, KeyReply)
    return True


def _origin(workplace: Workplace) -> str:
    with workplace.database.unit_of_work(read_only=True) as session:
        return memberships.current(session).origin
