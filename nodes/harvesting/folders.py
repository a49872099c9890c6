"""A watched folder as a source: what is new or changed in it becomes resources, by the rules of an import of it.

A file that is still being written is left for the next time: whoever copies may keep the old time of change, so each
new or changed file is looked at twice, some seconds apart. What was registered and is gone from the folder is told
and not withdrawn: somebody may only have tidied up. A file that has not changed since it was registered is not read
again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from sqlalchemy import select

from nodes import importers, registration
from nodes.harvesting.intake import LISTED
from nodes.harvesting.work import Work
from nodes.importers import ImportRow, load_mapping
from nodes.importers import Mapping as FieldMapping
from nodes.importers.folders import DESCRIPTIONS, MANIFESTS
from nodes.importing import BATCH
from nodes.models import LocalFile
from nodes.sources import Options, options_of
from nodes.workplace import Workplace
from shared.errors import ImportUnreadable
from shared.wording import system_fault

STILL_SECONDS = 3.0
"""How long a file must not have changed."""
FRESH_SECONDS = 60.0
"""A description that was changed so lately is looked at twice, too."""
Look = tuple[int, int]
"""Size in bytes and time of change in nanoseconds."""


def mapping_of(options: Options) -> FieldMapping | None:
    """The operator's own mapping, if there is one. Raises `ImportUnreadable`."""
    return load_mapping(Path(options.mapping)) if options.mapping else None


def harvest(work: Work) -> None:
    """Register what is new or changed. Raises `ImportUnreadable` when the folder as a whole cannot be read."""
    folder, mapping = Path(work.source.address), mapping_of(options_of(work.source))
    known = _registered(work.workplace)
    try:
        moving = _moving(_described(folder), known, work)
        if moving:
            _wait_for(work, moving)
            return
        moving = _moving({file.path for row in _rows(work, folder, mapping) for file in row.files}, known, work)
    except OSError as error:
        raise ImportUnreadable(name=folder.name, cause=system_fault(error)) from error
    seen: set[str] = set()
    rows = _rows(work, folder, mapping)
    while part := list(islice(rows, BATCH)):
        seen.update(row.source_id for row in part)
        work.intake.register([row for row in part if not moving.intersection(file.path for file in row.files)])
    _wait_for(work, moving)
    _tell_what_is_gone(work, seen)
    work.keep({})


def _rows(work: Work, folder: Path, mapping: FieldMapping | None) -> Iterator[ImportRow]:
    return importers.read(folder, mapping, work.workplace.folder / "generated")


def _described(folder: Path) -> set[Path]:
    """The manifest, or the descriptions, that were changed a moment ago."""
    found = [path for path in folder.iterdir() if path.name in MANIFESTS or path.suffix in DESCRIPTIONS]
    fresh = time.time() - FRESH_SECONDS
    return {path for path in found if path.is_file() and path.stat().st_mtime > fresh}


def _moving(paths: Iterable[Path], known: Mapping[str, Look], work: Work) -> set[Path]:
    """Those of the files that change while one looks."""
    first = {path: _look(path) for path in paths}
    changed = {path: look for path, look in first.items() if look is not None and known.get(str(path)) != look}
    if not changed:
        return set()
    work.sleep(STILL_SECONDS)
    return {path for path, look in changed.items() if _look(path) != look}


def _look(path: Path) -> Look | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns


def _wait_for(work: Work, moving: Iterable[Path]) -> None:
    names = sorted(path.name for path in moving)
    work.intake.outcome.unsettled += len(names)
    work.intake.outcome.waiting += names[:LISTED]


def _tell_what_is_gone(work: Work, seen: set[str]) -> None:
    with work.workplace.database.unit_of_work(read_only=True) as session:
        lost = sorted(set(registration.known_sources(session, work.source.name)) - seen)
        standing = registration.standing_of(session, work.source.name, lost)
    gone = [identifier for identifier in lost if not standing[identifier].withdrawn]
    work.intake.outcome.missing = len(gone)
    work.intake.outcome.gone = gone[:LISTED]


def _registered(workplace: Workplace) -> dict[str, Look]:
    """How each registered file looked, by its path."""
    with workplace.database.unit_of_work(read_only=True) as session:
        rows = session.execute(select(LocalFile.path, LocalFile.size, LocalFile.mtime_ns))
        return {row.path: (row.size, row.mtime_ns) for row in rows}
