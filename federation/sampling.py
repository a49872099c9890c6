"""Sampling: each month a twelfth of the policy's yearly share of what is public is drawn to be reviewed again.

Nobody reviews again what they approved themselves. A draw changes no state: what comes of a doubt is decided by a
person, with a takedown or a request to the institution.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from federation import auditlog, entitlement, policies
from federation.models.base import insert_rows, now
from federation.models.events import FeedEntry
from federation.models.people import User
from federation.models.policies import Rereview, Sampling
from federation.models.resources import Resource, ResourceVersion
from federation.models.reviews import Decision
from federation.publication import PUBLISHED
from federation.verdicts import APPROVE
from shared.errors import AlreadyDone, CommonsError, FieldError, InvalidRequest, NotFound, OwnApproval, ReasonMissing
from shared.validation import plain

SOUND, DOUBTFUL = "sound", "doubtful"
OUTCOMES = (SOUND, DOUBTFUL)
MAX_NOTE = 2000
SHOWN = 100
"""Draws that the list shows at once."""
Choose = Callable[[Sequence[int], int], list[int]]
CHANCE: Choose = random.SystemRandom().sample
SYSTEM = "system:sampling"
"""The drawer, as the audit log names it."""


def draw(session: Session, *, moment: datetime | None = None, choose: Choose = CHANCE) -> int:
    """Draw this month's sample, once; how many were drawn.

    A share that is no whole number is rounded so that the year has what the policy asks for. A version that was
    drawn in the twelve months before is left out.
    """
    moment = moment or now()
    month = f"{moment:%Y-%m}"
    percent = policies.current(session).sample_percent
    if not percent or session.get(Sampling, month) is not None:
        return 0
    year_before = f"{moment.year - 1:04}-{moment.month:02}"
    lately = select(Rereview.version_id).where(Rereview.month > year_before)
    public = select(FeedEntry.version_id).where(FeedEntry.latest, FeedEntry.kind == PUBLISHED)
    candidates = list(
        session.scalars(public.where(FeedEntry.version_id.not_in(lately)).order_by(FeedEntry.version_id))
    )
    total = session.scalar(select(func.count()).select_from(public.subquery())) or 0
    size = min(len(candidates), _share(total, percent, moment.month))
    drawn = choose(candidates, size)
    try:
        with session.begin_nested():
            session.add(Sampling(month=month, public=total, drawn=len(drawn)))
    except IntegrityError:
        # Another host has just drawn this month's.
        return 0
    rows = [
        {"version_id": version_id, "month": month, "drawn_at": moment, "outcome": "", "note": ""}
        for version_id in drawn
    ]
    insert_rows(session, Rereview, rows)
    detail = {"month": month, "percent": percent, "public": total, "drawn": len(drawn)}
    auditlog.record(session, auditlog.Happening(SYSTEM, "review.sampled", "policy:review", detail=detail))
    return len(drawn)


def _share(public: int, percent: int, month: int) -> int:
    """The month's part of the year's sample: what the months so far must have, less what those before had."""
    yearly = Fraction(public * percent, 100)
    return round(yearly * month / 12) - round(yearly * (month - 1) / 12)


def waiting(session: Session) -> list[Rereview]:
    """What was drawn and nobody has looked at yet, the oldest first."""
    return list(session.scalars(_loaded().where(Rereview.outcome == "").order_by(Rereview.id).limit(SHOWN)))


def done(session: Session) -> list[Rereview]:
    """What was looked at, the latest first."""
    return list(
        session.scalars(_loaded().where(Rereview.outcome != "").order_by(Rereview.done_at.desc()).limit(SHOWN))
    )


def obstacles(session: Session, drawn: Sequence[Rereview], reviewer: User) -> list[CommonsError | None]:
    """For each: why the person may not review it again, or None."""
    mine = entitlement.of(session, reviewer, policies.current(session))
    ids = [one.version_id for one in drawn]
    approved = select(Decision.version_id).where(
        Decision.version_id.in_(ids), Decision.reviewer_id == reviewer.id, Decision.verdict == APPROVE
    )
    own = set(session.scalars(approved))
    return [mine.obstacle(one.version) or (OwnApproval() if one.version_id in own else None) for one in drawn]


def conclude(session: Session, rereview_id: int, *, reviewer: User, outcome: str, note: str) -> Rereview:
    """Say what came of a second look: `sound`, or `doubtful` with what is wrong.

    Raises `NotFound`, `AlreadyDone`, `InvalidRequest`, `ReasonMissing`, or why the person may not (`obstacles`).
    """
    drawn: Rereview | None = session.scalar(_loaded().where(Rereview.id == rereview_id).with_for_update(of=Rereview))
    if drawn is None:
        raise NotFound()
    [hindrance] = obstacles(session, [drawn], reviewer)
    if hindrance is not None:
        raise hindrance
    if drawn.outcome:
        raise AlreadyDone()
    note = plain(note).strip()
    if outcome not in OUTCOMES:
        said = {"value": outcome[:40], "vocabulary": "outcomes", "allowed": ", ".join(OUTCOMES)}
        raise InvalidRequest(errors=[FieldError("/outcome", "unknown_term", said)])
    if len(note) > MAX_NOTE:
        raise InvalidRequest(errors=[FieldError("/note", "too_long", {"max": MAX_NOTE, "length": len(note)})])
    if outcome == DOUBTFUL and not note:
        raise ReasonMissing()
    drawn.outcome, drawn.note, drawn.reviewer_id, drawn.done_at = outcome, note, reviewer.id, now()
    version = drawn.version
    subject, actor = f"resource:{version.resource_id}", auditlog.person(reviewer.id)
    detail = {"version": version.version, "month": drawn.month}
    happening = auditlog.Happening(actor, f"rereview.{outcome}", subject, note, after=version.sha256, detail=detail)
    auditlog.record(session, happening)
    return drawn


def _loaded() -> Any:
    owner = joinedload(Rereview.version).joinedload(ResourceVersion.resource).joinedload(Resource.institution)
    return select(Rereview).options(owner, joinedload(Rereview.reviewer))
