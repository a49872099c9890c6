"""How an institution joins: created by an admin, invited once, enrolled by its node's key."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from federation import auditlog, forbidden_keys, key_register, sequences
from federation.models.base import now
from federation.models.institutions import Institution, Invitation, Node, NodeKey
from federation.publication import BETANUMERIC
from shared.carrying import invitation_proof
from shared.errors import (
    AlreadyExists,
    FieldError,
    InvalidRequest,
    InvitationForAnother,
    SignatureInvalid,
    TokenCancelled,
    TokenExpired,
    TokenInvalid,
    TokenUsed,
)
from shared.identifiers import fresh_id
from shared.signing import key_id, load_public_jwk
from shared.validation import plain
from shared.vocabularies import vocabulary
from shared.wording import Words

CONSONANTS = BETANUMERIC[10:]
THIS_KEY = Words("This key", "此密钥")


@dataclass(frozen=True)
class Place:
    """Where a node was before, as far as it knows: its id, or a key that it had; and its institution's code."""

    node_id: str = ""
    former_key: str = ""
    institution: str = ""

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Place:
        """From a checked request to join."""
        return cls(**{one.name: message.get(one.name, "") for one in fields(cls)})


ANEW = Place()


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
    expires_at = now() + timedelta(days=days)
    made = Invitation(institution_id=institution.id, token_sha256=hashed(token), expires_at=expires_at)
    session.add(made)
    session.flush()
    subject, detail = f"institution:{institution.code}", {"invitation": made.id}
    auditlog.record(session, auditlog.Happening(actor, "institution.invited", subject, detail=detail))
    return token


def enrol(
    session: Session,
    *,
    token_sha256: str,
    node_name: str,
    public_key: dict[str, Any],
    signed_by: str,
    place: Place = ANEW,
) -> Node:
    """Enrol a node that has proved to hold its key (`signed_by` signed the request), by its invitation's hash.

    The same token with the same key gives the same node again, so that a lost answer does no harm. A node whose key
    is out of use, lost, or unknown to a hub that was restored comes back to its `place`: all that it published is
    its own still, and what other keys it has are out of use from now on. Raises `TokenInvalid`, `TokenUsed`,
    `TokenCancelled`, `TokenExpired`, `InvitationForAnother`, `KeyRevoked` for a key that is forbidden or went out of
    use, `AlreadyExists` for one that came with another invitation, or `SignatureInvalid` when another key signed.
    """
    if key_id(load_public_jwk(public_key)) != signed_by:
        raise SignatureInvalid()
    sequences.hold(session, sequences.KEYS)
    invitation = _take(session, token_sha256)
    key = session.get(NodeKey, signed_by)
    if invitation.used_at is not None:
        if key is not None and key.node_id == invitation.node_id:
            return key_register.usable_key(session, key.id).node
        raise TokenUsed()
    if invitation.cancelled_at is not None:
        raise TokenCancelled()
    if invitation.expires_at < now():
        raise TokenExpired()
    if key is not None:
        raise AlreadyExists(what=THIS_KEY)
    forbidden_keys.check(session, signed_by)
    node, taken = _node(session, invitation, place, name=node_name)
    key_register.replace(session, node, by=signed_by)
    session.add(NodeKey(id=signed_by, node_id=node.id, jwk=public_key))
    invitation.used_at, invitation.node_id = now(), node.id
    session.flush()
    said = {"institution": invitation.institution.code, "key": signed_by, **({"taken": taken} if taken else {})}
    auditlog.record(
        session, auditlog.Happening(auditlog.machine(node.id), "node.enrolled", f"node:{node.id}", detail=said)
    )
    return node


def enrol_carried(session: Session, asked: Mapping[str, Any], *, signed_by: str) -> Node:
    """As `enrol`, for a checked `CarriedEnrolmentRequest`.

    Who has lost all but its key, and is not on the network to ask who it is, is told so: as there, a key that is in
    use needs no invitation, which stays good for another node. Raises what `enrol` raises.
    """
    try:
        return enrol(
            session,
            token_sha256=_proved(session, asked),
            node_name=asked["node_name"],
            public_key=asked["public_key"],
            signed_by=signed_by,
            place=Place.of(asked),
        )
    except AlreadyExists:
        return key_register.usable_key(session, signed_by).node


def _proved(session: Session, asked: Mapping[str, Any]) -> str:
    """The hash of the invitation that the request proves to know: each is tried. Raises `TokenInvalid`."""
    for token_sha256 in session.scalars(select(Invitation.token_sha256)):
        if hmac.compare_digest(invitation_proof(asked, token_sha256=token_sha256), asked["proof"]):
            return token_sha256
    raise TokenInvalid()


def _node(session: Session, invitation: Invitation, place: Place, *, name: str) -> tuple[Node, str]:
    """A new node of the institution that was invited, or the one that comes back; and the id that another has taken.

    A hub that was restored cannot tell who had an id that it has forgotten: whoever comes first has it. The node
    whose it was gets a place of its own, if the invitation is for the institution that it says it is of.
    """
    node_id, institution, taken = place.node_id, invitation.institution, ""
    if place.former_key and not node_id:
        known = session.get(NodeKey, place.former_key)
        node_id = known.node_id if known is not None else ""
    node = session.get(Node, node_id, with_for_update=True) if node_id else None
    if node is not None and node.institution_id != institution.id:
        if place.institution != institution.code:
            raise InvitationForAnother(institution=institution.name_zh)
        node, node_id, taken = None, "", node_id
    if node is None:
        node = Node(id=node_id or fresh_id(), institution_id=institution.id)
        node.institution = institution
        session.add(node)
    node.name = name
    session.flush()
    return node, taken


def invitation_of(session: Session, token_sha256: str) -> Invitation:
    """The invitation whose token has that hash. Raises `TokenInvalid`."""
    invitation = session.scalar(select(Invitation).where(Invitation.token_sha256 == token_sha256))
    if invitation is None:
        raise TokenInvalid()
    return invitation


def _take(session: Session, token_sha256: str) -> Invitation:
    """The invitation, its row held to the end of the transaction: two nodes with one token wait for each other."""
    wanted = Invitation.token_sha256 == token_sha256
    held = update(Invitation).where(wanted).values(token_sha256=Invitation.token_sha256)
    session.execute(held.execution_options(synchronize_session=False))
    return invitation_of(session, token_sha256)


def hashed(token: str) -> str:
    """What the hub keeps of an invitation: the SHA-256 of its token, hexadecimal."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()
