"""What a process remembers of the catalogue, for the pages and the API: figures, files, uses, what lies near."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app

from federation.catalogue import FigureKeeper
from federation.finding import FileFinder
from federation.remembered import Remembered
from federation.usage import TotalsKeeper

FIGURES, FILES, USES, REMEMBERED = "commons.figures", "commons.files", "commons.uses", "commons.remembered"
MOST_REMEMBERED = 200
"""Answers that are kept until what is public changes: a few kilobytes each, for a map full of places up to 100."""


def init_memory(app: Flask) -> None:
    """Give the application an empty memory."""
    app.extensions[FIGURES] = FigureKeeper()
    app.extensions[FILES] = FileFinder()
    app.extensions[USES] = TotalsKeeper()
    app.extensions[REMEMBERED] = Remembered(MOST_REMEMBERED)


def keeper() -> FigureKeeper:
    """The keeper of the application that serves this request."""
    return cast(FigureKeeper, current_app.extensions[FIGURES])


def finder() -> FileFinder:
    """The finder of files of the application that serves this request."""
    return cast(FileFinder, current_app.extensions[FILES])


def uses() -> TotalsKeeper:
    """The keeper of the members' totals of the application that serves this request."""
    return cast(TotalsKeeper, current_app.extensions[USES])


def remembered() -> Remembered:
    """What the application that serves this request remembers of places, years and related resources."""
    return cast(Remembered, current_app.extensions[REMEMBERED])
