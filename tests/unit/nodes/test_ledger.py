"""The speed that is told: that of the last seconds, whatever came before."""

from __future__ import annotations

from nodes.ledger import WINDOW_SECONDS, Speedometer


class Clock:
    """Moves on as it is told."""

    now = 50.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def measured(clock: Clock, meter: Speedometer, seconds: int, amount: int) -> int:
    """The speed after so many seconds in each of which so many bytes went out."""
    for _ in range(seconds):
        clock.now += 1
        meter.count(amount)
        rate = meter.rate()
    return rate


def test_a_steady_speed_is_told_from_the_first_second_on() -> None:
    clock = Clock()
    meter = Speedometer(clock)
    assert measured(clock, meter, 1, 1000) == 1000
    assert measured(clock, meter, 60, 1000) == 1000


def test_only_the_last_seconds_count() -> None:
    clock = Clock()
    meter = Speedometer(clock)
    measured(clock, meter, 60, 5000)
    assert 1000 < measured(clock, meter, int(WINDOW_SECONDS) // 2, 1000) < 5000
    assert measured(clock, meter, int(WINDOW_SECONDS), 1000) == 1000
    assert measured(clock, meter, int(WINDOW_SECONDS), 0) == 0


def test_when_the_clock_went_on_while_the_machine_slept_no_old_speed_and_no_mean_of_the_night_is_told() -> None:
    clock = Clock()
    meter = Speedometer(clock)
    measured(clock, meter, 60, 5000)
    clock.now += 8 * 3600
    assert meter.rate() == 0
    assert measured(clock, meter, 1, 3000) == 3000, "and a true one a second later"
