"""The parts that views and tasks share: settings, object store, search index, and who is at work just now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from flask import Flask, current_app

from federation.admission import Admission
from federation.search.index import SearchIndex
from federation.settings import HubSettings
from federation.storage import ObjectStore

KEY = "commons"


@dataclass(frozen=True)
class Parts:
    """One hub process's parts; the database is `federation.database.db`."""

    settings: HubSettings
    store: ObjectStore
    index: SearchIndex
    admission: Admission = field(default_factory=Admission)


def attach(app: Flask, parts: Parts) -> None:
    """Give the application its parts."""
    app.extensions[KEY] = parts


def parts(app: Flask | None = None) -> Parts:
    """The parts of `app`, or of the application that serves this request."""
    return cast(Parts, (app or current_app).extensions[KEY])
