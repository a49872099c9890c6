"""Whether a backup is as it was written: every file, the database, the list of objects, and their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from federation.backups import folder as place
from federation.backups import manifest, objects, snapshot
from federation.backups.manifest import Manifest
from federation.backups.objects import Listed
from federation.backups.snapshot import Begin
from shared.errors import BackupDamaged
from shared.wording import Words, system_fault

_MISSING = Words("it is missing", "文件缺失")
_OTHER = Words("it is not as it was written", "与备份时不同")
_FORM = Words("it does not have its form", "格式不对")
_UNLIKE = Words("it is not that of the database", "与数据库不一致")


@dataclass(frozen=True)
class Checked:
    """A backup whose files are right."""

    path: Path
    manifest: Manifest
    listed: Sequence[Listed]

    def faulty_objects(self, begin: Begin) -> list[str]:
        """Read the objects' bytes, if the backup has them: the digests of those that are missing or not right."""
        if not self.manifest.objects.copied:
            return []
        tell = begin("核对文件", self.manifest.objects.size)
        spared = self.manifest.objects.lacking
        return list(objects.faults_in_pool(self.listed, place.pool_of(self.path), spared, tell))


def check(backup: Path) -> Checked:
    """Compare a backup with its manifest, but for the objects' bytes. Raises `BackupDamaged`."""
    said = manifest.read(backup)
    for name in (place.DATABASE, place.OBJECTS, place.SETTINGS):
        if name not in said.files:
            raise BackupDamaged(folder=backup, name=name, cause=_MISSING)
    for name, expected in said.files.items():
        path = backup / name
        if not path.resolve().is_relative_to(backup.resolve()) or not path.is_file():
            raise BackupDamaged(folder=backup, name=name, cause=_MISSING)
        try:
            right = manifest.measured(path) == expected
        except OSError as error:
            raise BackupDamaged(folder=backup, name=name, cause=system_fault(error)) from error
        if not right:
            raise BackupDamaged(folder=backup, name=name, cause=_OTHER)
    snapshot.check(backup / place.DATABASE, migration=said.migration, tables=said.tables)
    return Checked(backup, said, _list(backup, said))


def _list(backup: Path, said: Manifest) -> list[Listed]:
    """The list of objects, which must be that of the database."""
    try:
        listed = objects.read_list(backup / place.OBJECTS)
    except ValueError as error:
        raise BackupDamaged(folder=backup, name=place.OBJECTS, cause=_FORM) from error
    pairs = zip_longest(((one.sha256, one.size) for one in listed), snapshot.stored_objects(backup / place.DATABASE))
    if len(listed) != said.objects.count or any(ours != theirs for ours, theirs in pairs):
        raise BackupDamaged(folder=backup, name=place.OBJECTS, cause=_UNLIKE)
    return listed
