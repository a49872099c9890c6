"""How an institution joins: created by an admin, invited once, enrolled by its node's key."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import uuid6
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from federation import auditlog
from federation.models.base import now
from federation.models.institutions import Institution, Invitation, Node, NodeKey
from federation.publication import BETANUMERIC
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
    TokenExpired,
    TokenInvalid,
    TokenUsed,
)
from shared.signing import key_id, load_public_jwk
from shared.validation import plain
from shared.vocabularies import vocabulary

CONSONANTS = BETANUMERIC[10:]
RETIRED = "retired"
MAX_KEY_REASON = 500
KEY_MOVES: Mapping[str, frozenset[str]] = {
    "active": frozenset({"suspended", "revoked"}),
    "suspended": frozenset({"active", "revoked"}),
    "retired": frozenset({"revoked"}),
    "revoked": frozenset(),
}
"""What may become of a key: a revoked one never comes back, one that was followed by another may still be revoked."""


def create_institution(
    session: Session, *, code: str, kind: str, name_zh: str, name_en: str, actor: str
) -> Institution:
    """Make a member. Raises `AlreadyExists` for a code that is taken, `InvalidRequest` for bad values."""
    name_zh, name_en = plain(name_zh).strip(), plain(name_en).strip()
    faults = []
    if not re.fullmatch(r"[a-z0-9-]{1,64}", code):
        faults.append(FieldError("/code", "bad_code"))
    if kind not in vocabulary("institution-kinds"):
        allowed = ", ".join(vocabulary("institution-kinds").terms)
        said = {"value": kind, "vocabulary": "institution-kinds", "allowed": allowed}
        faults.append(FieldError("/kind", "unknown_term", said))
    for pointer, name in (("/name_zh", name_zh), ("/name_en", name_en)):
        if len(name) > 200:
            faults.append(FieldError(pointer, "too_long", {"max": 200, "length": len(name)}))
    if not name_zh and not name_en:
        faults.append(FieldError("/name_zh", "required"))
    if faults:
        raise InvalidRequest(errors=faults)
    if session.scalar(select(Institution.id).where(Institution.code == code)) is not None:
        raise AlreadyExists(what=code)
    count = session.scalar(select(func.max(Institution.id))) or 0
    institution = Institution(code=code, kind=kind, name_zh=name_zh, name_en=name_en, shoulder=shoulder(count))
    session.add(institution)
    session.flush()
    auditlog.record(session, auditlog.Happening(actor, "institution.created", f"institution:{code}"))
    return institution


def shoulder(number: int) -> str:
    """The ARK shoulder of the `number`-th member: consonants that end in one digit (primordinal), all different."""
    letters, digit = divmod(number, 9)
    name = ""
    while True:
        letters, letter = divmod(letters, len(CONSONANTS))
        name = CONSONANTS[letter] + name
        if letters == 0:
            return f"{name}{digit + 1}"
        letters -= 1


def invite(session: Session, institution: Institution, *, days: int, actor: str) -> str:
    """A one-time token with which one node of `institution` may enrol within `days`; only its hash is kept."""
    # Hexadecimal: no sign of it can be taken for an option on a command line, or misheard on the telephone.
    token = secrets.token_hex(20)
    session.add(
        Invitation(institution_id=institution.id, token_sha256=_hash(token), expires_at=now() + timedelta(days=days))
    )
    session.flush()
    auditlog.record(session, auditlog.Happening(actor, "institution.invited", f"institution:{institution.code}"))
    return token


def enrol(session: Session, *, token: str, node_name: str, public_key: dict[str, Any], signed_by: str) -> Node:
    """Enrol a node that has proved to hold its key (`signed_by` signed the request).

    The same token with the same key gives the same node again, so that a lost answer does no harm. Raises
    `TokenInvalid`, `TokenUsed`, `TokenExpired`, or `SignatureInvalid` when another key signed.
    """
    if key_id(load_public_jwk(public_key)) != signed_by:
        raise SignatureInvalid()
    invitation = _take(session, token)
    key = session.get(NodeKey, signed_by)
    if invitation.used_at is not None:
        if key is not None and key.node_id == invitation.node_id:
            return key.node
        raise TokenUsed()
    if invitation.expires_at < now():
        raise TokenExpired()
    if key is not None:
        raise AlreadyExists(what="key")
    node = Node(id=str(uuid6.uuid7()), institution_id=invitation.institution_id, name=node_name)
    node.institution = invitation.institution
    session.add(node)
    session.flush()
    session.add(NodeKey(id=signed_by, node_id=node.id, jwk=public_key))
    invitation.used_at, invitation.node_id = now(), node.id
    session.flush()
    said = {"institution": invitation.institution.code, "key": signed_by}
    auditlog.record(
        session, auditlog.Happening(auditlog.machine(node.id), "node.enrolled", f"node:{node.id}", detail=said)
    )
    return node


def rotate(session: Session, *, public_key: dict[str, Any], endorsement: str, signed_by: str, origin: str) -> NodeKey:
    """Let a node's key be followed by the next, which the old one endorses and which signed this request.

    Asked again it gives the same answer. Raises `SignatureInvalid`, `KeyUnknown`, `KeyRevoked` when the endorsing
    key is out of use, or `AlreadyExists` for a key that is somebody's already.
    """
    if key_id(load_public_jwk(public_key)) != signed_by:
        raise SignatureInvalid()
    old = _known_key(session, endorser_of(session, endorsement, new_key=signed_by, origin=origin).id, hold=True)
    standing = session.get(NodeKey, signed_by)
    if standing is not None:
        if standing.node_id != old.node_id or standing.state != "active":
            raise AlreadyExists(what="key")
        return standing
    if old.state != "active":
        raise KeyRevoked(reason=old.state_reason or old.state)
    new = NodeKey(id=signed_by, node_id=old.node_id, jwk=public_key, endorsement=endorsement)
    session.add(new)
    old.state, old.state_reason = RETIRED, ""
    session.flush()
    said = {"old": old.id, "new": new.id, "endorsement": endorsement}
    actor = auditlog.machine(old.node_id)
    auditlog.record(session, auditlog.Happening(actor, "key.rotated", f"key:{old.id}", detail=said))
    return new


def endorser_of(session: Session, endorsement: str, *, new_key: str, origin: str) -> NodeKey:
    """The key that endorses `new_key` at this hub. Raises `SignatureInvalid` or `KeyUnknown`."""

    def find(kid: str) -> Ed25519PublicKey:
        return load_public_jwk(_known_key(session, kid).jwk)

    return _known_key(session, endorser(endorsement, new_key=new_key, origin=origin, find_key=find))


def _known_key(session: Session, kid: str, *, hold: bool = False) -> NodeKey:
    """The key with that id; with `hold`, to the end of the transaction. Raises `KeyUnknown`."""
    key = session.get(NodeKey, kid, with_for_update=hold, populate_existing=hold)
    if key is None:
        raise KeyUnknown()
    return key


def usable_key(session: Session, kid: str) -> NodeKey:
    """The key with that id. Raises `KeyUnknown`, or `KeyRevoked` when it is suspended or revoked."""
    key = session.get(NodeKey, kid)
    if key is None:
        raise KeyUnknown()
    if key.state != "active":
        raise KeyRevoked(reason=key.state_reason or key.state)
    return key


def set_key_state(session: Session, kid: str, *, state: str, reason: str, actor: str) -> NodeKey:
    """Suspend, revoke or re-activate a key; what it signed before stays verifiable.

    Raises `KeyUnknown`, `ReasonMissing`, or `MoveNotAllowed`: what was revoked or followed by another stays so.
    """
    key = _known_key(session, kid, hold=True)
    reason = plain(reason).strip()
    if not reason:
        raise ReasonMissing()
    if len(reason) > MAX_KEY_REASON:
        raise InvalidRequest(
            errors=[FieldError("/reason", "too_long", {"max": MAX_KEY_REASON, "length": len(reason)})]
        )
    if state not in KEY_MOVES[key.state]:
        raise MoveNotAllowed(state=key.state, to=state)
    key.state, key.state_reason = state, reason
    session.flush()
    auditlog.record(session, auditlog.Happening(actor, f"key.{state}", f"key:{kid}", reason))
    return key


def invitation_of(session: Session, token: str) -> Invitation:
    """The invitation with that token. Raises `TokenInvalid`."""
    invitation = session.scalar(select(Invitation).where(Invitation.token_sha256 == _hash(token)))
    if invitation is None:
        raise TokenInvalid()
    return invitation


def _take(session: Session, token: str) -> Invitation:
    """The invitation, its row held to the end of the transaction: two nodes with one token wait for each other."""
    wanted = Invitation.token_sha256 == _hash(token)
    held = update(Invitation).where(wanted).values(token_sha256=Invitation.token_sha256)
    session.execute(held.execution_options(synchronize_session=False))
    return invitation_of(session, token)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8")).hexdigest()
