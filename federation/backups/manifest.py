"""The manifest of a backup: what is in it, each file with its digest, and what made it when."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from federation.backups.folder import MANIFEST
from shared.canonical import digest
from shared.errors import BackupDamaged
from shared.wording import Words, system_fault

FORMAT = 1
LIMIT = 64 * 1024**2


@dataclass(frozen=True)
class Objects:
    """The objects as of the backup: how many, how many bytes, whether theirs are in the folder too.

    `lacking` are those whose bytes the store could not give, each with what is wrong (`fixity.REASONS`).
    """

    count: int
    size: int
    copied: bool
    lacking: dict[str, str]


@dataclass(frozen=True)
class Manifest:
    """All that a backup says of itself; `files` gives size and SHA-256 of every other file by its path.

    `secrets_needed` names the settings whose secrets came from outside: the backup does not hold them.
    """

    made: str
    program: str
    migration: str
    engine: str
    origin: str
    secrets_needed: list[str]
    tables: dict[str, int]
    objects: Objects
    files: dict[str, dict[str, Any]]
    format: int = FORMAT

    def as_dict(self) -> dict[str, Any]:
        """The form in which it is written."""
        return asdict(self)


def program() -> str:
    """The version of this program."""
    return version("metrology-commons")


def files_in(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of each file in a backup that has no manifest yet."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return {path.relative_to(folder).as_posix(): measured(path) for path in paths}


def measured(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return {"size": file.tell(), "sha256": sha256}


def write(folder: Path, manifest: Manifest) -> str:
    """Write the manifest, the last file of a backup; its own digest."""
    data = (json.dumps(manifest.as_dict(), ensure_ascii=False, indent=1) + "\n").encode("utf-8")
    (folder / MANIFEST).write_bytes(data)
    return digest(data)


def read(folder: Path) -> Manifest:
    """The manifest of a backup. Raises `BackupDamaged` for one that cannot be read or has another form."""
    try:
        said = json.loads((folder / MANIFEST).read_bytes()[:LIMIT])
        found = Manifest(**{**said, "objects": Objects(**said["objects"])})
        datetime.fromisoformat(found.made)
        if found.format != FORMAT:
            raise ValueError(f"format {found.format}")
    except OSError as error:
        raise BackupDamaged(folder=folder, name=MANIFEST, cause=system_fault(error)) from error
    except (ValueError, TypeError, KeyError) as error:
        cause = Words("it does not have the form of a manifest", "不合清单的格式")
        raise BackupDamaged(folder=folder, name=MANIFEST, cause=cause) from error
    return found
