"""What a process remembers of the catalogue: figures, lists of files, and uses, for the pages and the API."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app

from federation.catalogue import FigureKeeper
from federation.finding import FileFinder
from federation.usage import TotalsKeeper

FIGURES, FILES, USES = "commons.figures", "commons.files", "commons.uses"


def init_memory(app: Flask) -> None:
    """Give the application an empty memory."""
    app.extensions[FIGURES] = FigureKeeper()
    app.extensions[FILES] = FileFinder()
    app.extensions[USES] = TotalsKeeper()


def keeper() -> FigureKeeper:
    """The keeper of the application that serves this request."""
    return cast(FigureKeeper, current_app.extensions[FIGURES])


def finder() -> FileFinder:
    """The finder of files of the application that serves this request."""
    return cast(FileFinder, current_app.extensions[FILES])


def uses() -> TotalsKeeper:
    """The keeper of the members' totals of the application that serves this request."""
    return cast(TotalsKeeper, current_app.extensions[USES])
