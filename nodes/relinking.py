"""Finding the files again after the node has lost its database: by their bytes, wherever they lie now."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from nodes import files as local_files
from nodes.files import FileSpec, PreparedFile
from nodes.models import LocalFile, Resource, Version
from nodes.workplace import Workplace
from shared.errors import FileChanged, FileUnreadable

AT_A_TIME = 100


def relink(workplace: Workplace, folders: Iterable[Path]) -> int:
    """Note where the files that our records name lie below `folders`; says how many were found.

    Only files of a size that is looked for are read. Raises nothing for a file that cannot be read: it is not it.
    """
    with workplace.database.unit_of_work(read_only=True) as session:
        wanted = _wanted(session)
    sizes = {size for size, _owner in wanted.values()}
    owners = {sha256: owner for sha256, (_size, owner) in wanted.items()}
    found: list[PreparedFile] = []
    count = 0
    for path in _files_below(folders):
        prepared = _read(path, sizes)
        if prepared is None or prepared.entry["sha256"] not in wanted:
            continue
        del wanted[prepared.entry["sha256"]]
        found.append(prepared)
        count += 1
        if len(found) == AT_A_TIME:
            _remember(workplace, found, owners)
            found = []
    _remember(workplace, found, owners)
    return count


def missing(session: Session) -> int:
    """How many different files our latest records name of which we do not know where they lie."""
    return len(_wanted(session))


def _wanted(session: Session) -> dict[str, tuple[int, str]]:
    """The files by digest, with size and resource, that a latest version names and that lie nowhere that we know."""
    known = set(session.scalars(select(LocalFile.sha256)))
    latest = (Version.resource_id == Resource.id) & (Version.number == Resource.latest_version)
    wanted: dict[str, tuple[int, str]] = {}
    for version in session.scalars(select(Version).join(Resource, latest).execution_options(yield_per=500)):
        if "withdrawn" not in version.content:
            files = version.content.get("files", ())
            wanted |= {entry["sha256"]: (entry["size"], version.resource_id) for entry in files}
    return {sha256: found for sha256, found in wanted.items() if sha256 not in known}


def _files_below(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for place, _folders, names in os.walk(folder):
            yield from (Path(place) / name for name in sorted(names))


def _read(path: Path, sizes: set[int]) -> PreparedFile | None:
    try:
        if path.stat().st_size not in sizes:
            return None
        [prepared] = local_files.prepare([FileSpec(path)])
    except (OSError, FileUnreadable, FileChanged):
        return None
    return prepared


def _remember(workplace: Workplace, found: list[PreparedFile], owners: Mapping[str, str]) -> None:
    if found:
        with workplace.database.unit_of_work() as session:
            local_files.remember(session, found, owners=owners)
