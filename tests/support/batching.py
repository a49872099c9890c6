"""The work on batches within the test's own process: the same functions, without a second for each start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nodes import batch_work, template
from nodes.settings import NodeSettings
from nodes.web.batching import Batcher
from tests.support.local_page import Node


class Ended:
    """In place of a process that has done its work."""

    stdout = None

    def poll(self) -> int:
        return 0

    def wait(self, timeout: float | None = None) -> int:
        return 0

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        return b"", b""


def work_here(node: Node) -> None:
    """Let the page of `node` do its work on tables at once, within its request."""

    def begin(settings: NodeSettings, work: str, subject: str, *, language: str) -> Any:
        if work == "template":
            template.make(Path(subject), language)
        else:
            do = {"check": batch_work.check, "register": batch_work.register}[work]
            do(node.workplace, int(subject), language=language)
        return Ended()

    node.app.config["BATCHER"] = Batcher(node.workplace.settings, begin)
