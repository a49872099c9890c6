"""Questions of reviewers and of the public: noted as they come, answered here, sent with the next round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, func, not_, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from nodes import acting
from nodes.models import Question, Resource, now
from nodes.workplace import Workplace
from shared.answering import MAX_ANSWER, MAX_ANSWERS, AnswersReply, words_digest
from shared.characters import VISIBLE
from shared.errors import AlreadyDone, AnswerMissing, FieldError, InvalidRequest, NotFound
from shared.feedback import ERASED, FEEDBACK_DEEDS, HIDDEN
from shared.validation import plain

if TYPE_CHECKING:
    from nodes.hub_client import HubClient

WITHDRAWN = "withdrawn"
REVIEWERS, PUBLIC = "reviewers", "public"
PER_PAGE = 20
TAKEN = frozenset({"accepted", "duplicate"})
NEEDLESS = (HIDDEN, ERASED)
"""What the alliance has taken away: no answer would be read."""


def note(session: Session, events: Sequence[Mapping[str, Any]]) -> None:
    """Note the questions among status events, and which of the public's the alliance has hidden, shown or erased.

    One that is known already stays as it is; of one that was erased, no words stay.
    """
    moment = now()
    rows = [
        {
            "id": event["question_id"],
            "resource_id": event["record_id"],
            "number": event["version"],
            "text": event.get("reason", ""),
            "asked_at": moment,
            "answer": "",
            "sent": False,
            "problem": "",
            "feedback": event.get("feedback", ""),
            "private": False,
        }
        for event in events
        if event.get("question_id") and event.get("feedback") not in FEEDBACK_DEEDS
    ]
    if rows:
        session.execute(insert(Question).on_conflict_do_nothing(), rows)
    for event in events:
        deed = event.get("feedback")
        if deed in FEEDBACK_DEEDS:
            changed: dict[str, Any] = {"problem": deed if deed in NEEDLESS else ""}
            if deed == ERASED:
                changed |= {"text": "", "answer": "", "answered_at": None}
            session.execute(update(Question).where(Question.id == event["question_id"]).values(changed))


def answer(session: Session, question_id: str, text: str, *, private: bool = False) -> Question:
    """Write the answer down, to be sent with the next round; until then it can be changed.

    What the public asks is shown to it together with the answer, unless the answer is `private`; a reviewer's
    question never is. Raises `NotFound`, `AnswerMissing`, `InvalidRequest` for a long one, or `AlreadyDone` when the
    hub has it or the alliance has erased the question.
    """
    found = session.get(Question, question_id)
    if found is None:
        raise NotFound()
    text = plain(text).strip()
    if found.sent or found.problem == ERASED:
        raise AlreadyDone()
    if not VISIBLE.search(text):
        raise AnswerMissing()
    if len(text) > MAX_ANSWER:
        raise InvalidRequest(errors=[FieldError("/text", "too_long", {"max": MAX_ANSWER, "length": len(text)})])
    found.answer, found.answered_at, found.private = text, now(), private and bool(found.feedback)
    found.answered_by = acting.name()
    return found


def waiting(session: Session, *, limit: int | None = None) -> list[Question]:
    """Questions that nobody has answered (the first `limit`), the oldest first.

    Without those that no answer would be read to: on what was withdrawn, and what the alliance has taken away.
    """
    query = select(Question).where(*_open()).order_by(Question.asked_at, Question.id)
    return list(session.scalars(query.limit(limit)))


def count_waiting(session: Session) -> dict[str, int]:
    """How many questions nobody has answered, by who asks (`Question.feedback`)."""
    rows = session.execute(select(Question.feedback, func.count()).where(*_open()).group_by(Question.feedback))
    return {row[0]: row[1] for row in rows}


def listed(session: Session, *, who: str = "", answered: bool = False, number: int = 1) -> tuple[list[Question], int]:
    """A page of questions by `who` (reviewers, public, or both), and how many pages there are.

    Open ones come the oldest first; with `answered` all that wait for no answer, the newest first.
    """
    conditions = [not_(and_(*_open())) if answered else and_(*_open())]
    if who:
        conditions.append(Question.feedback == "" if who == REVIEWERS else Question.feedback != "")
    total = session.scalar(select(func.count()).select_from(Question).where(*conditions)) or 0
    last = max(1, -(-total // PER_PAGE))
    order = (Question.asked_at.desc(), Question.id.desc()) if answered else (Question.asked_at, Question.id)
    query = select(Question).where(*conditions).order_by(*order)
    offset = (min(max(1, number), last) - 1) * PER_PAGE
    return list(session.scalars(query.offset(offset).limit(PER_PAGE))), last


def of_resource(session: Session, record_id: str) -> list[Question]:
    """All questions on a resource, the oldest first."""
    query = select(Question).where(Question.resource_id == record_id)
    return list(session.scalars(query.order_by(Question.asked_at, Question.id)))


def send(workplace: Workplace, client: HubClient) -> int:
    """Send the answers that the hub does not have; how many it has taken. It may be repeated at any point."""
    taken, before = 0, None
    while True:
        with workplace.database.unit_of_work(read_only=True) as session:
            answers = unsent(session)
        if not answers or answers == before:
            return taken
        before = answers
        reply = client.ask("/answers", {"answers": answers}, AnswersReply)["answers"]
        with workplace.database.unit_of_work() as session:
            taken += note_outcomes(session, reply)


def unsent(session: Session) -> list[dict[str, Any]]:
    """Answers that the hub does not have, as many as one message takes (`AnswerMessage`)."""
    found = select(Question).where(Question.answer != "", ~Question.sent).order_by(Question.id).limit(MAX_ANSWERS)
    return [_message(one) for one in session.scalars(found)]


def send_again(session: Session) -> int:
    """Let all answers go out once more, to a hub that may have lost some; how many. What it has is a duplicate."""
    sent = update(Question).where(Question.sent).values(sent=False).returning(Question.id)
    return len(session.scalars(sent, execution_options={"synchronize_session": False}).all())


def note_outcomes(session: Session, reply: Sequence[Mapping[str, str]]) -> int:
    """Note what the hub says of answers; how many it has taken.

    One that this node has lost is passed over, and one that was written anew since it went out: that goes out again,
    and the hub says what stands.
    """
    for said in reply:
        known = session.get(Question, said["question_id"])
        if known is not None and said.get("sha256") in (None, words_digest(_message(known))):
            # Whatever the hub says of it, it says the same the next time: it is not sent again.
            known.sent = True
            taken = said["outcome"] in TAKEN
            if not taken or known.problem not in NEEDLESS:
                known.problem = "" if taken else said["outcome"]
    return sum(said["outcome"] in TAKEN for said in reply)


def _open() -> tuple[ColumnElement[bool], ...]:
    gone = select(Resource.id).where(Resource.state == WITHDRAWN)
    return Question.answer == "", Question.problem.not_in(NEEDLESS), Question.resource_id.not_in(gone)


def _message(one: Question) -> dict[str, Any]:
    return {"question_id": one.id, "text": one.answer} | ({"private": True} if one.private else {})
