"""What is computed once for each state of what is public: it is slow, many ask for it, and few things change it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation.models.events import Counter
from federation.sequences import FEED, LIKENESS

Found = TypeVar("Found")


class Remembered:
    """Answers by their question, all of one state of the feed and of what follows it; the `most` asked for last.

    Threads may find the same answer at the same time, which costs only the time; none sees half of one.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._at: tuple[int, ...] = ()
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def read(self, session: Session, question: Hashable, find: Callable[[], Found]) -> Found:
        """The answer as the feed stands now; `find` makes it when nobody asked before. One query beside its own."""
        standing = select(Counter.value).where(Counter.name.in_((FEED, LIKENESS))).order_by(Counter.name)
        at = tuple(session.scalars(standing))
        with self._lock:
            if self._at != at:
                self._at, self._answers = at, OrderedDict()
            answers = self._answers
            if question in answers:
                answers.move_to_end(question)
                return cast(Found, answers[question])
        found = find()
        with self._lock:
            # Whoever walks through all cells of the map pushes out other cells, not what every page needs.
            answers[question] = found
            while len(answers) > self._most:
                answers.popitem(last=False)
        return found
