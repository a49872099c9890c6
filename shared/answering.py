"""Answers to the questions of reviewers and of the public, as they cross the wire (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.canonical import canonical, digest
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
    """What became of one answer; `sha256` tells which words it came with (`words_digest`)."""

    question_id = Text(36, required=True)
    outcome = OneOf(ANSWER_OUTCOMES, required=True)
    sha256 = Text(64)


class AnswersReply(Strict):
    """An outcome for each answer, in the order of the request."""

    answers = Many(Part(AnswerOutcome), MAX_ANSWERS, required=True)


def words_digest(answer: Mapping[str, Any]) -> str:
    """SHA-256 of an answer's words in RFC 8785 form, and of whether they are private.

    An answer may be written anew while the first is under way, on a stick for days: by this its institution knows
    which of them an outcome is about.
    """
    return digest(canonical({"private": answer.get("private", False), "text": answer["text"]}))


def outcome_of(answer: Mapping[str, Any], outcome: str) -> dict[str, str]:
    """What an answer's institution is told of it (`AnswerOutcome`)."""
    return {"question_id": answer["question_id"], "outcome": outcome, "sha256": words_digest(answer)}
