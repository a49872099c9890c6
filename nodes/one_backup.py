"""The process of one backup that nobody asked for, begun by `nodes.web.backups`."""

from __future__ import annotations

import sys
from pathlib import Path

from nodes import apart
from nodes.backups import making
from nodes.settings import NodeSettings
from nodes.workplace import open_workplace


def back_up(settings: NodeSettings) -> int:
    """Make the backup that the settings ask for."""
    workplace = open_workplace(settings, key_wanted=False)
    target = Path(settings.backup_folder).expanduser()
    making.make(workplace, target, with_files=settings.backup_files, keep=settings.backup_keep)
    return 0


if __name__ == "__main__":
    sys.exit(apart.run(back_up))
