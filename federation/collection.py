"""Making room in the store: abandoned uploads end by themselves, everything else that nothing needs on command."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from flask import Flask

from federation import garbage, granting
from federation.database import unit_of_work
from federation.derivatives import making as derivatives
from federation.dumps import making as dumps
from federation.granting import Opening
from federation.models.base import now
from federation.models.objects import Upload
from federation.parts import parts
from federation.renditions import making as renditions
from federation.storage import Lying, StorageError

FORGOTTEN = timedelta(hours=1)
"""How long a promised removal may take before the sweep does it again: far longer than any request to the store."""
NAMED = 20
"""Objects of others that are named; the rest is counted."""

log = structlog.get_logger()


@dataclass
class Collected:
    """What was removed, or would be: abandoned uploads, leftovers of others, and stored objects, with their bytes.

    `foreign` are objects in the public bucket that no hub put there, the first of them by their keys; they stay.
    """

    uploads: int = 0
    leftovers: int = 0
    objects: int = 0
    size: int = 0
    foreign: int = 0
    foreign_size: int = 0
    foreign_keys: list[str] = field(default_factory=list)

    def note_foreign(self, one: Lying) -> None:
        """Count an object that is not ours."""
        self.foreign += 1
        self.foreign_size += one.size
        if len(self.foreign_keys) < NAMED:
            self.foreign_keys.append(one.key)


def expire_uploads(app: Flask, *, dry_run: bool = False) -> int:
    """End every upload of which nothing more has arrived for `upload_days`; says how many."""
    before, count = _days_ago(parts(app).settings.upload_days), 0
    with unit_of_work(app, read_only=True) as session:
        waiting = [
            Opening(upload.id, upload.size, upload.store_upload_id)
            for upload in garbage.abandoned(session, before=before)
        ]
    for upload in waiting:
        try:
            if dry_run or _give_up(app, upload, before):
                count += 1
                if not dry_run:
                    store_upload_id = upload.store_upload_id or None
                    parts(app).store.abort_upload(upload_id=upload.upload_id, store_upload_id=store_upload_id)
                    with unit_of_work(app) as session:
                        garbage.given_up(session, upload.upload_id)
        except StorageError as error:
            log.warning("upload not ended", upload=upload.upload_id, cause=type(error).__name__)
            if not parts(app).store.ready():
                break
    return count


def _give_up(app: Flask, opening: Opening, before: datetime) -> bool:
    """Promise the end of an upload, unless it has moved on meanwhile: what arrives, the store alone knows."""
    arrived: dict[int, int] = {}
    if opening.store_upload_id:
        arrived = parts(app).store.arrived(
            upload_id=opening.upload_id, store_upload_id=opening.store_upload_id, size=opening.size
        )
    with unit_of_work(app) as session:
        upload = session.get_one(Upload, opening.upload_id, with_for_update=True)
        if upload.state == "expiring":
            return True
        if upload.state != "open" or upload.changed_at >= before:
            return False
        if granting.note_progress(upload, sum(arrived.values())):
            return False
        garbage.give_up(session, upload)
        return True


def finish_removals(app: Flask) -> None:
    """Do what was promised and not confirmed: its process was killed in between."""
    with unit_of_work(app, read_only=True) as session:
        left = garbage.promised(session, before=now() - FORGOTTEN)
    for sha256 in left:
        try:
            _remove(app, sha256)
        except StorageError as error:
            log.warning("object not removed", sha256=sha256, cause=type(error).__name__)
            if not parts(app).store.ready():
                return


def collect(app: Flask, *, dry_run: bool = False) -> Collected:
    """Remove everything that nothing needs, or with `dry_run` only count it. Raises StorageError."""
    settings = parts(app).settings
    done = Collected(uploads=expire_uploads(app, dry_run=dry_run))
    _collect_leftovers(app, done, _days_ago(settings.upload_days), dry_run=dry_run)
    _collect_objects(app, done, _days_ago(settings.garbage_days), dry_run=dry_run)
    return done


def _collect_leftovers(app: Flask, done: Collected, before: datetime, *, dry_run: bool) -> None:
    """What lies in the incoming bucket of uploads that have ended, or that the database never learnt of."""
    store = parts(app).store
    sent = list(store.sent_before(before))
    # Asked after the list was made: an upload that is new since then is too young to be in it.
    with unit_of_work(app, read_only=True) as session:
        live = garbage.live_uploads(session)
    for upload_id, size in sent:
        if upload_id in live:
            continue
        done.leftovers += 1
        done.size += size
        if not dry_run:
            store.abort_upload(upload_id=upload_id, store_upload_id=None)
    if not dry_run:
        done.leftovers += store.abort_multiparts(before=before, spared=live)


def _collect_objects(app: Flask, done: Collected, before: datetime, *, dry_run: bool) -> None:
    """Stored objects that nothing needs, and bytes in the store that the database has no row of.

    What has another key than a content address may be anybody's: it is only said to be there.
    """
    with unit_of_work(app, read_only=True) as session:
        found = dict(garbage.unneeded(session, before=before))
    for one in parts(app).store.in_public():
        if one.rendition_of is not None or one.derivative_of is not None:
            _collect_made(app, done, one, before, dry_run=dry_run)
        elif one.dump is not None:
            _collect_dump(app, done, one, before, dry_run=dry_run)
        elif one.sha256 is None:
            done.note_foreign(one)
        elif one.written < before:
            with unit_of_work(app, read_only=True) as session:
                if garbage.is_unknown(session, one.sha256):
                    found[one.sha256] = one.size
    for sha256, size in found.items():
        if not dry_run:
            with unit_of_work(app) as session:
                promise = garbage.promise_removal(session, sha256, size, before=before)
            if not promise:
                continue
            _remove(app, sha256)
        done.objects += 1
        done.size += size


def _collect_made(app: Flask, done: Collected, one: Lying, before: datetime, *, dry_run: bool) -> None:
    """What was made of a file that went while a worker was at it; that of a file that is here stays with it."""
    if one.written >= before:
        return
    with unit_of_work(app, read_only=True) as session:
        if one.rendition_of is not None and renditions.of(session, [one.rendition_of]):
            return
        if one.derivative_of is not None and derivatives.is_known(session, one.derivative_of):
            return
    done.leftovers += 1
    done.size += one.size
    if dry_run:
        return
    if one.rendition_of is not None:
        parts(app).store.renditions.delete(sha256=one.rendition_of)
    if one.derivative_of is not None:
        parts(app).store.derivatives.delete(sha256=one.derivative_of)


def _collect_dump(app: Flask, done: Collected, one: Lying, before: datetime, *, dry_run: bool) -> None:
    """A dump that is none of the last ones: its worker was killed after it had sent it, or before it removed it."""
    if one.dump is None or one.written >= before:
        return
    with unit_of_work(app, read_only=True) as session:
        if dumps.is_kept(session, one.dump):
            return
    done.leftovers += 1
    done.size += one.size
    if not dry_run:
        parts(app).store.dumps.delete(one.dump)


def _remove(app: Flask, sha256: str) -> None:
    """The bytes, and what was made of them."""
    parts(app).store.renditions.delete(sha256=sha256)
    parts(app).store.derivatives.delete(sha256=sha256)
    parts(app).store.delete(sha256=sha256)
    with unit_of_work(app) as session:
        garbage.removed(session, sha256)


def _days_ago(days: int) -> datetime:
    return now() - timedelta(days=days)
