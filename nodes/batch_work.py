"""The work on a batch, in a process of its own: looking at its table and previewing it, or registering it.

Every step can be repeated: a preview changes nothing but its own row, and a registration that was killed has
registered whole rows, which the next one finds unchanged. The progress is written every second, for the page to show.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from nodes import batches, fault_workbook, faults, importers, importing
from nodes.batch_faults import CellFault, Places
from nodes.batch_models import CHECKED, DONE, FAILED, MAPPING, Batch
from nodes.importers import ImportRow, guesses, seen, surveys, workbooks
from nodes.importers import choices as mapping_choices
from nodes.importers.choices import Choices
from nodes.importers.rows import SourceRow
from nodes.importing import CREATED, Imported
from nodes.measures import Measures
from nodes.models import Resource, now
from nodes.workplace import Workplace
from shared.canonical import best_text
from shared.errors import BatchTooManyRows, CommonsError

LOCK = "batches.lock"
"""Batches are worked on one after the other: two would only wait for each other's transactions."""
BEAT_SECONDS = 1.0
PREVIEWED = 20
"""Rows shown as they will be."""
FAULTY_SHOWN = 200
"""Faulty rows that the page names; the workbook has all."""
LOOKED_UP = 500
"""Identifiers that are looked for in other sources."""
MEASURES = "measures.json"
"""In a batch's folder: what was found of its files."""
LANGUAGES = ("zh", "en")


@dataclass
class _Preview:
    """What is heard of the rows on the way: the first of them, and identifiers that are new to this source."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    new: list[str] = field(default_factory=list)

    def told(self, row: ImportRow, became: str) -> None:
        if became == CREATED and len(self.new) < LOOKED_UP:
            self.new.append(row.source_id)
        if len(self.rows) < PREVIEWED:
            self.rows.append(_shown(row, became))


@dataclass
class _Task:
    """One batch as it stood when the work began."""

    workplace: Workplace
    batch: Batch
    choices: Choices | None
    rows_done: int = 0

    @property
    def home(self) -> Path:
        return self.workplace.folder

    @property
    def table(self) -> Path:
        return batches.table_of(self.home, self.batch)

    @property
    def files(self) -> Path:
        return batches.files_of(self.home, self.batch)

    def write(self, **values: Any) -> None:
        """Put values into the batch's row."""
        with self.workplace.database.unit_of_work() as session:
            session.execute(update(Batch).where(Batch.id == self.batch.id).values(beat_at=now(), **values))


def check(workplace: Workplace, number: int, *, language: str) -> None:
    """Look at a batch: assign its columns by a remembered mapping, ask for one, or preview what its rows will be.

    What hinders it is written into its row. Raises `NotFound`.
    """
    with _working(workplace, number, if_not=FAILED) as task:
        reopened = bool(task.batch.seen.get("reopened"))
        if reopened or not _assigned(task):
            _ask_for_columns(task)
        else:
            _run(task, dry_run=True, language=language)


def register(workplace: Workplace, number: int, *, language: str) -> None:
    """Register the good rows of a batch. What hinders it is written into its row. Raises `NotFound`."""
    with _working(workplace, number, if_not=CHECKED) as task:
        _run(task, dry_run=False, language=language)


@contextmanager
def _working(workplace: Workplace, number: int, *, if_not: str) -> Iterator[_Task]:
    with FileLock(workplace.folder / LOCK):
        with workplace.database.unit_of_work(read_only=True) as session:
            batch = batches.find(session, number)
            task = _Task(workplace, batch, batches.choices_of(session, batch))
        ended = threading.Event()
        beating = threading.Thread(target=_beat, args=(task, ended), name="heartbeat", daemon=True)
        beating.start()
        try:
            yield task
        except Exception as error:  # the page must be able to say that it failed, whatever the cause
            ended.set()
            beating.join()
            named = faults.named(error, workplace.folder)
            task.write(phase=if_not, error={one: _in_words(named, one) for one in LANGUAGES})
        finally:
            ended.set()
            beating.join()


def _beat(task: _Task, ended: threading.Event) -> None:
    while not ended.wait(BEAT_SECONDS):
        # A full disk or a busy database stops the work itself; its diary must not.
        with suppress(OperationalError):
            task.write(rows_done=task.rows_done)


def _in_words(error: CommonsError, language: str) -> str:
    return " ".join([error.message(language), *(fault.message(language) for fault in error.errors)])


def _assigned(task: _Task) -> bool:
    """Whether it is known which column is which field; from now on the batch has the source that the table names."""
    batch = task.batch
    headings = surveys.headings_in(task.table)
    if not batch.source_given and task.table.suffix.lower() in workbooks.SUFFIXES:
        batch.source = workbooks.source_named_in(task.table)[: batches.MAX_NAME] or batch.source
    if task.choices is None and not workbooks.known_headings(headings):
        with task.workplace.database.unit_of_work() as session:
            found = batches.remembered_for(session, headings)
            if found is None:
                return False
            found.used_at = now()
            batch.mapping_id, task.choices = found.id, Choices(**found.choices)
    if task.choices is not None and not batch.source_given:
        batch.source = task.choices.source
    task.write(source=batch.source, mapping_id=batch.mapping_id)
    return True


