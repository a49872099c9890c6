"""Exporting what waits as a bag (BagIt) that a person carries to the hub: signed records and their files.

The outbox stays as it is until a receipt answers, so a stick that is lost costs nothing but another export.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from nodes import files as local_files
from nodes import holdings, outbox, petitions, public_keys, questions
from nodes import membership as memberships
from nodes.models import REFUSED, REGISTERED, LocalFile, Membership, OutboxEntry, Version, now
from nodes.outbox import Letter
from nodes.sync import Reporter
from nodes.texts import language
from nodes.workplace import Workplace
from shared.bags import DECLARATION, Payload, begin_new, is_plain, manifest, tag_files
from shared.canonical import best_text, canonical, digest
from shared.carrying import (
    MAX_BUNDLE_FILES,
    MAX_BUNDLE_RECORDS,
    STATEMENT,
    WORDS_PATH,
    batch_bytes,
    file_path,
    records_path,
    statement,
    write_whole,
)
from shared.errors import CommonsError, FileChanged, FileUnreadable, FileUnwritable, FolderNotEmpty
from shared.identifiers import fresh_id
from shared.messages import MAX_KEYS
from shared.reconciliation import content_digests
from shared.wording import system_fault

UNFINISHED = "export.unfinished"
"""Stands in the folder while an export is under way: such a folder is ours to go on with."""
NOT_WANTED = (REGISTERED, REFUSED, "superseded", "withdrawn")
"""States of versions whose files the hub does not want; those of any other it may ask for again, to heal its copy."""
CHUNK = 1024**2
LISTS, FILE_LISTED, FILE_OVERHEAD = 256 * 1024, 200, 32 * 1024
"""Bytes kept free for a bundle's lists, for a file's line in one, and for its folders and its last cluster."""
Progress = Callable[[int], None]


@dataclass
class Exported:
    """What a bundle holds, how many records and files are left for the next one, and what hinders a file."""

    folder: Path
    bundle_id: str
    records: int = 0
    files: int = 0
    bytes: int = 0
    left: int = 0
    files_left: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether every file that should be in it is."""
        return not self.failed

    def as_dict(self) -> dict[str, Any]:
        """The form for a script."""
        return {**self.__dict__, "folder": str(self.folder)}


def export(workplace: Workplace, folder: Path, *, reporter: Reporter | None = None) -> Exported:
    """Write all that waits into `folder` as a bag; an export that was broken off is gone on with.

    A file that cannot be read is left out and named; it goes into the next bundle. Raises `NotJoined`,
    `FolderNotEmpty` or `FileUnwritable`.
    """
    with workplace.database.unit_of_work(read_only=True) as session:
        membership = memberships.current(session)
    folder = Path(os.path.realpath(folder.expanduser()))  # follows no links in a circle
    done = Exported(folder, fresh_id())
    _begin(folder)
    payload, last = _write_records(workplace, membership, done)
    with workplace.database.unit_of_work(read_only=True) as session:
        arks = _known_arks(session, last)
    with workplace.database.unit_of_work(read_only=True) as session:
        wanted = _wanted(session, last)
        done.left = max(outbox.waiting(session) - done.records, 0)
    files = _fitting(folder, wanted)
    done.files_left = len(wanted) - len(files)
    total = sum(file.size for file in files)
    progress = reporter.begin("写入离线包", total) if reporter is not None and total else None
    payload += [*_write_words(workplace, done, arks), *_copy_files(folder, files, done, progress)]
    _remove_strays(folder, payload)
    _finish(workplace, membership, done, payload)
    return done


