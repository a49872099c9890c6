"""Restoring a backup onto an empty machine, or into an empty database: all of it, or nothing that counts.

Secrets and objects come first and can be put back twice without harm; the rows, and the marks on objects that the
store lacks, come last and in one transaction. So a restore that was killed is simply run again.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection, NullPool, create_engine, update
from sqlalchemy.orm import Session

from federation import (
    account_links,
    auditlog,
    copying,
    fixity,
    mail,
    operations,
    person_sessions,
    scheduling,
    schema,
    service,
    tasks,
)
from federation import folder as data_folder
from federation.backups import folder as place
from federation.backups import objects, snapshot, undone
from federation.backups.checking import Checked
from federation.backups.snapshot import Begin
from federation.backups.undone import Undone
from federation.core import create_core
from federation.database import db
from federation.derivatives import making as derivatives
from federation.dumps import making as dumps
from federation.fixity import Claim
from federation.models.base import now
from federation.models.institutions import Node
from federation.models.objects import StoredObject
from federation.parts import parts
from federation.renditions import making as renditions
from federation.settings import HubSettings, secrets_file
from shared import private
from shared.errors import BackupFromNewer, FileUnwritable, RestoreNotEmpty
from shared.unwritable import said_of
from shared.wording import system_fault

EVENTS_SKIPPED = 10_000_000
"""Far more status events than a node is told between two backups."""
EVENTS_A_SECOND = 1000
"""Far more than a node is told: a backup that is restored twice goes on with other numbers the second time."""


@dataclass(frozen=True)
class Restored:
    """What was put back; `lacking` are the objects that the store does not hold as it should, each with why.

    `undone` is what has to be looked through before the hub is open again.
    """

    rows: int
    undone: Undone
    objects_put_back: int
    migrated: bool
    other_origin: bool
    lacking: Mapping[str, str] = field(default_factory=dict)


def restore(backup: Checked, *, given: HubSettings, load: Callable[[], HubSettings], begin: Begin) -> Restored:
    """Put a checked backup back where the settings say.

    `given` are the settings as the operator gave them, `load` fills a single machine's gaps. Raises
    `BackupFromNewer`, `RestoreNotEmpty`, `DataFolderInUse`, `StoreAway`, or `FileUnwritable`; the database is then
    as it was.
    """
    said = backup.manifest
    if not schema.knows(said.migration):
        raise BackupFromNewer(program=said.program, migration=said.migration)
    with ExitStack() as stack:
        if given.embedded:
            stack.enter_context(_held(given.var))
            _require_empty(given)
            _put_secrets(backup.path / place.SECRETS, secrets_file(given.var))
        settings = load()
        stack.enter_context(service.own_store(settings))
        app = create_core(settings)
        with app.app_context():
            stack.callback(db.engine.dispose)
        return _restore(app, backup, settings, begin)


def _restore(app: Flask, backup: Checked, settings: HubSettings, begin: Begin) -> Restored:
    schema.upgrade(app)
    tasks.prepare_queue(app)
    operations.prepare_store(app)
    store = parts(app).store
    with app.app_context(), db.engine.connect() as connection:
        _refuse_filled(connection)
    tell = begin("放回文件", backup.manifest.objects.size)
    count = objects.put_back(store, backup.listed, place.pool_of(backup.path), tell)
    lacking = objects.compare(store, backup.listed)
    with _up_to_date(backup, settings.var) as file, snapshot.reading(file) as here:
        rows, good = _put_rows(app, backup, here, lacking, begin)
    return Restored(
        rows=rows,
        undone=good,
        objects_put_back=count,
        migrated=backup.manifest.migration != schema.head(),
        other_origin=backup.manifest.origin != settings.origin,
        lacking=lacking,
    )


def _put_rows(
    app: Flask, backup: Checked, here: Connection, lacking: Mapping[str, str], begin: Begin
) -> tuple[int, Undone]:
    """Copy the rows and mark what the store lacks, in one transaction; how many they are, and what is good again."""
    with app.app_context(), db.engine.begin() as there:
        _refuse_filled(there)
        copied = copying.copy_rows(here, there, tell=begin("恢复数据库", copying.count_rows(here)))
        with Session(there) as session:
            # What the nodes read since the backup has numbers that the restored hub would give again.
            session.execute(update(Node).values(event_seq=Node.event_seq + _skipped()))
            # What they name is in another store: the worker makes them anew.
            dumps.forget(session)
            # Sessions that were ended since the backup would be good again: everybody signs in anew.
            person_sessions.drop_everybodys(session)
            # Links that were used or taken back since the backup would be good again.
            account_links.void_all(session)
            mail.drop_all(session)
            renditions.make_anew(session)
            derivatives.make_anew(session)
            scheduling.tell_days(session)
            good = undone.look(session, since=backup.manifest.made)
            _note(session, backup, lacking, good)
            tell = begin("标记缺少的文件", len(lacking))
            for sha256, damage in lacking.items():
                row = session.get_one(StoredObject, sha256)
                fixity.conclude(session, Claim(sha256, row.size, row.checked_at), damage)
                tell(1)
            session.flush()
    return sum(one.rows for one in copied), good


def _skipped() -> int:
    return EVENTS_SKIPPED + int(now().timestamp() * EVENTS_A_SECOND)


def _note(session: Session, backup: Checked, lacking: Mapping[str, str], good: Undone) -> None:
    """Say in the log from which moment on decisions are missing, and what was good when the hub came back."""
    detail = {
        "made": backup.manifest.made,
        "objects": len(backup.listed),
        "lacking": len(lacking),
        "active_keys": good.active_keys,
        "active_users": good.active_users,
    }
    auditlog.record(session, auditlog.Happening(auditlog.OPERATOR, "hub.restored", "hub:database", detail=detail))


@contextmanager
def _up_to_date(backup: Checked, var: Path) -> Iterator[Path]:
    """The backup's database with this version's tables: the file itself, or a copy that is migrated."""
    file = backup.path / place.DATABASE
    if backup.manifest.migration == schema.head():
        yield file
        return
    # Always the same name: what a restore that was killed left is written over by the next.
    copy = var.resolve() / "restoring.sqlite"
    try:
        with said_of(copy):
            private.begin(copy)
            shutil.copyfile(file, copy)
        snapshot.migrate(copy)
        yield copy
    finally:
        for path in var.glob(f"{copy.name}*"):
            path.unlink()


@contextmanager
def _held(var: Path) -> Iterator[None]:
    try:
        data_folder.make(var)
    except OSError as error:
        raise FileUnwritable(name=var, cause=system_fault(error)) from error
    with data_folder.held(var):
        yield


def _require_empty(given: HubSettings) -> None:
    """Look before anything is made: the secrets of a hub that has content are not to be replaced."""
    file = given.var.resolve() / "hub.sqlite"
    if not given.database_url and not file.exists():
        return
    engine = create_engine(given.database_url or f"sqlite:///{file}", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            _refuse_filled(connection)
    finally:
        engine.dispose()


def _refuse_filled(there: Connection) -> None:
    table = copying.first_filled(there)
    if table:
        raise RestoreNotEmpty(table=table)


def _put_secrets(source: Path, target: Path) -> None:
    """Give the machine the secrets of the one that was backed up; nothing of an empty hub rests on its own."""
    if not source.is_file():
        return
    draft = target.with_suffix(".restored")
    with said_of(target):
        draft.touch(mode=0o600)
        draft.chmod(0o600)
        draft.write_bytes(source.read_bytes())
        place.sync(draft)
        draft.replace(target)
        place.sync(target.parent)
