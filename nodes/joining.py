"""Joining a hub: its address as it was typed, and the invitation."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete

from nodes import hub_keys, keys, public_keys, rotation
from nodes import membership as memberships
from nodes.hub_client import HubClient, RefusedByHub
from nodes.key_files import NEXT
from nodes.keys import Key
from nodes.models import Membership, Reconciliation
from nodes.public_keys import PublicKey
from nodes.workplace import Workplace
from shared import speaking
from shared.errors import (
    AlreadyExists,
    AlreadyJoined,
    HubAway,
    HubNotFound,
    InvalidHubAddress,
    KeyRevoked,
    KeyUnknown,
)
from shared.messages import PROTOCOL, EnrolmentReply
from shared.signing import key_id, load_public_jwk
from shared.wording import Words

NO_SCHEME = Words("it must begin with http:// or https://", "须以 http:// 或 https:// 开头")
NO_HOST = Words("it has no host", "没有主机名")
BAD_HOST = Words("its host or port is not right", "主机名或端口不对")
NOT_PLAIN = Words(
    "it may have no blank, user name, query or fragment", "不能有空格、用户名，也不能有 ? 或 # 后面的部分"
)


def hub_origin(text: str) -> str:
    """A hub's address as it was typed, with a name in Chinese in the form that the network knows (IDNA).

    The address of the portal in English (`/en`) is the hub's, too. Raises `InvalidHubAddress`.
    """
    typed = text.strip()
    try:
        parts = urlsplit(typed)
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except (ValueError, UnicodeError) as error:
        raise InvalidHubAddress(hub=typed[:200], cause=BAD_HOST) from error
    if parts.scheme not in ("http", "https") or "://" not in typed:
        raise InvalidHubAddress(hub=typed[:200], cause=NO_SCHEME)
    if not host:
        raise InvalidHubAddress(hub=typed[:200], cause=NO_HOST)
    if "@" in parts.netloc or parts.query or parts.fragment or any(map(str.isspace, typed)):
        raise InvalidHubAddress(hub=typed[:200], cause=NOT_PLAIN)
    place = f"[{host}]" if ":" in host else host
    path = parts.path.rstrip("/").removesuffix("/en")
    return f"{parts.scheme}://{place}{f':{port}' if port is not None else ''}{path}"


def join(workplace: Workplace, client: HubClient, *, token: str, node_name: str) -> Membership:
    """Enrol with a one-time invitation; repeating it with the same hub and token does no harm.

    Without a token the hub is asked whether it knows our key already: so a node that has lost its database comes
    back. With one, a node comes back whose key the hub does not take any more, under another key. Raises
    `AlreadyJoined`, `HubNotFound`, or the hub's refusal.
    """
    with workplace.database.unit_of_work(read_only=True) as session:
        standing = memberships.find(session)
    said = {"token": token, "node_name": node_name}
    try:
        if standing is not None:
            return _come_back(workplace, client, standing, said)
        return _enter(workplace, client, said) if token else _recall(workplace, client)
    except HubAway as error:
        raise HubNotFound(hub=client.origin, cause=error.data["cause"]) from error


def _enter(workplace: Workplace, client: HubClient, said: dict[str, str]) -> Membership:
    """Enrol, or take our own place again when the hub knows our key from before the database was lost."""
    if public_keys.chain(workplace.folder, workplace.key.id):
        # To a hub that was restored from before our key we would be a new node, which has published nothing.
        try:
            return _recall(workplace, client)
        except RefusedByHub as error:
            if error.problem_code not in (KeyUnknown.code, KeyRevoked.code):
                raise
    try:
        return keep(workplace, client.ask("/enrolments", request(workplace.key, **said), EnrolmentReply))
    except RefusedByHub as error:
        if error.problem_code not in (AlreadyExists.code, KeyRevoked.code):
            raise
    try:
        # A key that is in use needs no invitation, which stays good for another node.
        return _remember(workplace, client)
    except RefusedByHub as error:
        if error.problem_code != KeyRevoked.code:
            raise
    return _under_another_key(workplace, client, {**said, "former_key": workplace.key.id})


def _recall(workplace: Workplace, client: HubClient) -> Membership:
    """Hear who we are, also from a hub that was restored and knows only a key from which ours follows."""
    return rotation.known_again(workplace, lambda: _remember(workplace, client), origin=client.origin)


def _remember(workplace: Workplace, client: HubClient) -> Membership:
    """Hear from the hub who we are to it."""
    return keep(workplace, client.get("/membership", EnrolmentReply))


def _come_back(workplace: Workplace, client: HubClient, standing: Membership, said: dict[str, str]) -> Membership:
    """Take our own place again, with all that we have published, when the hub does not take our key any more.

    A key that it does not know is shown once more; for one that is out of use a new one is made.
    """
    if not said["token"] or client.origin != standing.origin:
        raise AlreadyJoined(hub=standing.origin)
    try:
        # One that came back and died before it had noted all of it notes it now.
        _remember(workplace, client)
        raise AlreadyJoined(hub=standing.origin)
    except RefusedByHub as error:
        if error.problem_code not in (KeyUnknown.code, KeyRevoked.code):
            raise
        revoked = error.problem_code == KeyRevoked.code
    said = {**said, **place_of(standing)}
    if revoked:
        return _under_another_key(workplace, client, said)
    return keep(workplace, client.ask("/enrolments", request(workplace.key, **said), EnrolmentReply))


def _under_another_key(workplace: Workplace, client: HubClient, said: dict[str, str]) -> Membership:
    try:
        key, reply = _enrol_anew(workplace, client.origin, said)
    except RefusedByHub as error:
        if error.problem_code not in (AlreadyExists.code, KeyRevoked.code):
            raise
        # The next key was let in once and is out of use by now, too.
        (workplace.folder / NEXT).unlink()
        key, reply = _enrol_anew(workplace, client.origin, said)
    rotation.take_into_use(workplace, key)
    return keep(workplace, reply)


def _enrol_anew(workplace: Workplace, origin: str, said: dict[str, str]) -> tuple[Key, dict[str, Any]]:
    key = keys.make_key(workplace.folder, passphrase=workplace.settings.key_passphrase, name=NEXT)
    asked = request(key, **said)
    return key, HubClient(origin, key, workplace.settings).ask("/enrolments", asked, EnrolmentReply)


def place_of(standing: Membership) -> dict[str, str]:
    """How a member that comes back says where it was; another institution may have its place by now."""
    return {"node_id": standing.node_id, "institution": standing.institution_code}


def keep(workplace: Workplace, reply: dict[str, Any]) -> Membership:
    """Note whose the node is, the hub's key, and which keys the node has had.

    Raises `ProtocolUnknown`, or `HubKeyDiffers` when this is not the hub's key that the node knows.
    """
    speaking.check_hub(reply)
    hub_keys.meet(workplace.folder, reply["origin"], key_id(load_public_jwk(reply["hub_key"])))
    own = PublicKey(workplace.key.jwk)
    public_keys.learn(workplace.folder, reply["keys"], own=own, origin=reply["origin"])
    with workplace.database.unit_of_work() as session:
        # What was proved equal was proved under another key: it is compared at the next opportunity.
        session.execute(delete(Reconciliation))
    return memberships.keep(workplace, reply)


def request(
    key: Key, *, token: str, node_name: str, node_id: str = "", former_key: str = "", institution: str = ""
) -> dict[str, Any]:
    """What a node says when it asks to join, or to come back as `node_id` or as who had the `former_key`.

    It is an `EnrolmentRequest`.
    """
    given = {"node_id": node_id, "former_key": former_key, "institution": institution}
    return {
        "protocol": PROTOCOL,
        "token": token.strip(),
        "node_name": node_name,
        "public_key": key.jwk,
        **{name: value for name, value in given.items() if value},
    }
