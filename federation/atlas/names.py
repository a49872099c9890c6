"""The names of continents and oceans, which tell a reader where on the globe a map is; no coast is drawn for them."""

from __future__ import annotations

from dataclasses import dataclass

from federation.atlas.grid import View

WIDEST = 100
"""Degrees of longitude below which a map shows too little for such names."""


@dataclass(frozen=True)
class Name:
    """A name and the point in degrees at which it is written: about the middle of what it names."""

    zh: str
    en: str
    latitude: float
    longitude: float

    def text(self, language: str) -> str:
        """The name in `language`."""
        return self.zh if language.startswith("zh") else self.en


NAMES = (
    Name("亚洲", "Asia", 62, 95),
    Name("欧洲", "Europe", 62, 25),
    Name("非洲", "Africa", 5, 20),
    Name("北美洲", "North America", 55, -100),
    Name("南美洲", "South America", -15, -60),
    Name("大洋洲", "Oceania", -18, 140),
    Name("南极洲", "Antarctica", -80, 60),
    Name("太平洋", "Pacific Ocean", 5, -150),
    Name("大西洋", "Atlantic Ocean", 10, -33),
    Name("印度洋", "Indian Ocean", -22, 78),
)


def within(view: View) -> list[Name]:
    """The names that a map has room for."""
    if view.width < WIDEST:
        return []
    east, north = view.west + view.width, view.south + view.height
    return [one for one in NAMES if view.west < one.longitude < east and view.south < one.latitude < north]
