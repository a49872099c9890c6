"""Invitations after they were given: what became of each, and calling back one that went astray.

The token itself is nowhere: an invitation is named by its number.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from federation import auditlog
from federation.models.base import now
from federation.models.institutions import Institution, Invitation, Node
from shared.errors import FieldError, InvalidRequest, MoveNotAllowed, NoSuch, ReasonMissing
from shared.validation import plain
from shared.wording import Words

MAX_REASON = 500
MAX_NUMBER = 2**31 - 1
"""The largest number that an invitation can have on every engine."""
OPEN, USED, EXPIRED, CANCELLED = "open", "used", "expired", "cancelled"
STATES = {
    OPEN: Words("open", "未使用"),
    USED: Words("used", "已使用"),
    EXPIRED: Words("expired", "已过期"),
    CANCELLED: Words("cancelled", "已作废"),
}
INVITATION = Words("invitation", "邀请")
INVITATIONS_LISTED = Words(
    "“commons-hub invitation list” shows those there are", "用 commons-hub invitation list 列出现有的"
)


def state_of(invitation: Invitation) -> str:
    """What became of it (a key of `STATES`)."""
    if invitation.used_at is not None:
        return USED
    if invitation.cancelled_at is not None:
        return CANCELLED
    return EXPIRED if invitation.expires_at < now() else OPEN


def listed(session: Session) -> list[dict[str, Any]]:
    """All invitations, the first the first, with the node that came with each."""
    query = select(Invitation, Institution.code, Node.name).select_from(Invitation)
    query = query.join(Institution, Institution.id == Invitation.institution_id)
    query = query.outerjoin(Node, Node.id == Invitation.node_id)
    return [
        {
            "id": invitation.id,
            "institution": code,
            "state": state_of(invitation),
            "created": invitation.created_at.isoformat(timespec="seconds"),
            "expires": invitation.expires_at.isoformat(timespec="seconds"),
            "node": node or "",
            "reason": invitation.cancel_reason,
        }
        for invitation, code, node in session.execute(query.order_by(Invitation.id))
    ]


def cancel(session: Session, number: int, *, reason: str, actor: str) -> None:
    """Call back the invitation with that number; one that was called back stays so.

    Raises `NoSuch`, `ReasonMissing`, `InvalidRequest` for a reason that is too long, or `MoveNotAllowed` for one that
    was used: the node that came with it is stopped by its key.
    """
    reason = plain(reason).strip()
    if not reason:
        raise ReasonMissing()
    if len(reason) > MAX_REASON:
        raise InvalidRequest(errors=[FieldError("/reason", "too_long", {"max": MAX_REASON, "length": len(reason)})])
    # The condition is looked at when the row is held: whoever enrols with it at this moment holds it, too.
    still = (Invitation.id == number, Invitation.used_at.is_(None), Invitation.cancelled_at.is_(None))
    values = {"cancelled_at": now(), "cancel_reason": reason}
    changed = session.execute(update(Invitation).where(*still).values(**values).returning(Invitation.id)).first()
    invitation = session.get(Invitation, number, populate_existing=True)
    if invitation is None:
        raise NoSuch(what=INVITATION, name=str(number), remedy=INVITATIONS_LISTED)
    if invitation.used_at is not None:
        raise MoveNotAllowed(state=STATES[USED], to=STATES[CANCELLED])
    if changed is not None:
        subject, detail = f"institution:{invitation.institution.code}", {"invitation": number}
        auditlog.record(session, auditlog.Happening(actor, "invitation.cancelled", subject, reason, detail=detail))
