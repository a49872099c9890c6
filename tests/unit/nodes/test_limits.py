"""The limit on sending: windows of the day as people write them, and a bucket that never lets more through."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from nodes.limits import (
    BLOCK,
    FASTEST,
    SLOWEST,
    TRICKLE,
    Limiter,
    Window,
    as_text,
    burst_of,
    from_json,
    parse,
    rate_at,
    to_json,
)

RATES = some.integers(SLOWEST, FASTEST)
MINUTES = some.integers(0, 24 * 60 - 1)
WINDOWS = some.lists(some.builds(Window, MINUTES, MINUTES, some.just(0) | RATES), max_size=6)


class Clock:
    """Stands still but for sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.now += seconds


def at(hours: int, minutes: int = 0) -> datetime:
    return datetime(2026, 11, 26, hours, minutes)


@given(RATES, some.lists(some.tuples(some.integers(0, BLOCK), some.floats(0, 5)), max_size=60))
def test_never_more_goes_through_than_the_limit_times_the_time_and_one_burst(
    rate: int, taken: list[tuple[int, float]]
) -> None:
    clock = Clock()
    limiter = Limiter(lambda: rate, clock=lambda: clock.now, sleep=clock.sleep)
    through = 0
    for amount, idle in taken:
        clock.sleep(idle)
        limiter.take(amount)
        through += amount
        assert through <= rate * (clock.now - 100.0) + burst_of(rate) + 1


@given(RATES)
def test_whoever_always_has_something_to_send_gets_the_whole_limit(rate: int) -> None:
    clock = Clock()
    limiter = Limiter(lambda: rate, clock=lambda: clock.now, sleep=clock.sleep)
    for _ in range(50):
        limiter.take(BLOCK)
    assert rate * (clock.now - 100.0) * 0.999 <= 50 * BLOCK


def test_a_machine_that_has_slept_for_hours_does_not_catch_up_in_one_go() -> None:
    clock = Clock()
    limiter = Limiter(lambda: 100_000, clock=lambda: clock.now, sleep=clock.sleep)
    clock.sleep(8 * 3600)
    woken = clock.now
    for _ in range(10):
        limiter.take(BLOCK)
    assert clock.now - woken >= 9 * BLOCK / 100_000 * 0.999


def test_without_a_limit_nobody_waits_and_one_that_begins_later_holds_at_once() -> None:
    clock = Clock()
    rate: list[int | None] = [None]
    limiter = Limiter(lambda: rate[0], clock=lambda: clock.now, sleep=clock.sleep)
    for _ in range(1000):
        limiter.take(BLOCK)
    assert clock.now == 100.0
    rate[0] = 50_000
    for _ in range(3):
        limiter.take(BLOCK)
    assert clock.now > 100.0 + 2 * BLOCK / 50_000 * 0.999


def test_a_part_under_way_is_finished_slowly_when_nothing_more_may_be_sent() -> None:
    clock = Clock()
    limiter = Limiter(lambda: 0, clock=lambda: clock.now, sleep=clock.sleep)
    for _ in range(11):
        limiter.take(BLOCK)
    assert 10 * BLOCK / TRICKLE * 0.99 < clock.now - 100.0 < 12 * BLOCK / TRICKLE


def test_a_window_over_midnight_holds_on_both_sides_of_it() -> None:
    night = (Window(22 * 60, 6 * 60, 5),)
    assert [rate_at(night, at(hour)) for hour in (21, 22, 23, 0, 5, 6, 12)] == [None, 5, 5, 5, 5, None, None]


def test_of_windows_that_overlap_the_lowest_limit_holds_and_one_without_an_end_lasts_all_day() -> None:
    limits = parse("08:00-18:00 2 MB/s, 12:00-13:00 0 MB/s, 10 MB/s")
    assert [rate_at(limits, at(hour)) for hour in (7, 8, 12, 13, 18)] == [10**7, 2 * 10**6, 0, 2 * 10**6, 10**7]
    assert rate_at((), at(9)) is None


@pytest.mark.parametrize(
    ("said", "window"),
    [
        ("8:00-18:00 2 MB/s", Window(480, 1080, 2_000_000)),
        ("08:30–24:00 16 Mbit/s", Window(510, 0, 2_000_000)),
        ("0.5mb/s", Window(0, 0, 500_000)),
    ],
)
def test_a_limit_is_written_as_people_write_it(said: str, window: Window) -> None:
    assert parse(said) == (window,)


@pytest.mark.parametrize(
    "said", ["2", "2 kB/s", "25:00-01:00 2 MB/s", "08:61-09:00 2 MB/s", "0.001 MB/s", "八点 2 MB/s"]
)
def test_what_is_no_limit_is_named(said: str) -> None:
    with pytest.raises(ValueError, match=said[:3]):
        parse(f"1 MB/s, {said}")


@given(WINDOWS)
def test_limits_come_back_from_the_database_as_they_went_in(windows: list[Window]) -> None:
    assert from_json(to_json(windows)) == tuple(windows)


@pytest.mark.parametrize("said", ["08:00-18:00 2 MB/s, 22:00-06:00 0 MB/s", ""])
def test_limits_are_said_as_they_were_written(said: str) -> None:
    assert as_text(parse(said)) == said
