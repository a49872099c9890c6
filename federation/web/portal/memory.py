"""What a process remembers of the catalogue: figures, files, uses, pictures, and what lies near a resource."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import cast

from flask import Flask, current_app

from federation.catalogue import FigureKeeper
from federation.finding import FileFinder
from federation.member_names import NamesKeeper
from federation.remembered import Remembered
from federation.usage import TotalsKeeper

FIGURES, FILES, USES, PICTURES = "commons.figures", "commons.files", "commons.uses", "commons.pictures"
REMEMBERED, NAMES = "commons.remembered", "commons.names"
PICTURES_BYTES = 6_000_000
"""Small pictures in memory: some hundreds, as the first pages of all lists have."""
MOST_REMEMBERED = 200
"""Answers that are kept until what is public changes: a few kilobytes each, for a map full of places up to 100."""


def init_memory(app: Flask) -> None:
    """Give the application an empty memory."""
    app.extensions[FIGURES] = FigureKeeper()
    app.extensions[FILES] = FileFinder()
    app.extensions[USES] = TotalsKeeper()
    app.extensions[PICTURES] = Kept(PICTURES_BYTES)
    app.extensions[REMEMBERED] = Remembered(MOST_REMEMBERED)
    app.extensions[NAMES] = NamesKeeper()


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


def member_names() -> NamesKeeper:
    """The keeper of the members' names of the application that serves this request."""
    return cast(NamesKeeper, current_app.extensions[NAMES])


def small_pictures() -> Kept:
    """The small pictures that the application which serves this request has in memory."""
    return cast(Kept, current_app.extensions[PICTURES])


class Kept:
    """The bytes that were asked for last, at most so many altogether; safe between threads."""

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._held: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> bytes | None:
        """The bytes of this name, if they are here."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Hashable, data: bytes) -> None:
        """Keep these bytes, and let go of those that nobody has asked for the longest."""
        with self._lock:
            self._size += len(data) - len(self._held.pop(key, b""))
            self._held[key] = data
            while self._size > self._most:
                self._size -= len(self._held.popitem(last=False)[1])
