"""Who is let in by one web process: so many at once of each node, and nobody before the time that was said."""

import pytest

from federation.admission import Admission
from shared.errors import Throttled, TooManyAtOnce


@pytest.fixture
def moment():
    return [100.0]


@pytest.fixture
def admission(moment):
    return Admission(clock=lambda: moment[0])


def test_a_node_has_so_many_requests_under_way_and_another_node_its_own(admission):
    for node in ("a", "a", "b"):
        admission.enter(node, most=2)
    with pytest.raises(TooManyAtOnce) as raised:
        admission.enter("a", most=2)
    assert raised.value.retry_after == 1
    admission.enter("b", most=2)


def test_a_request_that_has_ended_makes_room_and_a_refused_one_takes_none(admission):
    admission.enter("a", most=1)
    for _ in range(3):
        with pytest.raises(TooManyAtOnce):
            admission.enter("a", most=1)
    admission.leave("a")
    admission.enter("a", most=1)


def test_who_was_told_to_wait_is_let_in_after_that_time_and_not_before(admission, moment):
    admission.tell_to_wait("key", 10)
    admission.check("another key")
    moment[0] += 7.5
    with pytest.raises(Throttled) as raised:
        admission.check("key")
    assert raised.value.retry_after == 3
    moment[0] += 2.5
    admission.check("key")
