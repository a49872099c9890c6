"""What is computed once is remembered while it is asked for and the feed stands still, and no longer."""

from __future__ import annotations

from pathlib import Path

from federation.remembered import Remembered
from federation.sequences import FEED, next_numbers
from tests.support.reviewing import database


def test_what_is_asked_for_again_and_again_outlasts_what_was_asked_for_once(tmp_path: Path) -> None:
    found: list[str] = []

    def read(question: str) -> str:
        return kept.read(session, question, lambda: (found.append(question), question)[1])

    with database(tmp_path) as session:
        kept = Remembered(2)
        asked = ["years", "a cell", "years", "another", "years", "a third", "years"]
        assert [read(one) for one in asked] == asked
        assert found == ["years", "a cell", "another", "a third"]
        next_numbers(session, FEED, 1)
        assert (read("years"), found[-1]) == ("years", "years")
