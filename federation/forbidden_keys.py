"""Keys that the hub does not list, and that nobody may bring to it.

A hub that was restored from a backup has forgotten the keys which came after it, and that some of them were revoked.
Whoever holds such a key could have it listed again by the chain of endorsements that leads to it, so it is forbidden
by its id alone; the hub need not know the key itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import auditlog
from federation.models.institutions import ForbiddenKey
from shared.errors import FieldError, InvalidRequest, KeyRevoked, SignatureInvalid
from shared.jws import from_base64url

THUMBPRINT_BYTES = 32
"""A key's id is a SHA-256 in base64url (RFC 7638)."""


def forbid(session: Session, kid: str, *, reason: str, actor: str) -> ForbiddenKey:
    """Forbid the key with that id, which the register does not list; a forbidden one stays as it is.

    Raises `InvalidRequest` for what cannot be the id of a key: a slip of the pen must not look as if it had helped.
    """
    if not _is_thumbprint(kid):
        raise InvalidRequest(errors=[FieldError("/key_id", "bad_key_id", {"value": kid[:80]})])
    found = session.get(ForbiddenKey, kid)
    if found is None:
        found = ForbiddenKey(id=kid, reason=reason)
        session.add(found)
        session.flush()
        auditlog.record(session, auditlog.Happening(actor, "key.forbidden", f"key:{kid}", reason))
    return found


def check(session: Session, *kids: str) -> None:
    """Raise `KeyRevoked` if one of these keys is forbidden, with the reason."""
    query = select(ForbiddenKey).where(ForbiddenKey.id.in_(kids)).order_by(ForbiddenKey.id).limit(1)
    found = session.scalar(query)
    if found is not None:
        raise KeyRevoked(reason=found.reason)


def listed(session: Session) -> Sequence[ForbiddenKey]:
    """All that are forbidden, the first the first."""
    return session.scalars(select(ForbiddenKey).order_by(ForbiddenKey.created_at, ForbiddenKey.id)).all()


def _is_thumbprint(kid: str) -> bool:
    try:
        return len(from_base64url(kid)) == THUMBPRINT_BYTES
    except SignatureInvalid:
        return False