def _ask_for_columns(task: _Task) -> None:
    columns, rows = surveys.survey(task.table)
    proposed = task.choices or guesses.proposed(columns, rows, task.batch.source)
    found = {"columns": seen.as_json(columns), "rows": rows, "choices": proposed.as_json()}
    corrects = task.batch.seen.get("corrects")
    task.write(phase=MAPPING, seen={**found, "corrects": corrects} if corrects else found, source=task.batch.source)


def _run(task: _Task, *, dry_run: bool, language: str) -> None:
    """Go through the rows, and write down what they would become or became."""
    preview = _Preview()
    batch = task.batch
    if task.choices is not None:
        task.choices.source = batch.source
    rules = mapping_choices.mapping_for(task.choices, "mapping") if task.choices is not None else None
    rows = importers.read(task.table, rules, task.home / "generated", beside=task.files)
    measures = Measures(batches.folder_of(task.home, batch.id) / MEASURES)
    done = importing.import_rows(
        task.workplace,
        _counted(task, rows),
        source_name=batch.source,
        dry_run=dry_run,
        told=preview.told,
        prepare=measures.prepare,
    )
    measures.keep()
    counts: dict[str, Any] = {
        "rows": task.rows_done,
        "created": done.created,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "failed": len(done.failed),
    }
    if dry_run and preview.new:
        counts |= _also_in(task, preview.new)
    shown = _write_faults(task, done, language)
    preview.rows.sort(key=lambda row: row["row"])
    phase = CHECKED if dry_run else DONE
    task.write(phase=phase, counts=counts, preview=preview.rows, faults=shown, rows_done=task.rows_done)


def _counted(task: _Task, rows: Iterator[ImportRow]) -> Iterator[ImportRow]:
    for row in rows:
        task.rows_done += 1
        if task.rows_done > batches.MAX_ROWS:
            raise BatchTooManyRows(limit=batches.MAX_ROWS)
        yield row


def _also_in(task: _Task, identifiers: Sequence[str]) -> dict[str, Any]:
    """Another source with most of the identifiers that are new to this one: perhaps the same list by another name."""
    query = (
        select(Resource.source, func.count())
        .where(
            Resource.source_id.in_(identifiers), Resource.source.is_not(None), Resource.source != task.batch.source
        )
        .group_by(Resource.source)
    )
    with task.workplace.database.unit_of_work(read_only=True) as session:
        found = Counter({str(source): count for source, count in session.execute(query)}).most_common(1)
    if found and found[0][1] * 2 >= len(identifiers):
        return {"also": {"source": found[0][0], "count": found[0][1]}}
    return {}


def _write_faults(task: _Task, done: Imported, language: str) -> list[dict[str, Any]]:
    """Write the workbook with the faulty rows; the first of them with their cells, for the page."""
    path = batches.folder_of(task.home, task.batch.id) / batches.FAULTS
    path.unlink(missing_ok=True)
    if not done.failed:
        return []
    failed = {failure.row: failure for failure in done.failed}
    shown: list[dict[str, Any]] = []
    with surveys.open_table(task.table, task.choices.id if task.choices else "") as table:
        places = Places.of(table.headings, task.choices, task.files)

        def rows() -> Iterator[tuple[SourceRow, list[CellFault]]]:
            for row in table.rows:
                failure = failed.get(row.number)
                if failure is not None:
                    found = places.faults(failure, row)
                    if len(shown) < FAULTY_SHOWN:
                        cells = [fault.as_json() for fault in found]
                        shown.append({"row": row.number, "source_id": failure.source_id, "cells": cells})
                    yield row, found

        source = task.batch.source
        fault_workbook.write(path, table.headings, places.fields, rows(), source=source, language=language)
    return shown


def _shown(row: ImportRow, became: str) -> dict[str, Any]:
    """A row as the preview shows it."""
    title = row.fields.get("title")
    kind = row.fields.get("type")
    themes = row.fields.get("themes")
    links = row.fields.get("links")
    return {
        "row": row.number,
        "source_id": row.source_id,
        "title": {one: best_text(title, one) for one in LANGUAGES} if isinstance(title, dict) else {},
        "type": kind if isinstance(kind, str) else "",
        "themes": themes if isinstance(themes, list) else [],
        "license": str(row.fields.get("license", "")),
        "files": [file.name for file in row.files],
        "links": len(links) if isinstance(links, list) else 0,
        "became": became,
    }
