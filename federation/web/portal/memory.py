"""What a process remembers of the catalogue: figures and lists of files, for the pages and the API."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app

from federation.catalogue import FigureKeeper
from federation.finding import FileFinder

FIGURES, FILES = "commons.figures", "commons.files"


def init_memory(app: Flask) -> None:
    """Give the application an empty memory."""
    app.extensions[FIGURES] = FigureKeeper()
    app.extensions[FILES] = FileFinder()


def keeper() -> FigureKeeper:
    """The keeper of the application that serves this request."""
    return cast(FigureKeeper, current_app.extensions[FIGURES])


def finder() -> FileFinder:
    """The finder of files of the application that serves this request."""
    return cast(FileFinder, current_app.extensions[FILES])
