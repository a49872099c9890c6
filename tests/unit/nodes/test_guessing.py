"""Whoever guesses passwords is slowed down, and nobody else is."""

from __future__ import annotations

import pytest

from nodes.guessing import FOR_A_NAME, FOR_AN_ADDRESS, WITHIN, Guesses
from shared.errors import Throttled


class Clock:
    """A clock that the test sets."""

    moment = 0.0

    def __call__(self) -> float:
        """This moment, in seconds."""
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guesses(clock: Clock) -> Guesses:
    return Guesses(clock)


def test_a_name_is_closed_to_who_guesses_and_open_to_its_owner_elsewhere(guesses: Guesses, clock: Clock) -> None:
    for _ in range(FOR_A_NAME):
        guesses.check("li", "192.0.2.1")
        guesses.wrong("li", "192.0.2.1")
    clock.moment = 60
    with pytest.raises(Throttled) as caught:
        guesses.check("li", "192.0.2.1")
    assert caught.value.retry_after == WITHIN - 60
    guesses.check("li", "192.0.2.2")
    guesses.check("wang", "192.0.2.1")
    clock.moment = WITHIN
    guesses.check("li", "192.0.2.1")


def test_many_names_from_one_address_are_slowed_down_together(guesses: Guesses) -> None:
    for number in range(FOR_AN_ADDRESS):
        guesses.wrong(f"name-{number}", "192.0.2.1")
    with pytest.raises(Throttled):
        guesses.check("another", "192.0.2.1")


def test_who_remembers_the_password_after_all_begins_anew(guesses: Guesses) -> None:
    for _ in range(FOR_A_NAME - 1):
        guesses.wrong("li", "192.0.2.1")
    guesses.right("li", "192.0.2.1")
    guesses.wrong("li", "192.0.2.1")
    guesses.check("li", "192.0.2.1")
