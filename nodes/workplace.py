"""A node's folder, opened: settings, database and key, which every command and page starts from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nodes.database import Database
from nodes.keys import FILE, Key, load_key, make_key
from nodes.settings import NodeSettings
from shared.errors import NotInitialised

DATABASE = "node.sqlite"


@dataclass(frozen=True)
class Workplace:
    """What a node works with."""

    settings: NodeSettings
    folder: Path
    database: Database
    key: Key


def initialise(settings: NodeSettings) -> Workplace:
    """Make the folder, the key and the database; what is there already stays."""
    folder = settings.folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = make_key(folder, passphrase=settings.key_passphrase)
    return Workplace(settings, folder, Database(folder / DATABASE), key)


def open_workplace(settings: NodeSettings) -> Workplace:
    """Open what `initialise` made. Raises `NotInitialised`."""
    folder = settings.folder
    if not (folder / FILE).exists():
        raise NotInitialised()
    key = load_key(folder, passphrase=settings.key_passphrase)
    return Workplace(settings, folder, Database(folder / DATABASE), key)
