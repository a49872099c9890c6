"""What is computed once for each state of what is public: it is slow, many ask for it, and few things change it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation.models.events import Counter
from federation.sequences import FEED, LIKENESS

Found = TypeVar("Found")


class Remembered:
    """Answers by their question, at most `most` of them, all of one state of the feed and of what follows it.

    Threads may find the same answer at the same time, which costs only the time; none sees half of one.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: tuple[tuple[int, ...], dict[Hashable, Any]] = ((), {})

    def read(self, session: Session, question: Hashable, find: Callable[[], Found]) -> Found:
        """The answer as the feed stands now; `find` makes it when nobody asked before. One query beside its own."""
        standing = select(Counter.value).where(Counter.name.in_((FEED, LIKENESS))).order_by(Counter.name)
        at = tuple(session.scalars(standing))
        position, answers = self._kept
        if position != at or len(answers) >= self._most:
            answers = {}
            self._kept = (at, answers)
        if question not in answers:
            answers[question] = find()
        return cast(Found, answers[question])
