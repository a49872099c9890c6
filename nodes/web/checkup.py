"""The page that says what is wrong with the node: examined in a process of its own, since the page stays light."""

from __future__ import annotations

import subprocess
import threading
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from nodes import background
from nodes.models import now
from nodes.settings import NodeSettings
from nodes.web import language
from nodes.web.backups import Backups

TONES = {"bad": "bad", "warn": "wait"}
"""The colour of each level that is not good, as of a state."""

checkup = Blueprint("checkup", __name__)


class Examiner:
    """Begins examinations of one node, one at a time, and keeps what the last one found."""

    def __init__(self, settings: NodeSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._found: dict[str, Any] = {}
        self._at: datetime | None = None

    def start(self) -> None:
        """Begin, unless one is under way."""
        with self._lock:
            if not self._running():
                self._child = background.start(self._settings, "nodes.one_checkup")

    def told(self, code: str) -> tuple[bool, list[dict[str, str]] | str, datetime | None]:
        """Whether one is under way; what the last one found, or the sentence why it could not; and when it ended."""
        with self._lock:
            return self._running(), self._found.get(code, []), self._at

    def stop(self) -> None:
        """End one that is under way."""
        with self._lock:
            if self._child is not None and self._child.poll() is None:
                self._child.terminate()
                background.said_by(self._child)

    def _running(self) -> bool:
        """Whether our process runs; of one that has ended, learn what it found."""
        child = self._child
        if child is None or child.poll() is None:
            return child is not None
        self._found, self._at, self._child = background.said_by(child), now(), None
        return False


@checkup.get("/checkup")
def show() -> ResponseReturnValue:
    """What was found last; while one looks the page renews itself, unless `?still` asks it not to."""
    running, said, at = examiner().told(language.current())
    found = said if isinstance(said, list) else []
    counts = {level: sum(one["level"] == level for one in found) for level in TONES}
    return render_template(
        "checkup.html",
        running=running,
        still="still" in request.args,
        not_good=[one for level in ("bad", "warn") for one in found if one["level"] == level],
        good=[one for one in found if one["level"] == "good"],
        counts=counts,
        hindrance=said if isinstance(said, str) else "",
        backup_failed=backups().hindrance.get(language.current(), ""),
        at=at,
        tones=TONES,
    )


@checkup.post("/checkup")
def start() -> ResponseReturnValue:
    """Examine now."""
    examiner().start()
    return redirect(url_for("checkup.show"))


def backups() -> Backups:
    """The backups of the application at hand."""
    found: Backups = current_app.config["BACKUPS"]
    return found


def examiner() -> Examiner:
    """The one of the application at hand."""
    found: Examiner = current_app.config["EXAMINER"]
    return found
