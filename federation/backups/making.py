"""Making a backup while the hub runs: everything in it is as of the one moment at which the database is read."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

import structlog
from flask import Flask
from sqlalchemy.exc import DBAPIError

from federation.backups import folder as place
from federation.backups import manifest, objects, snapshot
from federation.backups.manifest import Manifest, Objects
from federation.backups.objects import Listed
from federation.backups.snapshot import Begin
from federation.database import unit_of_work
from federation.models.backups import BackupMade
from federation.models.base import now
from federation.parts import parts
from federation.schema import head
from federation.settings import HubSettings, secrets_file
from shared.unwritable import said_of

log = structlog.get_logger()
_HEADER = """# 备份时平台的设置，不含机密。恢复时可用 commons-hub --config 指定这份文件；var 改成新的数据目录。
"""


@dataclass(frozen=True)
class Made:
    """A finished backup, what was done for it, and which older ones went."""

    path: Path
    manifest: Manifest
    objects_copied: int
    forgotten: list[str]


def make(app: Flask, folder: Path, *, given: HubSettings, with_objects: bool, keep: int | None, begin: Begin) -> Made:
    """Back the hub up into a new dated folder below `folder`.

    `given` are the settings as the operator gave them, before a single machine filled the gaps. Raises what
    `folder.written` and `snapshot.write` raise, `StoreAway`, or `FileUnwritable`; then no new backup is there.
    """
    target = folder.absolute()
    with place.written(target):
        # What is decided from here on may be missing: the database is read after it, files are copied long after.
        moment = now()
        with said_of(target), place.draft(target, moment) as (draft, final):
            tables = snapshot.write(app, draft / place.DATABASE, begin)
            with snapshot.reading(draft / place.DATABASE) as here:
                listed = objects.write_list(here, draft / place.OBJECTS)
            count, lacking = 0, dict[str, str]()
            if with_objects:
                tell = begin("复制文件", sum(one.size for one in listed))
                count, lacking = objects.copy_out(parts(app).store, listed, target / place.POOL, tell)
            _write_settings(draft, given)
            made = Manifest(
                made=moment.isoformat(),
                program=manifest.program(),
                migration=head(),
                engine=parts(app).settings.database_url.partition(":")[0].partition("+")[0],
                origin=parts(app).settings.origin,
                secrets_needed=_secrets(given),
                tables=tables,
                objects=Objects(len(listed), sum(one.size for one in listed), with_objects, lacking),
                files=manifest.files_in(draft),
            )
            manifest.write(draft, made)
        _note(app, moment, made.objects, with_objects=with_objects)
        return Made(final, made, count, _forget(target, keep, listed))


def _note(app: Flask, moment: datetime, said: Objects, *, with_objects: bool) -> None:
    """Let the hub know of it, for whoever looks after it; a database that cannot be written to now has its backup."""
    try:
        with unit_of_work(app) as session:
            lacking = len(said.lacking) if with_objects else None
            session.add(BackupMade(at=moment, objects=said.count, lacking=lacking))
    except DBAPIError as error:
        log.warning("backup made and not noted", cause=type(error).__name__)


def _forget(target: Path, keep: int | None, listed: list[Listed]) -> list[str]:
    """Let go of old backups, and of the bytes that only they named."""
    if keep is None:
        return []
    gone = place.forget(target, keep=keep)
    named = {one.sha256 for one in listed}
    for backup in place.backups(target):
        named |= {one.sha256 for one in objects.read_list(backup / place.OBJECTS)}
    objects.clear_pool(target / place.POOL, named)
    return gone


def _write_settings(draft: Path, given: HubSettings) -> None:
    """The settings without secrets, the secrets that a single machine made for itself, the alliance's own rules."""
    lines = [
        f"{field.name} = {_toml(getattr(given, field.name))}\n"
        for field in fields(given)
        if not field.metadata["secret"]
    ]
    (draft / place.SETTINGS).write_text(_HEADER + "".join(lines), encoding="utf-8")
    if given.embedded:
        shutil.copyfile(secrets_file(given.var), draft / place.SECRETS)
    rules = draft / place.RULES
    if given.vocabularies:
        shutil.copytree(given.vocabularies, rules / "vocabularies", ignore=_all_but_toml)
    if given.synonyms:
        rules.mkdir(exist_ok=True)
        shutil.copyfile(given.synonyms, rules / "synonyms.txt")
    if given.review_policy:
        rules.mkdir(exist_ok=True)
        shutil.copyfile(given.review_policy, rules / "review_policy.toml")


def _all_but_toml(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".toml")]


def _toml(value: object) -> str:
    """A text, number, truth value or path as TOML has it: its texts are JSON's."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


def _secrets(given: HubSettings) -> list[str]:
    """The settings whose secrets were given from outside; a restored hub needs them again."""
    return [field.name for field in fields(given) if field.metadata["secret"] and getattr(given, field.name)]
