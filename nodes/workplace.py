"""A node's folder, opened: settings, database and key, which every command and page starts from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nodes.database import Database
from nodes.key_files import FILE, is_locked
from nodes.settings import NodeSettings
from shared import private
from shared.errors import NotInitialised, RestoreUnfinished

if TYPE_CHECKING:
    from nodes.keys import Key

DATABASE = "node.sqlite"
RESTORING = ".restoring"
"""The folder in which a backup is laid out that is being restored; the key leaves it last."""


class Workplace:
    """What a node works with."""

    def __init__(self, settings: NodeSettings, folder: Path, database: Database) -> None:
        self.settings, self.folder, self.database = settings, folder, database
        self._key: Key | None = None

    @property
    def key(self) -> Key:
        """The key in use: read when it is first wanted, and again when another has taken its place.

        Raises `NotInitialised`, `KeyLocked`, `KeyExposed` or `FileUnreadable`.
        """
        # A page that only shows what there is signs nothing: without cryptography it is a quarter lighter.
        from nodes import keys  # noqa: PLC0415  # see above

        if self._key is None or not keys.is_current(self.folder, self._key):
            self._key = keys.load_key(self.folder, passphrase=self.settings.key_passphrase)
        return self._key


def initialise(settings: NodeSettings, *, kept_open: bool = True) -> Workplace:
    """Make the folder, the key and the database (see `Database` for `kept_open`); what is there already stays.

    Raises `RestoreUnfinished`: another key beside a database that is restored would be nobody's.
    """
    folder = settings.folder
    folder.mkdir(parents=True, exist_ok=True, mode=private.FOLDER)
    if not (folder / FILE).exists():
        if (folder / RESTORING).exists():
            raise RestoreUnfinished(folder=folder)
        from nodes import keys  # noqa: PLC0415  # as above

        keys.make_key(folder, passphrase=settings.key_passphrase)
    return _opened(settings, kept_open=kept_open)


def open_workplace(settings: NodeSettings, *, key_wanted: bool = True) -> Workplace:
    """Open what `initialise` made.

    Raises `NotInitialised`, `RestoreUnfinished`, or what reading the key raises if it is wanted.
    """
    if not (settings.folder / FILE).exists():
        if (settings.folder / RESTORING).exists():
            raise RestoreUnfinished(folder=settings.folder)
        raise NotInitialised(folder=settings.folder)
    return _opened(settings, key_wanted=key_wanted)


def _opened(settings: NodeSettings, *, kept_open: bool = True, key_wanted: bool = True) -> Workplace:
    database = Database(settings.folder / DATABASE, kept_open=kept_open)
    workplace = Workplace(settings, settings.folder, database)
    if key_wanted and is_locked(settings.folder):
        # Whether the passphrase is right is told now, not when the first resource is registered.
        _ = workplace.key
    return workplace
