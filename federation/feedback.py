"""What the public says of a resource: it reaches the institution's node as a question, and is shown with its answer.

Nobody is asked who they are. What is not answered yet is seen by the institution and the alliance alone, so nothing
becomes public that nobody has read; the alliance can hide it again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, joinedload

from federation import auditlog, lifecycle, reasons
from federation.days import today
from federation.findings import personal_data
from federation.guessing import network
from federation.models.base import now
from federation.models.events import NodeEvent
from federation.models.feedback import Feedback
from federation.models.institutions import Node
from federation.models.people import User
from federation.models.resources import ResourceVersion
from federation.roles import Permission, may
from federation.settings import HubSettings
from shared.characters import VISIBLE
from shared.errors import (
    AlreadyDone,
    FieldError,
    Forbidden,
    InvalidRequest,
    NotFound,
    NotHidden,
    OwnInstitution,
    Throttled,
    TooMuchUnanswered,
)
from shared.feedback import ERASED, FEEDBACK_KINDS, HIDDEN, MAX_FEEDBACK, SHOWN
from shared.identifiers import fresh_id
from shared.validation import plain

WINDOW = timedelta(hours=1)
SENDER_KEPT = timedelta(days=1)
MAX_OPEN = 100
"""Open ones that a resource may have: who floods it stops here, and the institution has enough to do."""
COME_AGAIN = 86_400
MAX_REASON = 500
MOST_SHOWN = 50
PER_PAGE = 50
OPEN, ANSWERED = "open", "answered"
STATES: dict[str, ColumnElement[bool]] = {
    OPEN: Feedback.answered_at.is_(None) & Feedback.hidden_at.is_(None),
    ANSWERED: Feedback.answered_at.is_not(None) & Feedback.hidden_at.is_(None),
    HIDDEN: Feedback.hidden_at.is_not(None),
}
ACCEPTED, DUPLICATE, CONFLICT, UNKNOWN = "accepted", "duplicate", "conflict", "unknown"


@dataclass(frozen=True)
class Listed:
    """One page of feedback, and how many pages there are."""

    rows: list[Feedback]
    page: int
    pages: int


def give(
    session: Session,
    version: ResourceVersion,
    *,
    kind: str,
    text: str,
    address: str,
    settings: HubSettings,
    by_staff: bool = False,
) -> Feedback:
    """Take what somebody says of a public resource, and tell its node; sent twice it is taken once.

    `by_staff` says that it comes from somebody who works for the alliance or a member: it is answered as any other,
    and counted in no report.

    Raises `NotFound` for a version that is not public any more, `InvalidRequest` for what cannot be taken,
    `Throttled` for too much from one network, or `TooMuchUnanswered` for too much about one resource.
    """
    resource_id = version.resource_id
    text = plain(text).strip()
    faults = list(_faults(kind, text))
    if faults:
        raise InvalidRequest(errors=faults)
    sender = _sender(settings, address)
    lifecycle.lock(session, [resource_id])
    session.refresh(version)
    if version.state != "published":
        raise NotFound()
    same = (Feedback.sender == sender, Feedback.resource_id == resource_id, Feedback.text == text)
    standing = session.scalar(select(Feedback).where(*same).limit(1))
    if standing is not None:
        return standing
    _refuse_if_too_much(session, resource_id, sender, settings)
    given = Feedback(id=fresh_id(), version_id=version.id, resource_id=resource_id, kind=kind)
    given.text, given.sender, given.by_staff = text, sender, by_staff
    session.add(given)
    session.flush()
    lifecycle.tell(session, version, reason=text, question_id=given.id, feedback=kind)
    _log(session, given, "anonymous", "feedback.received", after=auditlog.blinded(session, text))
    return given


def hold(session: Session, ids: Collection[str]) -> None:
    """Keep these to the end of the transaction, in the order of their ids: two who answer them wait for no circle."""
    session.execute(select(Feedback.id).where(Feedback.id.in_(ids)).order_by(Feedback.id).with_for_update())


def take_answer(session: Session, node: Node, feedback_id: str, *, text: str, private: bool) -> str:
    """Take an institution's answer; the first one stands. The outcomes are those of `questions.answer`."""
    query = select(Feedback).where(Feedback.id == feedback_id).with_for_update(of=Feedback)
    given = session.scalar(query.execution_options(populate_existing=True))
    if given is None or given.version.resource.institution_id != node.institution_id:
        return UNKNOWN
    if given.erased_at is not None:
        # Its words are gone, and so are those of an answer that was under way.
        return DUPLICATE
    if given.answered_at is not None:
        return DUPLICATE if (given.answer, given.private) == (text, private) else CONFLICT
    given.answer, given.private, given.answered_at, given.answered_by = text, private, now(), node.id
    _log(session, given, auditlog.machine(node.id), "feedback.answered", after=auditlog.blinded(session, text))
    return ACCEPTED


def shown(session: Session, resource_id: str) -> list[Feedback]:
    """What the public sees of a resource's feedback, each with its answer, the newest first."""
    wanted = select(Feedback).where(Feedback.resource_id == resource_id, STATES[ANSWERED], ~Feedback.private)
    return list(session.scalars(wanted.order_by(Feedback.answered_at.desc(), Feedback.id).limit(MOST_SHOWN)))


def of_resource(session: Session, resource_id: str) -> list[Feedback]:
    """What its institution sees: answered or not, the latest first; nothing of what the alliance has hidden."""
    wanted = select(Feedback).where(Feedback.resource_id == resource_id, Feedback.hidden_at.is_(None))
    return list(session.scalars(wanted.order_by(Feedback.at.desc(), Feedback.id).limit(MOST_SHOWN)))


