"""What a figure is: its value, the floor measured in the same run, and the goals that both are held against."""

from __future__ import annotations

import math
import statistics
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

VALUE, RATIO = "value", "ratio"


@dataclass(frozen=True)
class Goal:
    """At most or at least so much, of the value itself or of its ratio to the floor."""

    of: str
    bound: float
    most: bool

    def met(self, value: float, floor: float) -> bool:
        """Whether a measured value is within the goal."""
        found = value if self.of == VALUE else value / floor
        return found <= self.bound if self.most else found >= self.bound

    def __str__(self) -> str:
        unit = "× floor" if self.of == RATIO else ""
        return f"{'≤' if self.most else '≥'} {self.bound:g}{unit}"


def at_most(bound: float, of: str = VALUE) -> Goal:
    """A goal from above."""
    return Goal(of, bound, most=True)


def at_least(bound: float, of: str = VALUE) -> Goal:
    """A goal from below."""
    return Goal(of, bound, most=False)


@dataclass(frozen=True)
class Figure:
    """Something that is measured: its name, its unit, what its floor is, and its goals."""

    name: str
    unit: str
    floor: str
    goals: tuple[Goal, ...]


@dataclass(frozen=True)
class Measured:
    """One figure's samples and those of its floor, taken in turns; the medians count."""

    figure: Figure
    values: Sequence[float]
    floors: Sequence[float]
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The median of the samples."""
        return statistics.median(self.values)

    @property
    def floor(self) -> float:
        """The median of the floor's samples."""
        return statistics.median(self.floors)

    @property
    def good(self) -> bool:
        """Whether every goal is met."""
        return all(goal.met(self.value, self.floor) for goal in self.figure.goals)

    def as_dict(self) -> dict[str, Any]:
        """The form in which bench.json keeps it."""
        return {
            "name": self.figure.name,
            "unit": self.figure.unit,
            "value": self.value,
            "floor": self.floor,
            "floor_is": self.figure.floor,
            "ratio": self.value / self.floor,
            "goals": [str(goal) for goal in self.figure.goals],
            "good": self.good,
            "values": list(self.values),
            "floors": list(self.floors),
            **({"notes": self.notes} if self.notes else {}),
        }


@dataclass(frozen=True)
class Benchmark:
    """A group of figures that one run measures; `run` is told whether small sizes will do."""

    name: str
    figures: tuple[Figure, ...]
    run: Callable[[bool], list[Measured]]


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that is not below `share` (0 to 1) of them all (nearest rank)."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(rows: Sequence[Measured]) -> str:
    """The figures as lines of aligned columns."""
    head = ["figure", "value", "unit", "floor", "ratio", "goal", "", "floor is"]
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _cells(row: Measured) -> list[str]:
    figure = row.figure
    ratio = f"{row.value / row.floor:.2f}"
    goals = ", ".join(map(str, figure.goals))
    mark = "met" if row.good else "MISSED"
    return [figure.name, _number(row.value), figure.unit, _number(row.floor), ratio, goals, mark, figure.floor]


def _number(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def _width(text: str) -> int:
    """Columns on a terminal: East Asian wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
