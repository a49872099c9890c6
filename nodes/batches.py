"""Batches: tables with their files that are uploaded, looked at, corrected, registered; and remembered mappings."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, defer

from nodes.batch_models import CHECKED, READING, REGISTERING, Batch, RememberedMapping
from nodes.importers import seen
from nodes.importers.choices import Choices
from nodes.models import LocalFile, now
from shared.errors import BatchFolderUnknown, BatchNotChecked, FieldError, InvalidRequest, NotFound

FOLDER = "batches"
"""Below the node's folder: a folder for each batch."""
TABLE, FILES, FAULTS = "table", "files", "faults.xlsx"
"""In a batch's folder: where the table is, what was uploaded beside it, and the workbook with the rows to mend."""
MAX_ROWS = 100_000
MAX_NAME = 200
LISTED = 50
_COPY = re.compile(
    r"(?:\s*[-_ ]?\s*(?:副本|复件|待改|改|to mend|copy)|\s*[(（]\d{1,3}[)）]|\s*[-_]\d{1,2})$", re.IGNORECASE
)


def folder_of(home: Path, number: int) -> Path:
    """The folder of a batch below that of the node, `home`."""
    return home / FOLDER / str(number)


def table_of(home: Path, batch: Batch) -> Path:
    """Where the uploaded table lies."""
    return folder_of(home, batch.id) / TABLE / batch.name


def files_of(home: Path, batch: Batch) -> Path:
    """Where the files lie that the table names."""
    return Path(batch.folder) if batch.folder else folder_of(home, batch.id) / FILES


def plain_name(file_name: str) -> str:
    """The name of a source from that of a file: 课件 for 课件(1).xlsx, 课件 - 副本.xlsx and 课件-待改.xlsx."""
    stem = Path(file_name).stem.strip()
    while (shorter := _COPY.sub("", stem).strip()) and shorter != stem:
        stem = shorter
    return stem[:MAX_NAME]


def create(session: Session, *, name: str, source: str = "", folder: str = "") -> Batch:
    """A new batch of the table called `name`, which is a name that a file can have.

    Raises `BatchFolderUnknown` for a `folder` that is not there.
    """
    given = source.strip()
    batch = Batch(name=name, source=given[:MAX_NAME] or plain_name(name), source_given=bool(given))
    batch.folder = str(_existing(folder)) if folder.strip() else ""
    session.add(batch)
    session.flush()
    return batch


def find(session: Session, number: int) -> Batch:
    """The batch with this number. Raises `NotFound`."""
    batch = session.get(Batch, number)
    if batch is None:
        raise NotFound()
    return batch


def latest(session: Session, limit: int = LISTED) -> Sequence[Batch]:
    """The newest batches, without what only their own pages show."""
    heavy = [defer(one) for one in (Batch.seen, Batch.preview, Batch.faults)]
    return session.scalars(select(Batch).options(*heavy).order_by(Batch.id.desc()).limit(limit)).all()


def sources(session: Session, limit: int = LISTED) -> list[str]:
    """The names of sources of recent batches, the newest first."""
    names = session.scalars(select(Batch.source).order_by(Batch.id.desc()).limit(limit))
    return list(dict.fromkeys(name for name in names if name))


def begin(session: Session, number: int, phase: str) -> Batch:
    """Put a batch to work again. Raises `NotFound`, or `BatchNotChecked` when there is nothing to register."""
    batch = find(session, number)
    if phase == REGISTERING and not (batch.phase in (CHECKED, REGISTERING) and registrable(batch)):
        raise BatchNotChecked()
    if phase == READING:
        batch.counts, batch.preview, batch.faults = {}, [], []
    batch.phase, batch.error, batch.rows_done, batch.beat_at = phase, {}, 0, now()
    return batch


def registrable(batch: Batch) -> int:
    """How many rows would be registered, as new or as new versions."""
    return int(batch.counts.get("created", 0)) + int(batch.counts.get("updated", 0))


def rename_source(session: Session, number: int, source: str) -> Batch:
    """Say to which source the rows belong, and look at them again. Raises `NotFound`, or `InvalidRequest`."""
    batch = find(session, number)
    name = source.strip()
    if not name or len(name) > MAX_NAME:
        fault = FieldError("/source", "too_long", {"max": MAX_NAME, "length": len(name)})
        raise InvalidRequest(errors=[fault if name else FieldError("/source", "required")])
    batch.source, batch.source_given = name, True
    return begin(session, number, READING)


def use_folder(session: Session, number: int, folder: str) -> Batch:
    """Say where on this machine the files lie, and look again. Raises `NotFound`, or `BatchFolderUnknown`."""
    batch = find(session, number)
    batch.folder = str(_existing(folder))
    return begin(session, number, READING)


