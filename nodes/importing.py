"""Many resources registered at once: in transactions of some hundred rows, where a bad row stops no other."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from nodes import files as local_files
from nodes import registration
from nodes.files import FileSpec, Known, PreparedFile
from nodes.importers import ImportRow
from nodes.registration import Source, Standing
from nodes.workplace import Workplace
from shared.errors import CommonsError, FieldError, FileChanged, FileUnreadable
from shared.identifiers import fresh_id

BATCH = 200
"""Rows of one transaction: few enough that a page of the node waits no longer than about a second."""
Progress = Callable[[int], None]
CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
Prepare = Callable[[Sequence[FileSpec]], list[PreparedFile]]
Told = Callable[[ImportRow, str], None]
"""Hears of each row that is registered, or would be, and of what it became."""


@dataclass(frozen=True)
class Failure:
    """A row that was not registered, and every reason why."""

    row: int
    source_id: str
    errors: tuple[FieldError, ...]

    def as_dict(self, language: str) -> dict[str, Any]:
        """The form in which `--json` prints it."""
        return {
            "row": self.row,
            "source_id": self.source_id,
            "errors": [error.as_dict(language) for error in self.errors],
        }


@dataclass
class Imported:
    """What an import did, or with `dry_run` would do: resources created, given a new version, found unchanged."""

    dry_run: bool = False
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: list[Failure] = field(default_factory=list)

    def as_dict(self, language: str) -> dict[str, Any]:
        """The form in which `--json` prints it."""
        return {
            "dry_run": self.dry_run,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "failed": [failure.as_dict(language) for failure in self.failed],
        }


@dataclass(frozen=True)
class _Ready:
    """A row whose files were read; `record_id` is set when others may already point at it."""

    row: ImportRow
    files: Sequence[PreparedFile]
    record_id: str = ""


def import_rows(
    workplace: Workplace,
    rows: Iterable[ImportRow],
    *,
    source_name: str,
    dry_run: bool = False,
    progress: Progress | None = None,
    told: Told | None = None,
    prepare: Prepare | None = None,
) -> Imported:
    """Register `rows`; what has been imported from `source_name` before becomes a new version or stays as it is.

    A relation may name another row of the same source by its identifier there: rows that point at one not yet
    registered wait to the end and are registered together, so that circles (a course and its lessons) close. A
    resource that was withdrawn stays withdrawn. Whatever `rows` raises passes through; rows of finished
    transactions stay, and importing again goes on from there. `prepare` reads the files; otherwise those that are
    registered as they lie there are not read again.
    """
    run = _Run(workplace, source_name, Imported(dry_run), progress or (lambda steps: None), told, prepare)
    with workplace.database.unit_of_work(read_only=True) as session:
        run.known.update(registration.known_sources(session, source_name))
        run.nameless.update(registration.nameless(session))
    iterator = iter(rows)
    while chunk := list(islice(iterator, BATCH)):
        run.take(chunk)
    run.close_circles()
    run.done.failed.sort(key=lambda failure: failure.row)
    return run.done


def import_part(
    workplace: Workplace,
    rows: Sequence[ImportRow],
    *,
    source_name: str,
    dry_run: bool = False,
) -> Imported:
    """Register a few rows of a large source, as `import_rows` does, without looking at all that came from it before.

    A relation may name a row of this part, or one that was registered earlier.
    """
    run = _Run(workplace, source_name, Imported(dry_run), lambda steps: None)
    named = {row.source_id for row in rows}.union(*(_named(row.fields) for row in rows))
    with workplace.database.unit_of_work(read_only=True) as session:
        found = registration.standing_of(session, source_name, sorted(named))
        run.known.update({identifier: one.resource.id for identifier, one in found.items()})
        run.nameless.update(registration.nameless(session))
    for start in range(0, len(rows), BATCH):
        run.take(rows[start : start + BATCH])
    run.close_circles()
    return run.done


@dataclass
class _Run:
    """One import under way: which identifiers have records, which were seen, and which rows wait for others."""

    workplace: Workplace
    source_name: str
    done: Imported
    progress: Progress
    told: Told | None = None
    prepare: Prepare | None = None
    known: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    waiting: list[_Ready] = field(default_factory=list)
    nameless: dict[str, str] = field(default_factory=dict)
    """Resources that came back from the hub and may be rows of this source: record ids by what they say."""
    recognised: set[str] = field(default_factory=set)

    def take(self, chunk: Sequence[ImportRow]) -> None:
        """Register the rows of one transaction, but for those that wait for a row still to come."""
        ready = []
        prepared_rows = [(row, self._prepare(row)) for row in chunk]
        self._recognise([prepared for _, prepared in prepared_rows if prepared is not None])
        for _, prepared in prepared_rows:
            if prepared is None:
                self.progress(1)
            elif any(target not in self.known for target in _named(prepared.row.fields)):
                self.waiting.append(prepared)
            else:
                ready.append(prepared)
        self._register(ready)

    def _recognise(self, rows: Sequence[_Ready]) -> None:
        """Rows that say what a resource says that came back from the hub are that resource: none is made twice."""
        found: dict[str, str] = {}
        for one in rows if self.nameless else ():
            if one.row.source_id not in self.known:
                record_id = self.nameless.pop(_gist(one), "")
                found |= {one.row.source_id: record_id} if record_id else {}
        self.known.update(found)
        self.recognised.update(found)
        if found and not self.done.dry_run:
            with self.workplace.database.unit_of_work() as session:
                registration.name(session, self.source_name, found)

    def close_circles(self) -> None:
        """Register the rows that wait, in one transaction: each may point at any other.

        Each gets its id beforehand; a row with a fault is left out, and then whoever points at it has one too.
        """
        ids = {one.row.source_id: self.known.get(one.row.source_id) or fresh_id() for one in self.waiting}
        waiting = [replace(one, record_id=ids[one.row.source_id]) for one in self.waiting]
        known = self.known | ids
        left = [one for one in waiting if not self._refused(one, _lost(one.row, known) or _faults(one, known))]
        while len(left) < len(waiting):
            waiting, ids = left, self.known | {one.row.source_id: one.record_id for one in left}
            left = [one for one in waiting if not self._refused(one, _lost(one.row, ids))]
        self.known.update({one.row.source_id: one.record_id for one in left})
        self._register(left)

    def _refused(self, one: _Ready, faults: Sequence[FieldError]) -> bool:
        if faults:
            self._fail(one.row, faults)
            self.progress(1)
        return bool(faults)

    def _prepare(self, row: ImportRow) -> _Ready | None:
        """The row with its files read, outside of any transaction; None for a row with a fault, which is noted."""
        errors = list(row.errors)
        if row.source_id in self.seen:
            errors.append(FieldError("/source_id", "duplicate", {"value": row.source_id[:80]}))
        files: list[PreparedFile] = []
        if row.files and not errors:
            with self.workplace.database.unit_of_work(read_only=True) as session:
                known = local_files.registered(session)
                files = self._read_files(row, known, errors)
        if errors:
            self._fail(row, [*errors, *_besides(row, errors)])
            return None
        self.seen.add(row.source_id)
        return _Ready(row, files)

    def _read_files(self, row: ImportRow, known: Known, errors: list[FieldError]) -> list[PreparedFile]:
        files: list[PreparedFile] = []
        for number, spec in enumerate(row.files):
            try:
                files += self.prepare([spec]) if self.prepare else local_files.prepare([spec], known=known)
            except (FileUnreadable, FileChanged) as error:
                params = {"name": spec.path.name, "cause": error.data.get("cause") or error.as_cause()}
                errors.append(FieldError(f"/files/{number}/path", "file_unreadable", params))
        return files

    def _register(self, ready: Sequence[_Ready]) -> None:
        with self.workplace.database.unit_of_work(read_only=self.done.dry_run) as session:
            names = [one.row.source_id for one in ready]
            standing = registration.standing_of(session, self.source_name, names)
            made = [(one, self._register_one(session, one, standing)) for one in ready]
            for new in () if self.done.dry_run else (False, True):
                owned = [
                    (file, self.known[one.row.source_id]) for one, found in made if found is new for file in one.files
                ]
                owners = {file.entry["sha256"]: record_id for file, record_id in owned}
                local_files.remember(session, [file for file, _ in owned], again=new, owners=owners)
        self.progress(len(ready))

    def _register_one(self, session: Session, one: _Ready, standing: Mapping[str, Standing]) -> bool | None:
        """Whether the row made a new version, None for a bad one, which puts nothing into the session."""
        source_id, content = one.row.source_id, _content(one, self.known)
        latest = standing.get(source_id)
        if latest is None and self.done.dry_run and source_id in self.recognised:
            # A resource that came back from the hub: it would be recognised, and named only in a real import.
            self._count(one.row, UNCHANGED)
            return False
        if latest is not None and latest.withdrawn:
            self._count(one.row, UNCHANGED)
            return False
        try:
            if self.done.dry_run:
                registered = registration.would_register(latest, content)
            else:
                source = Source(self.source_name, source_id)
                registered = registration.put(
                    session, latest, content, key=self.workplace.key, source=source, new_id=one.record_id
                )
        except CommonsError as error:
            self._fail(one.row, _reasons(error))
            return None
        self.known[source_id] = registered.record_id
        became = CREATED if registered.created else UNCHANGED if registered.unchanged else UPDATED
        self._count(one.row, became)
        return not registered.unchanged

    def _count(self, row: ImportRow, became: str) -> None:
        setattr(self.done, became, getattr(self.done, became) + 1)
        if self.told is not None:
            self.told(row, became)

    def _fail(self, row: ImportRow, errors: Sequence[FieldError]) -> None:
        self.done.failed.append(Failure(row.number, row.source_id, tuple(errors)))


def _gist(one: _Ready) -> str:
    """What a row says; nothing for one that has no form in JSON, which is refused when it is its turn."""
    try:
        return registration.gist(registration.content_of(one.row.fields, one.files))
    except CommonsError:
        return ""


def _content(one: _Ready, ids: Mapping[str, str]) -> dict[str, Any]:
    """The record's fields with its files, and with targets in the same source replaced by record ids."""
    content = registration.content_of(one.row.fields, one.files)
    if any(True for _ in _targets(content)):
        content["relations"] = [
            {**entry, "target": ids.get(entry["target"], entry["target"])} if _points(entry) else entry
            for entry in content["relations"]
        ]
    return content


