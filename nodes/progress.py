"""Progress of the node's commands, in the user's language."""

from __future__ import annotations

from nodes.texts import _
from shared import progress


class Bars(progress.Bars):
    """Bars whose tasks are named as services name them, and shown in the user's language."""

    def __init__(self) -> None:
        super().__init__(_)
