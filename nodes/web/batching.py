"""Work on batches that the page begins, each piece in a process of its own, and whether one is at work."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import current_app

from nodes import background
from nodes.batch_models import AT_WORK, Batch
from nodes.batches import SILENT_SECONDS
from nodes.models import now
from nodes.settings import NodeSettings
from shared.errors import SystemFault

TEMPLATE_SECONDS = 60.0
"""How long a template may take that takes about a second."""
Begin = Callable[..., "subprocess.Popen[bytes]"]


class Batcher:
    """Begins the work on batches of one node."""

    def __init__(self, settings: NodeSettings, begin: Begin = background.begin_batch_work) -> None:
        self._settings, self._begin = settings, begin
        self._lock = threading.Lock()
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, work: str, number: int, *, language: str) -> None:
        """Begin `check` or `register` for a batch."""
        with self._lock:
            before = self._children.pop(number, None)
            if before is not None:
                # It has done its work, or it would have been refused to begin another; its pipes are closed here.
                background.said_by(before)
            self._children[number] = self._begin(self._settings, work, str(number), language=language)

    def alive(self, number: int) -> bool | None:
        """Whether our process for a batch runs; None when this page has begun none."""
        with self._lock:
            child = self._children.get(number)
        return None if child is None else child.poll() is None

    def template(self, language: str) -> bytes:
        """The workbook to fill in. Raises `SystemFault` when its process could not make it."""
        path = self._settings.folder / f"template-{uuid4().hex}.xlsx"
        try:
            child = self._begin(self._settings, "template", str(path), language=language)
            try:
                # Its pipe stays open until it has ended: a closed one would tell it that this page has gone.
                child.wait(timeout=TEMPLATE_SECONDS)
            finally:
                background.said_by(child)
            return path.read_bytes()
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SystemFault(path=str(path), cause=str(error)) from error
        finally:
            path.unlink(missing_ok=True)

    def stop(self) -> None:
        """End what still runs; what it registered is whole, and it can be begun again."""
        with self._lock:
            for child in self._children.values():
                if child.poll() is None:
                    child.terminate()
                background.said_by(child)
            self._children.clear()


def at_work(batch: Batch, alive: bool | None) -> bool:
    """Whether somebody works on `batch`; `alive` was asked before the batch was read, or its end might be missed."""
    if batch.phase not in AT_WORK:
        return False
    if alive is not None:
        return alive
    return (now() - batch.beat_at).total_seconds() < SILENT_SECONDS


def batcher() -> Batcher:
    """The batches of the application at hand."""
    found: Batcher = current_app.config["BATCHER"]
    return found


def home() -> Path:
    """The node's folder."""
    found: Any = current_app.config["WORKPLACE"]
    return Path(found.folder)