def _named(fields: Mapping[str, Any]) -> Iterator[str]:
    return (target for _, target in _targets(fields))


def _targets(fields: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Relations (by place) whose target is no record id and so must be a row of the same source."""
    relations = fields.get("relations")
    for number, entry in enumerate(relations if isinstance(relations, list) else ()):
        if _points(entry) and not _is_id(entry["target"]):
            yield number, entry["target"]


def _points(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("target"), str)


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _lost(row: ImportRow, ids: Mapping[str, str]) -> list[FieldError]:
    """Relations to what is not among `ids`."""
    return [
        FieldError(f"/relations/{number}/target", "unknown_target", {"value": target[:80]})
        for number, target in _targets(row.fields)
        if target not in ids
    ]


def _faults(one: _Ready, ids: Mapping[str, str]) -> list[FieldError]:
    try:
        registration.would_register(None, _content(one, ids))
    except CommonsError as error:
        return _reasons(error)
    return []


def _besides(row: ImportRow, found: Sequence[FieldError]) -> list[FieldError]:
    """What the schema finds in other fields of a row that cannot be registered anyway, so that all is mended at once.

    Nothing for a row of which no field could be read; files that were not found still count as content.
    """
    if not row.fields:
        return []
    faulty = {error.pointer.split("/")[1] for error in found if error.pointer}
    try:
        registration.would_register(None, registration.content_of(row.fields, ()))
    except CommonsError as error:
        others = [
            one for one in error.errors if one.pointer.split("/")[1:2] and one.pointer.split("/")[1] not in faulty
        ]
        return [one for one in others if one.code != "content_missing" or not row.files]
    return []


def _reasons(error: CommonsError) -> list[FieldError]:
    """Every fault of a record; an error of the whole (too large, no canonical form) is a fault of the row."""
    return list(error.errors) or [FieldError("", error.code, dict(error.data))]
