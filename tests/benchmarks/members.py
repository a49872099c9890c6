"""Filling a node without its command line: many resources in one transaction, by the node's own services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nodes import files, registration
from nodes.files import FileSpec
from nodes.settings import NodeSettings
from nodes.workplace import open_workplace


def register(folder: Path, records: Iterable[tuple[Mapping[str, Any], Sequence[Path]]]) -> list[str]:
    """Register records with their files at the node in `folder`; returns their ids."""
    workplace = open_workplace(NodeSettings(data=str(folder)))
    made = []
    try:
        with workplace.database.unit_of_work() as session:
            for record, paths in records:
                prepared = files.prepare(FileSpec(path) for path in paths)
                content = registration.content_of(record, prepared)
                made.append(registration.put(session, None, content, key=workplace.key).record_id)
                files.remember(session, prepared)
    finally:
        workplace.database.close()
    return made