def _begin(folder: Path) -> None:
    """Make the folder ours, or find that it is; from here to the end it is no bag.

    Somebody may have laid links there, to have us write over other files and clear other folders: not ours, then.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()) and not ((folder / UNFINISHED).exists() and is_plain(folder)):
            raise FolderNotEmpty(name=str(folder))
        (folder / UNFINISHED).touch()
        (folder / DECLARATION).unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _write_records(workplace: Workplace, membership: Membership, done: Exported) -> tuple[list[Payload], int]:
    """Write the outbox in batches such as the network would carry, and say up to which entry.

    There is always one, if an empty one: a bag must not be without payload, and one without records fetches news.
    """
    payload: list[Payload] = []
    last = 0
    for batch in outbox.batches(workplace, membership):
        if done.records + len(batch) > MAX_BUNDLE_RECORDS:
            break
        payload.append(_write_batch(done.folder, len(payload) + 1, batch))
        done.records += len(batch)
        last = batch[-1].entry
    return payload or [_write_batch(done.folder, 1, [])], last


def _write_batch(folder: Path, number: int, batch: Sequence[Letter]) -> Payload:
    data = batch_bytes([letter.jws for letter in batch])
    path = records_path(number)
    write_whole(folder / path, data)
    return Payload(path, digest(data), len(data))


def _known_arks(session: Session, last: int) -> list[dict[str, str]]:
    """The permanent identifiers of the resources in this bundle that were published before (`ArkMessage`)."""
    sent_now = session.scalars(select(OutboxEntry.resource_id).where(OutboxEntry.id <= last))
    given = holdings.arks(session, set(sent_now))
    return [{"record_id": record_id, "ark": ark} for record_id, ark in sorted(given.items())]


def _write_words(workplace: Workplace, done: Exported, arks: Sequence[dict[str, str]]) -> list[Payload]:
    """Write what people here say to the alliance, and which identifiers we know; nothing when there is neither."""
    with workplace.database.unit_of_work(read_only=True) as session:
        words = {"answers": questions.unsent(session), "petitions": petitions.unsent(session)}
    words |= {"arks": list(arks)} if arks else {}
    if not any(words.values()):
        return []
    data = canonical(words)
    write_whole(done.folder / WORDS_PATH, data)
    return [Payload(WORDS_PATH, digest(data), len(data))]


def _wanted(session: Session, last: int) -> list[LocalFile]:
    """The files that the hub may not have, of versions that it has or that are in this bundle."""
    named = (Version.resource_id == OutboxEntry.resource_id) & (Version.number == OutboxEntry.number)
    sent_now = select(Version.record).join(OutboxEntry, named).where(OutboxEntry.id <= last)
    there = select(Version.record).where(Version.state.not_in(NOT_WANTED))
    wanted = {
        entry["sha256"]
        for query in (sent_now, there)
        for record in session.scalars(query.execution_options(yield_per=500))
        if "withdrawn" not in (content := json.loads(record))
        for entry in content.get("files", ())
    }
    unsent = session.scalars(select(LocalFile).where(~LocalFile.sent).order_by(LocalFile.sha256))
    return [file for file in unsent if file.sha256 in wanted]


def _fitting(folder: Path, files: Sequence[LocalFile]) -> list[LocalFile]:
    """Those of the files for which there is room on the medium; the others go with the next bundle.

    An institution may well have more than a stick holds, and would else never get a bundle done.
    """
    try:
        free = shutil.disk_usage(folder).free - LISTS - FILE_LISTED * min(len(files), MAX_BUNDLE_FILES)
    except OSError as error:
        raise _unwritable(folder, error) from error
    fitting: list[LocalFile] = []
    for file in files:
        size = 0 if _stands(folder / file_path(file.sha256), file) else file.size + FILE_OVERHEAD
        if size <= free and len(fitting) < MAX_BUNDLE_FILES:
            fitting.append(file)
            free -= size
    return fitting


def _copy_files(
    folder: Path, files: Sequence[LocalFile], done: Exported, progress: Progress | None
) -> Iterator[Payload]:
    for file in files:
        target = folder / file_path(file.sha256)
        try:
            if not _stands(target, file):
                _copy(local_files.check_unchanged(file)[0], target, file, progress)
        except CommonsError as error:
            if isinstance(error, FileUnwritable) and not _too_large_for_the_medium(error):
                raise
            done.failed[file.sha256] = error.message(language())
            continue
        done.files, done.bytes = done.files + 1, done.bytes + file.size
        yield Payload(file_path(file.sha256), file.sha256, file.size)


def _stands(target: Path, file: LocalFile) -> bool:
    """Whether an export that was broken off has copied it: a file gets its name when it is whole."""
    return target.is_file() and target.stat().st_size == file.size


def _copy(source: Path, target: Path, file: LocalFile, progress: Progress | None) -> None:
    """Copy the registered bytes and no others. Raises `FileChanged`, `FileUnreadable` or `FileUnwritable`."""
    draft = target.with_name(f"{target.name}.part")
    hashed = hashlib.sha256()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with begin_new(draft) as written:
            for chunk in _chunks(source):
                hashed.update(chunk)
                written.write(chunk)
                if progress is not None:
                    progress(len(chunk))
            written.flush()
            os.fsync(written.fileno())
        if hashed.hexdigest() == file.sha256:
            draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise _unwritable(source, error) from error
    if hashed.hexdigest() != file.sha256:
        draft.unlink()
        raise FileChanged(name=source.name)


def _chunks(source: Path) -> Iterator[bytes]:
    try:
        with source.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise FileUnreadable(name=source.name, cause=system_fault(error)) from error


def _too_large_for_the_medium(error: FileUnwritable) -> bool:
    """Whether only this file does not fit: FAT, in which many sticks come, holds none of 4 GiB."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EFBIG


def _remove_strays(folder: Path, payload: Sequence[Payload]) -> None:
    """Remove what an export that was broken off had written and this one does not hold."""
    kept = {folder / part.path for part in payload}
    for path in sorted((folder / "data").rglob("*"), reverse=True):
        if path.is_file() and path not in kept:
            path.unlink()


def _finish(workplace: Workplace, membership: Membership, done: Exported, payload: list[Payload]) -> None:
    payload.sort(key=lambda part: part.path)
    moment = now()
    said = {
        "bundle_id": done.bundle_id,
        "node_id": membership.node_id,
        "hub": membership.origin,
        "language": language(),
        "after": membership.cursor,
        "keys": [link.as_message() for link in public_keys.chain(workplace.folder, workplace.key.id)[-MAX_KEYS:]],
        "holdings": _digests(workplace),
    }
    signed = statement(said, manifest=manifest(payload), moment=moment, key=workplace.key.private)
    info = {
        "Source-Organization": best_text(membership.institution_name, language()) or membership.institution_code,
        "External-Identifier": f"urn:uuid:{done.bundle_id}",
        "Internal-Sender-Identifier": membership.node_id,
        "Metrology-Commons-Key-Id": workplace.key.id,
        "Metrology-Commons-Hub": membership.origin,
    }
    for name, data in tag_files(payload, info=info, extra={STATEMENT: signed}, moment=moment).items():
        write_whole(done.folder / name, data)
    (done.folder / UNFINISHED).unlink()


def _digests(workplace: Workplace) -> list[str]:
    """What this node holds but what it sends: if the hub holds something else, it gives that back."""
    with workplace.database.unit_of_work(read_only=True) as session:
        ours, waiting = holdings.items(session), holdings.waiting(session)
    return content_digests(item[:3] for item in ours if item[:2] not in waiting)


def _unwritable(path: Path, error: OSError) -> FileUnwritable:
    return FileUnwritable(name=path.name, cause=system_fault(error))
