"""Changing the review policy: another document comes into force as the next version."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from federation import checklist, entitlement, policies
from federation.checklist import Policy
from federation.models.people import User
from shared.errors import Forbidden, PolicyChanged, PolicySame, ReasonMissing
from shared.validation import plain

MAX_REASON = 1000


def change(session: Session, document: Any, *, based_on: int, author: User, reason: str) -> Policy:
    """Put another document in force as the next version.

    `based_on` is the version that its author has read. Raises `Forbidden`, `ReasonMissing`, `InvalidRequest` naming
    each fault, `PolicyChanged` when another version came into force meanwhile, and `PolicySame`.
    """
    if not entitlement.leads_review(author):
        raise Forbidden()
    reason = plain(reason).strip()[:MAX_REASON]
    if not reason:
        raise ReasonMissing()
    text = checklist.written(document)
    standing = policies.kept(session)
    if standing.number != based_on:
        raise PolicyChanged(number=standing.number)
    if text == standing.document:
        raise PolicySame(number=standing.number)
    changed = checklist.read(standing.number + 1, text)
    policies.add(session, changed, before=policies.newest(session), author=author, reason=reason)
    return changed
