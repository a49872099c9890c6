"""Questions and answers: a reviewer asks, the institution's node learns of it as of all else, and sends its answer.

A question changes no state. The first answer to it stands; sending it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from federation import auditlog, entitlement, feedback, lifecycle, policies
from federation.feedback import ACCEPTED, CONFLICT, DUPLICATE, UNKNOWN
from federation.models.base import now
from federation.models.institutions import Node
from federation.models.people import User
from federation.models.questions import Question
from federation.models.resources import Resource, ResourceVersion
from shared.answering import MAX_ANSWER
from shared.characters import VISIBLE
from shared.errors import FieldError, InvalidRequest, MoveNotAllowed, NotLatest, QuestionMissing
from shared.identifiers import fresh_id
from shared.validation import plain

MAX_QUESTION = MAX_ANSWER


def ask(session: Session, version: ResourceVersion, *, reviewer: User, text: str) -> Question:
    """Ask the institution something about a version; its node finds the question among its status events.

    The same words again, while they wait for an answer, are the same question: a form may come twice.

    Raises what hinders the person from judging the version (`Forbidden`, `OwnInstitution`, `NotYourDiscipline`),
    `NotLatest` or `MoveNotAllowed` for one that is over, `QuestionMissing`, or `InvalidRequest` for a long one.
    """
    text = plain(text).strip()
    lifecycle.lock(session, [version.resource_id])
    session.refresh(version)
    obstacle = entitlement.of(session, reviewer, policies.current(session)).obstacle(version)
    if obstacle is not None:
        raise obstacle
    if version.version != version.resource.latest_version:
        raise NotLatest(latest=version.resource.latest_version)
    if not lifecycle.MOVES[version.state]:
        raise MoveNotAllowed(state=version.state, to=version.state)
    if not VISIBLE.search(text):
        raise QuestionMissing()
    if len(text) > MAX_QUESTION:
        raise InvalidRequest(errors=[FieldError("/question", "too_long", {"max": MAX_QUESTION, "length": len(text)})])
    same = (Question.version_id == version.id, Question.asker_id == reviewer.id, Question.text == text)
    before = session.scalar(select(Question).where(*same, Question.answered_at.is_(None)).limit(1))
    if before is not None:
        return before
    asked = Question(id=fresh_id(), version_id=version.id, asker_id=reviewer.id, text=text, answer="")
    session.add(asked)
    session.flush()
    lifecycle.tell(session, version, reason=text, question_id=asked.id)
    detail = {"version": version.version, "question": asked.id}
    actor, subject = auditlog.person(reviewer.id), f"resource:{version.resource_id}"
    happening = auditlog.Happening(actor, "review.asked", subject, text, after=version.sha256, detail=detail)
    auditlog.record(session, happening)
    return asked


def answer(session: Session, node: Node, answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Take the answers of a node's institution, to reviewers and to the public; what became of each, in order.

    `accepted`; `duplicate` for the very answer that stands; `conflict` for another than stands; `unknown` for a
    question that there is not, or that is another institution's.
    """
    ids = sorted({one["question_id"] for one in answers})
    query = select(Question).where(Question.id.in_(ids)).order_by(Question.id).with_for_update(of=Question)
    owner = joinedload(Question.version).joinedload(ResourceVersion.resource)
    standing = {
        one.id: one for one in session.scalars(query.options(owner).execution_options(populate_existing=True))
    }
    feedback.hold(session, ids)
    return [_take(session, node, standing.get(one["question_id"]), one) for one in answers]


def of_resource(session: Session, resource_id: str) -> list[Question]:
    """All questions on any version of a resource, the oldest first, each with its asker and version."""
    query = (
        select(Question)
        .join(ResourceVersion)
        .where(ResourceVersion.resource_id == resource_id)
        .options(joinedload(Question.asker), joinedload(Question.version))
        .order_by(Question.at, Question.id)
    )
    return list(session.scalars(query))


def _take(session: Session, node: Node, question: Question | None, given: Mapping[str, Any]) -> str:
    text = given["text"]
    if question is None:
        return feedback.take_answer(
            session, node, given["question_id"], text=text, private=given.get("private", False)
        )
    if _owner(question).institution_id != node.institution_id:
        return UNKNOWN
    if question.answered_at is not None:
        return DUPLICATE if question.answer == text else CONFLICT
    question.answer, question.answered_at, question.answered_by = text, now(), node.id
    detail = {"version": question.version.version, "question": question.id}
    subject, after = f"resource:{question.version.resource_id}", auditlog.blinded(session, text)
    happening = auditlog.Happening(auditlog.machine(node.id), "review.answered", subject, after=after, detail=detail)
    auditlog.record(session, happening)
    return ACCEPTED


def _owner(question: Question) -> Resource:
    return question.version.resource
