"""The register of the nodes' keys: which the hub takes, how one follows another, and putting one out of use.

A key is followed by the next by an endorsement (`shared.endorsement`), so that everybody can go back from any key to
the one with which the node was let in. A node shows the hub as many links of that chain as it needs: one that was
restored from a backup has lost the last ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import auditlog, forbidden_keys, sequences
from federation.models.institutions import ForbiddenKey, Node, NodeKey
from shared.endorsement import endorser
from shared.errors import (
    AlreadyExists,
    FieldError,
    InvalidRequest,
    KeyRevoked,
    KeyUnknown,
    MoveNotAllowed,
    ReasonMissing,
    SignatureInvalid,
)
from shared.signing import key_id, load_public_jwk
from shared.validation import plain
from shared.wording import Words

ACTIVE, SUSPENDED, RETIRED, REVOKED = "active", "suspended", "retired", "revoked"
FORBIDDEN = "forbidden"
"""What a key is said to be that no node has and nobody may bring (`federation.forbidden_keys`)."""
MAX_KEY_REASON = 500
FOLLOWED = Words("its node has changed to another key", "节点已换用另一把密钥")
KEY_MOVES: Mapping[str, frozenset[str]] = {
    ACTIVE: frozenset({SUSPENDED, REVOKED}),
    SUSPENDED: frozenset({ACTIVE, REVOKED}),
    RETIRED: frozenset({REVOKED}),
    REVOKED: frozenset(),
}
"""What may become of a key: a revoked one never comes back, one that was followed by another may still be revoked."""


@dataclass(frozen=True)
class Link:
    """A key, and the statement of the key before it that it follows; `id` is its thumbprint."""

    id: str
    jwk: dict[str, Any]
    endorsement: str

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Link:
        """From a checked `KeyLink` or `KeyRequest`."""
        return cls(key_id(load_public_jwk(message["public_key"])), message["public_key"], message["endorsement"])


def chain_of(asked: Mapping[str, Any]) -> list[Link]:
    """The links of a checked `KeyRequest`, the key that is to be in use the last."""
    return [*(Link.of(one) for one in asked.get("chain", ())), Link.of(asked)]


def rooted(session: Session, links: Sequence[Link], *, origin: str) -> tuple[NodeKey, list[Link]]:
    """The nearest key of the register from which these links lead to the last one, and those that it lacks.

    Raises `SignatureInvalid` for a link that does not hold, `KeyUnknown` when they lead to no key of the register, or
    `KeyRevoked` when one of them is forbidden.
    """
    given = {link.id: link for link in links}

    def find(kid: str) -> Ed25519PublicKey:
        return load_public_jwk(given[kid].jwk if kid in given else known_key(session, kid).jwk)

    lacking: list[Link] = []
    kid = links[-1].id
    while kid in given and (not lacking or session.get(NodeKey, kid) is None):
        # Each link is used once: statements that go round in a circle lead nowhere.
        lacking.insert(0, link := given.pop(kid))
        kid = endorser(link.endorsement, new_key=link.id, origin=origin, find_key=find)
    root = known_key(session, kid)
    forbidden_keys.check(session, *(link.id for link in lacking))
    return root, lacking


def check_endorsed(session: Session, links: Sequence[Link], *, origin: str) -> None:
    """Raise what speaks against the last of these links: as `rotate` does, before anything is written."""
    root, _lacking = rooted(session, links, origin=origin)
    standing = session.get(NodeKey, links[-1].id)
    if root.state != ACTIVE and (standing is None or standing.state != ACTIVE):
        raise out_of_use(root)


def key_or_follower(
    session: Session, kid: str, links: Sequence[Link], *, origin: str
) -> tuple[NodeKey, Mapping[str, Any]]:
    """A key in use and its public half; for one that the register lacks, that from which `links` lead to it, and its.

    Raises `KeyUnknown`, `KeyRevoked`, or `SignatureInvalid` for a link that does not hold. Changes nothing.
    """
    if not links or links[-1].id != kid or session.get(NodeKey, kid) is not None:
        known = usable_key(session, kid)
        return known, known.jwk
    check_endorsed(session, links, origin=origin)
    return rooted(session, links, origin=origin)[0], links[-1].jwk


def rotate(session: Session, links: Sequence[Link], *, signed_by: str, origin: str) -> NodeKey:
    """Let a node's key be followed by the last of `links`, which signed this request.

    Asked again it gives the same answer. Raises `SignatureInvalid`, `KeyUnknown`, `KeyRevoked` when the key that the
    register knows is out of use, or `AlreadyExists` for a key that is somebody's already.
    """
    if links[-1].id != signed_by:
        raise SignatureInvalid()
    sequences.hold(session, sequences.KEYS)
    old, lacking = rooted(session, links, origin=origin)
    standing = session.get(NodeKey, signed_by)
    if standing is not None:
        if standing.node_id != old.node_id or standing.state != ACTIVE:
            raise AlreadyExists(what="key")
        return standing
    if old.state != ACTIVE:
        raise out_of_use(old)
    for link in lacking:
        old = _follow(session, old, link)
    return old


def _follow(session: Session, old: NodeKey, link: Link) -> NodeKey:
    new = NodeKey(id=link.id, node_id=old.node_id, jwk=link.jwk, endorsement=link.endorsement)
    session.add(new)
    old.state, old.state_reason = RETIRED, ""
    session.flush()
    said = {"old": old.id, "new": new.id, "endorsement": link.endorsement}
    actor = auditlog.machine(old.node_id)
    auditlog.record(session, auditlog.Happening(actor, "key.rotated", f"key:{old.id}", detail=said))
    return new


def replace(session: Session, node: Node, *, by: str) -> None:
    """Put the node's keys that are in use out of it: with a new invitation it has come back under the key `by`.

    One that is suspended goes, too: it could be let in again, beside the one that has followed it.
    """
    standing = select(NodeKey).where(NodeKey.node_id == node.id, NodeKey.state.in_((ACTIVE, SUSPENDED)))
    for old in session.scalars(standing):
        old.state, old.state_reason = RETIRED, ""
        said = {"old": old.id, "new": by}
        actor = auditlog.machine(node.id)
        auditlog.record(session, auditlog.Happening(actor, "key.replaced", f"key:{old.id}", detail=said))


def keys_of(session: Session, node_id: str) -> Sequence[NodeKey]:
    """All keys of a node, the first the first."""
    query = select(NodeKey).where(NodeKey.node_id == node_id).order_by(NodeKey.created_at, NodeKey.id)
    return session.scalars(query).all()


def known_key(session: Session, kid: str, *, anew: bool = False) -> NodeKey:
    """The key with that id; with `anew`, as it is now, whatever was read before.

    Raises `KeyUnknown`, or `KeyRevoked` for one that is forbidden.
    """
    key = session.get(NodeKey, kid, populate_existing=anew)
    if key is None:
        forbidden_keys.check(session, kid)
        raise KeyUnknown()
    return key


def usable_key(session: Session, kid: str) -> NodeKey:
    """The key with that id. Raises `KeyUnknown`, or `KeyRevoked` when it is suspended, revoked or forbidden."""
    key = known_key(session, kid)
    if key.state != ACTIVE:
        raise out_of_use(key)
    return key


def out_of_use(key: NodeKey) -> KeyRevoked:
    """The error that says why the key is not taken: the reason that was given, or that another has followed it."""
    return KeyRevoked(reason=key.state_reason or FOLLOWED)


def set_key_state(session: Session, kid: str, *, state: str, reason: str, actor: str) -> NodeKey:
    """Suspend, revoke or re-activate a key; what it signed before stays verifiable.

    Raises `KeyUnknown`, `ReasonMissing`, or `MoveNotAllowed`: what was revoked or followed by another stays so.
    """
    sequences.hold(session, sequences.KEYS)
    key = known_key(session, kid, anew=True)
    reason = _checked_reason(reason)
    if state not in KEY_MOVES[key.state]:
        raise MoveNotAllowed(state=key.state, to=state)
    key.state, key.state_reason = state, reason
    session.flush()
    auditlog.record(session, auditlog.Happening(actor, f"key.{state}", f"key:{kid}", reason))
    return key


def set_any_key_state(session: Session, kid: str, *, state: str, reason: str, actor: str) -> str:
    """As `set_key_state`; a key that the register does not list is forbidden when it is to be revoked.

    Gives the state in which it is listed from now on. Raises what `set_key_state` and `forbidden_keys.forbid` raise.
    """
    sequences.hold(session, sequences.KEYS)
    if session.get(NodeKey, kid) is not None:
        return set_key_state(session, kid, state=state, reason=reason, actor=actor).state
    if state == REVOKED:
        forbidden_keys.forbid(session, kid, reason=_checked_reason(reason), actor=actor)
    elif session.get(ForbiddenKey, kid) is not None:
        raise MoveNotAllowed(state=FORBIDDEN, to=state)
    else:
        raise KeyUnknown()
    return FORBIDDEN


def _checked_reason(reason: str) -> str:
    reason = plain(reason).strip()
    if not reason:
        raise ReasonMissing()
    if len(reason) > MAX_KEY_REASON:
        raise InvalidRequest(
            errors=[FieldError("/reason", "too_long", {"max": MAX_KEY_REASON, "length": len(reason)})]
        )
    return reason
