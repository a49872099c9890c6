"""Joining a hub that this machine cannot reach: a request that a person carries there, and the reply brought back.

A member whose key the hub does not take any more comes back in the same way. It cannot ask what the hub thinks of its
key, so it asks with a new one, which comes into use only when the reply is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodes import hub_keys, joining, key_files, keys, public_keys, restoring, rotation
from nodes import membership as memberships
from nodes.keys import Key
from nodes.models import Membership
from nodes.workplace import Workplace
from shared import hub_answers
from shared.bags import read_whole
from shared.carrying import MAX_REPLY_BYTES, enrolment_request, write_whole
from shared.errors import AlreadyJoined, NotAddressed
from shared.messages import EnrolmentRequest, read


@dataclass(frozen=True)
class Asked:
    """A request to join that was written: by which key, and whether to come back, as one that has joined before."""

    key_id: str
    back: bool


def write_request(workplace: Workplace, target: Path, *, token: str, node_name: str) -> Asked:
    """Write the signed request to join, which shows that we know the invitation without telling it.

    One that has lost its database says by its key who it was. Written again with the same invitation it shows the
    same key, so that a lost reply does no harm. Raises `InvalidRequest` or `FileUnwritable`.
    """
    with workplace.database.unit_of_work(read_only=True) as session:
        standing = memberships.find(session)
    key = workplace.key
    place = {}
    if standing is not None:
        place = joining.place_of(standing)
    elif key.id in public_keys.load(workplace.folder):
        place = {"former_key": key.id}
    message = read(EnrolmentRequest, joining.request(key, token=token, node_name=node_name, **place))
    invitation = message.pop("token")
    if place:
        key = _key(workplace, key_files.asking(invitation))
        message["public_key"] = key.jwk
    signed = enrolment_request(message, token=invitation, private_key=key.private)
    write_whole(target, signed.encode("ascii") + b"\n")
    return Asked(key.id, bool(place))


def take_reply(workplace: Workplace, source: Path, *, hub_key: str = "") -> Membership:
    """Join as the reply says, or come back with the key that asked; taken again it changes nothing.

    `hub_key` is the fingerprint of the hub's key, when a person has learnt it otherwise than from the medium. Raises
    `NotFromHub`, `HubKeyUnknown` when neither the person nor this node knows the hub's key, `HubKeyDiffers`,
    `NotAddressed` for another key's, `AlreadyJoined` for another hub or node, `ProtocolUnknown`, `InvalidRequest`.
    """
    reply, shown = hub_answers.read_reply(read_whole(source, limit=MAX_REPLY_BYTES), name=source.name)
    said = reply["membership"]
    with workplace.database.unit_of_work(read_only=True) as session:
        standing = memberships.find(session)
    if standing is not None and standing.origin != said["origin"]:
        raise AlreadyJoined(hub=standing.origin)
    hub_keys.check(workplace.folder, said["origin"], shown, given=hub_key)
    present = reply["key_id"] == workplace.key.id
    asked_with = workplace.folder / key_files.FILE if present else _find(workplace, reply["key_id"])
    if present and standing is not None and standing.node_id != said["node_id"]:
        raise AlreadyJoined(hub=standing.origin)
    hub_keys.keep(workplace.folder, said["origin"], shown)
    if not present:
        return _come_back(workplace, asked_with, said)
    return standing if standing is not None else joining.keep(workplace, said)


def _come_back(workplace: Workplace, asked_with: Path, said: dict[str, Any]) -> Membership:
    """Go on with the key that asked. It comes into use last: until then the reply can be taken again."""
    key = _key(workplace, asked_with.replace(workplace.folder / key_files.NEXT).name)
    joined = joining.keep(workplace, said)
    with workplace.database.unit_of_work() as session:
        restoring.send_all_again(session)
    written = key_files.stamp(workplace.folder / key_files.NEXT)
    rotation.take_into_use(workplace, key)
    for left in key_files.all_asking(workplace.folder):
        # The reply to a request that was written later may be on its way; what came before is out of use by it.
        if key_files.stamp(left) < written:
            left.unlink()
    return joined


def _find(workplace: Workplace, kid: str) -> Path:
    """The file of the key with that id, which is not in use yet. Raises `NotAddressed`."""
    next_key = workplace.folder / key_files.NEXT
    waiting = [next_key] if next_key.exists() else []
    for path in waiting + key_files.all_asking(workplace.folder):
        if _key(workplace, path.name).id == kid:
            return path
    raise NotAddressed(theirs=kid)


def _key(workplace: Workplace, name: str) -> Key:
    return keys.make_key(workplace.folder, passphrase=workplace.settings.key_passphrase, name=name)
