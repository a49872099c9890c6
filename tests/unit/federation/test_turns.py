"""Taking turns: in the order of asking, one at a time, and nobody waits for ever."""

import threading
from collections import deque

from federation.turns import Turns
from tests.support.processes import eventually


def test_turns_come_in_the_order_in_which_they_were_asked_for():
    turns, taken = Turns(), []
    assert turns.take()

    def ask(number):
        turns.take()
        taken.append(number)
        turns.give_back()

    threads = []
    for number in range(5):
        thread = threading.Thread(target=ask, args=(number,))
        threads.append(thread)
        thread.start()
        eventually(lambda number=number: len(turns._queue) == number + 1)
    turns.give_back()
    for thread in threads:
        thread.join(20)
    assert taken == [0, 1, 2, 3, 4]


def test_a_turn_is_free_again_after_it_was_given_back():
    turns = Turns()
    for _ in range(3):
        assert turns.take()
        turns.give_back()


def test_who_waits_too_long_goes_on_without_a_turn_and_leaves_the_queue():
    turns = Turns(longest=0.01)
    assert turns.take()
    assert not turns.take()
    assert turns._queue == deque()
    turns.give_back()
    assert turns.take()