def listed(session: Session, *, state: str, page: int) -> Listed:
    """Feedback of all institutions in a state (any other word: all), the newest first, each with its version."""
    wanted = (STATES[state],) if state in STATES else ()
    total = session.scalar(select(func.count(Feedback.id)).where(*wanted)) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    query = select(Feedback).where(*wanted).options(joinedload(Feedback.version).joinedload(ResourceVersion.resource))
    rows = query.order_by(Feedback.at.desc(), Feedback.id).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    return Listed(list(session.scalars(rows)), page, pages)


def hide(session: Session, feedback_id: str, *, by: User, reason: str) -> Feedback:
    """Take it away from the public, with its answer, and tell its node that nobody has to answer it.

    Raises `Forbidden`, `NotFound`, `OwnInstitution` (nobody hides what is said of what is their own),
    `ReasonMissing`, `InvalidRequest` for a long one, or `AlreadyDone`.
    """
    return _turn(session, feedback_id, by=by, reason=reason, hidden=True)


def show(session: Session, feedback_id: str, *, by: User, reason: str) -> Feedback:
    """Let it be seen again. Raises as `hide` does, and `AlreadyDone` when it was erased."""
    return _turn(session, feedback_id, by=by, reason=reason, hidden=False)


def erase(session: Session, feedback_id: str, *, by: User, reason: str) -> Feedback:
    """Erase the words of what is hidden and of its answer, here and at the node: they tell of a person, say.

    That it was, when, and who hid and erased it stays, and so do older backups. Raises as `hide` does, and
    `NotHidden` for what the public may still see.
    """
    given = _held(session, feedback_id, by=by)
    reason = reasons.checked(reason, most=MAX_REASON)
    if given.erased_at is not None:
        raise AlreadyDone()
    if given.hidden_at is None:
        raise NotHidden()
    given.text, given.answer, given.erased_at = "", "", now()
    told = update(NodeEvent).where(NodeEvent.question_id == given.id, NodeEvent.feedback.in_(FEEDBACK_KINDS))
    session.execute(told.values(reason=""), execution_options={"synchronize_session": False})
    lifecycle.tell(session, given.version, reason=reason, question_id=given.id, feedback=ERASED)
    _log(session, given, auditlog.person(by.id), "feedback.erased", reason=reason)
    return given


def forget_senders(session: Session) -> None:
    """Erase by what somebody who sends a lot was known for a day."""
    old = update(Feedback).where(Feedback.at < now() - SENDER_KEPT, Feedback.sender != "").values(sender="")
    session.execute(old, execution_options={"synchronize_session": False})


def _held(session: Session, feedback_id: str, *, by: User) -> Feedback:
    """One that `by` may judge, kept to the end of the transaction."""
    if not may(by, Permission.LEAD_REVIEW):
        raise Forbidden()
    given = session.get(Feedback, feedback_id)
    if given is None:
        raise NotFound()
    lifecycle.lock(session, [given.resource_id])
    session.refresh(given, with_for_update={"of": Feedback})
    if by.institution_id == given.version.resource.institution_id:
        raise OwnInstitution()
    return given


def _turn(session: Session, feedback_id: str, *, by: User, reason: str, hidden: bool) -> Feedback:
    given = _held(session, feedback_id, by=by)
    reason = reasons.checked(reason, most=MAX_REASON)
    if (given.hidden_at is not None) == hidden or given.erased_at is not None:
        raise AlreadyDone()
    given.hidden_at = now() if hidden else None
    lifecycle.tell(session, given.version, reason=reason, question_id=given.id, feedback=HIDDEN if hidden else SHOWN)
    _log(
        session,
        given,
        auditlog.person(by.id),
        "feedback.hidden" if hidden else "feedback.shown",
        reason=reason,
    )
    return given


def _faults(kind: str, text: str) -> Iterator[FieldError]:
    if kind not in FEEDBACK_KINDS:
        fault = {"value": kind[:40], "vocabulary": "feedback", "allowed": ", ".join(FEEDBACK_KINDS)}
        yield FieldError("/kind", "unknown_term", fault)
    if not VISIBLE.search(text):
        yield FieldError("/text", "required")
    elif len(text) > MAX_FEEDBACK:
        yield FieldError("/text", "too_long", {"max": MAX_FEEDBACK, "length": len(text)})
    elif any(personal_data.found_in(text)):
        yield FieldError("/text", "personal_data")


def _refuse_if_too_much(session: Session, resource_id: str, sender: str, settings: HubSettings) -> None:
    lately = select(Feedback.at).where(Feedback.sender == sender, Feedback.at > now() - WINDOW)
    moments = list(session.scalars(lately.order_by(Feedback.at.desc()).limit(settings.feedback_per_hour)))
    if len(moments) >= settings.feedback_per_hour:
        raise Throttled(retry_after=max(1, round((moments[-1] + WINDOW - now()).total_seconds())))
    waiting = select(func.count(Feedback.id)).where(Feedback.resource_id == resource_id, STATES[OPEN])
    if (session.scalar(waiting) or 0) >= MAX_OPEN:
        raise TooMuchUnanswered(retry_after=COME_AGAIN)


def _sender(settings: HubSettings, address: str) -> str:
    """A hash of day and network that nobody without the hub's secret can try addresses against."""
    said = f"feedback:{today().isoformat()}:{network(address)}".encode("utf-8", "surrogatepass")
    return hmac.new(settings.secret_key.encode("utf-8"), said, hashlib.sha256).hexdigest()


def _log(session: Session, given: Feedback, actor: str, action: str, *, reason: str = "", after: str = "") -> None:
    detail = {"version": given.version.version, "feedback": given.id}
    subject = f"resource:{given.resource_id}"
    auditlog.record(session, auditlog.Happening(actor, action, subject, reason, after=after, detail=detail))