def correct(session: Session, number: int, *, name: str) -> Batch:
    """A batch of a corrected table: of the same source, with the same files. Raises `NotFound`."""
    before = find(session, number)
    batch = create(session, name=name, source=before.source)
    batch.folder = before.folder
    batch.seen = {"corrects": before.id}
    return batch


def choose(session: Session, number: int, choices: Choices) -> Batch:
    """Keep what was chosen for the columns so far, and ask next what words mean. Raises `NotFound`."""
    batch = find(session, number)
    batch.seen = {**batch.seen, "choices": choices.as_json(), "asked": True}
    return batch


def remember(session: Session, number: int, choices: Choices) -> Batch:
    """Remember how tables with these headings are read, and look at the batch through it. Raises `NotFound`."""
    batch = find(session, number)
    headings = [column["heading"] for column in batch.seen.get("columns", ())]
    digest = seen.digest_of(headings)
    found = session.scalars(select(RememberedMapping).where(RememberedMapping.digest == digest)).first()
    if found is None:
        found = RememberedMapping(digest=digest, name=choices.source or batch.source, headings=headings, choices={})
        session.add(found)
    found.choices, found.used_at = choices.as_json(), now()
    session.flush()
    batch.mapping_id, batch.source, batch.source_given = found.id, choices.source, True
    return begin(session, number, READING)


def reopen_mapping(session: Session, number: int) -> Batch:
    """Let the columns of a batch be assigned anew. Raises `NotFound`."""
    batch = find(session, number)
    # The look at the columns is taken by the next reading, which stops there.
    batch.seen = {**batch.seen, "reopened": True}
    return begin(session, number, READING)


def choices_of(session: Session, batch: Batch) -> Choices | None:
    """How the batch's table is read, or None when it is read as it is."""
    found = session.get(RememberedMapping, batch.mapping_id) if batch.mapping_id is not None else None
    return Choices(**found.choices) if found is not None else None


def remembered_for(session: Session, headings: Sequence[str]) -> RememberedMapping | None:
    """The mapping for tables with these headings."""
    digest = seen.digest_of(headings)
    return session.scalars(select(RememberedMapping).where(RememberedMapping.digest == digest)).first()


def mappings(session: Session) -> Sequence[RememberedMapping]:
    """The remembered mappings, the last used first."""
    return session.scalars(select(RememberedMapping).order_by(RememberedMapping.used_at.desc()).limit(LISTED)).all()


def count_mappings(session: Session) -> int:
    """How many mappings are remembered."""
    return session.scalar(select(func.count()).select_from(RememberedMapping)) or 0


def mapping(session: Session, number: int) -> RememberedMapping:
    """The remembered mapping with this number. Raises `NotFound`."""
    found = session.get(RememberedMapping, number)
    if found is None:
        raise NotFound()
    return found


def rename_mapping(session: Session, number: int, name: str) -> None:
    """Call a mapping otherwise. Raises `NotFound`, or `InvalidRequest` for no name."""
    found = mapping(session, number)
    if not name.strip():
        raise InvalidRequest(errors=[FieldError("/name", "required")])
    found.name = name.strip()[:MAX_NAME]


def forget_mapping(session: Session, number: int) -> None:
    """Delete a mapping; what was registered through it stays. Raises `NotFound`."""
    session.delete(mapping(session, number))


def remove(session: Session, home: Path, number: int) -> Path | None:
    """Delete a batch; what it registered stays. The folder that may go after the commit, if any.

    Files that were uploaded with it stay where a resource, or the correction of this batch, still needs them. Raises
    `NotFound`.
    """
    batch = find(session, number)
    folder = folder_of(home, batch.id)
    session.execute(delete(Batch).where(Batch.id == batch.id))
    inside = str((folder / FILES).resolve())
    here = LocalFile.path.startswith(inside, autoescape=True)
    needed = session.scalars(select(LocalFile.sha256).where(here).limit(1)).first()
    below = Batch.folder.startswith(str(folder / FILES), autoescape=True)
    shared = session.scalars(select(Batch.id).where(below).limit(1)).first()
    return folder if needed is None and shared is None else None


SILENT_SECONDS = 30.0
"""A batch at work that was not heard of for so long has been interrupted (it writes every second)."""


def tidy(folder: Path) -> None:
    """Remove what is left of a batch that was deleted."""
    shutil.rmtree(folder, ignore_errors=True)


def summary(batch: Batch) -> dict[str, Any]:
    """The counts of a batch, with zero for what was not counted."""
    return {name: int(batch.counts.get(name, 0)) for name in ("created", "updated", "unchanged", "failed")}


def _existing(folder: str) -> Path:
    text = folder.strip().strip('"')
    path = Path(text).expanduser()
    try:
        found = path.is_absolute() and path.is_dir()
    except (OSError, ValueError):
        found = False
    if not found:
        raise BatchFolderUnknown(folder=text[:200])
    return path
