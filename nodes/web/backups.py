"""The backups that nobody asks for: made while the page is served, each in a process of its own."""

from __future__ import annotations

import subprocess
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from nodes import background
from nodes.backups import dated
from nodes.models import now
from nodes.settings import NodeSettings

LOOK_SECONDS = 60.0
AGAIN = timedelta(hours=1)
"""After an attempt that failed, the disk may be unplugged, it is tried again so much later."""


class Backups:
    """Begins a backup whenever the newest one in the folder of the settings is old enough."""

    def __init__(self, settings: NodeSettings) -> None:
        self._settings = settings
        self._stopped = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._tried: datetime | None = None
        self.hindrance: dict[str, str] = {}
        """Why the last attempt failed, a sentence for each language; empty when it did not."""

    def start(self) -> None:
        """Begin to look, at once and then again and again."""
        threading.Thread(target=self._run, name="backups", daemon=True).start()

    def stop(self) -> None:
        """Begin no further backup, and end one that runs: half of one never looks whole."""
        self._stopped.set()
        child = self._child
        if child is not None and child.poll() is None:
            child.terminate()

    def is_due(self, moment: datetime) -> bool:
        """Whether the newest backup is older than the settings allow, and none was tried just now."""
        if self._tried is not None and moment - self._tried < AGAIN:
            return False
        made = map(dated.moment_of, dated.backups(Path(self._settings.backup_folder).expanduser()))
        # One that claims to be of the future was made under a wrong clock, and says nothing.
        newest = max((one for one in made if one <= moment), default=None)
        return newest is None or moment - newest >= timedelta(days=self._settings.backup_days)

    def make(self) -> None:
        """Make one, and wait for its end."""
        self._tried = now()
        self._child = child = background.start(self._settings, "nodes.one_backup")
        child.wait()
        said: dict[str, Any] = background.said_by(child)
        self.hindrance = said if child.returncode else {}

    def _run(self) -> None:
        while not self._stopped.is_set():
            if self.is_due(now()):
                self.make()
            self._stopped.wait(LOOK_SECONDS)
