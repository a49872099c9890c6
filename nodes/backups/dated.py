"""How a finished backup is known, by its name and its last file: all that the page needs, which is open all day."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from shared.bags import DECLARATION

NAME = "%Y-%m-%dT%H%M%S.%fZ"
_NAMED = re.compile(r"\d{4}-\d\d-\d\dT\d{6}\.\d{6}Z")


def backups(folder: Path) -> list[Path]:
    """The finished backups in a folder, the newest last; a folder that cannot be read has none."""
    try:
        found = [path for path in folder.iterdir() if _NAMED.fullmatch(path.name)]
    except OSError:
        return []
    return sorted(path for path in found if (path / DECLARATION).is_file())


def moment_of(backup: Path) -> datetime:
    """When a backup was made."""
    return datetime.strptime(backup.name, NAME).replace(tzinfo=UTC)
