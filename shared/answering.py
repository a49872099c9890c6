"""Answers to the questions of reviewers and of the public, as they cross the wire (docs/protocol.md)."""

from __future__ import annotations

from shared.messages import Flag, OneOf
from shared.validation import Many, Part, Strict, Text

MAX_ANSWERS, MAX_ANSWER = 100, 2000
"""Answers in one message, and characters of one; a question has as many at most."""
ANSWER_OUTCOMES = ("accepted", "duplicate", "conflict", "unknown")


class AnswerMessage(Strict):
    """What the institution says to one question.

    With `private`, what the public asked is not shown with its answer: that is for the alliance alone.
    """

    question_id = Text(36, required=True)
    text = Text(MAX_ANSWER, required=True)
    private = Flag()


class AnswersRequest(Strict):
    """Answers to questions that came as status events."""

    answers = Many(Part(AnswerMessage), MAX_ANSWERS, minimum=1, required=True)


class AnswerOutcome(Strict):
    """What became of one answer."""

    question_id = Text(36, required=True)
    outcome = OneOf(ANSWER_OUTCOMES, required=True)


class AnswersReply(Strict):
    """An outcome for each answer, in the order of the request."""

    answers = Many(Part(AnswerOutcome), MAX_ANSWERS, required=True)
