"""The application's keeper of figures: one a process, asked by the pages and the API."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app

from federation.catalogue import FigureKeeper

KEY = "commons.figures"


def init_figures(app: Flask) -> None:
    """Give the application its keeper."""
    app.extensions[KEY] = FigureKeeper()


def keeper() -> FigureKeeper:
    """The keeper of the application that serves this request."""
    return cast(FigureKeeper, current_app.extensions[KEY])
