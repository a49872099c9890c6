"""Finding the file that somebody wants to download: the question that is asked most often, so it is short."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from threading import Lock

from sqlalchemy import Dialect, Engine, bindparam, literal_column, select
from sqlalchemy.orm import Session

from federation import catalogue, serving
from federation.catalogue import PublicFile
from federation.database import last_write
from federation.models.events import FeedEntry
from federation.models.objects import StoredObject
from federation.models.resources import Resource, ResourceVersion, VersionFile
from federation.publication import PUBLISHED
from shared.errors import NotFound

VERSIONS_KEPT = 1024
"""Versions whose lists of files are kept in memory."""
KNOWN_SECONDS = 1.0
"""How long it is remembered how a resource stands."""
_FILE, _OBJECT = VersionFile.__table__.c, StoredObject.__table__.c
_STANDING = (
    select(
        FeedEntry.__table__.c.kind,
        FeedEntry.__table__.c.version_id,
        ResourceVersion.__table__.c.sha256,
        select(_FILE.version_id)
        .join(StoredObject.__table__, _OBJECT.sha256 == _FILE.sha256)
        .where(
            _FILE.version_id == ResourceVersion.__table__.c.id,
            _OBJECT.damaged_at.is_not(None) | (_OBJECT.malware != literal_column("''")),
        )
        .exists()
        .label("withheld"),
    )
    .join_from(FeedEntry.__table__, Resource.__table__, Resource.id == FeedEntry.resource_id)
    .join(ResourceVersion.__table__, ResourceVersion.id == FeedEntry.version_id)
    .where(Resource.__table__.c.ark == bindparam("ark"), FeedEntry.__table__.c.latest)
)
"""Which version of a resource is public, and whether a file of it is withheld: made once and without objects, since
every download asks it."""
Standing = tuple[str, int, str, bool]
NOWHERE: Standing = ("", 0, "", False)


@lru_cache(maxsize=4)
def _standing_sql(dialect: Dialect) -> tuple[str, bool]:
    """The statement as the engine's driver takes it, and whether its parameter goes by position."""
    compiled = _STANDING.compile(dialect=dialect)
    return str(compiled), compiled.positional


def _standing(open_session: Callable[[], Session], engine: Engine | None, ark: str) -> Standing:
    """How a resource stands: kind, version and digest of its latest entry in the feed; an empty kind for none.

    The last value says whether one of the version's files is damaged or infected.

    A single statement is its own transaction, so with an `engine` none is begun: that, a session and their end would
    take several times as long as the question.
    """
    if engine is None:
        row = open_session().connection().execute(_STANDING, {"ark": ark}).first()
        return tuple(row) if row is not None else NOWHERE
    statement, by_position = _standing_sql(engine.dialect)
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(statement, (ark,) if by_position else {"ark": ark})
        found = cursor.fetchone()
        cursor.close()
    finally:
        connection.close()
    return (str(found[0]), int(found[1]), str(found[2]), bool(found[3])) if found is not None else NOWHERE


class FileFinder:
    """Finds single files fast: what a version holds never changes, and how a resource stands is asked once a second.

    What another process has changed counts after that second at the latest (a presigned address that was given
    before holds for minutes); what this process has changed counts at once.
    """

    def __init__(self, *, known_seconds: float = KNOWN_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._known_seconds, self._clock = known_seconds, clock
        self._files = lru_cache(maxsize=VERSIONS_KEPT)(_VersionFiles)
        self._standing: dict[str, tuple[float, int, Standing]] = {}

    def find(
        self, open_session: Callable[[], Session], ark: str, name: str, *, today: date, engine: Engine | None = None
    ) -> PublicFile:
        """One file of a public resource by its name; raises `Gone`, `NotFound`, or what `serving.check` raises.

        With an `engine` the question goes past the session, which is opened only for what is not in memory yet.
        """
        files, withheld = self._open_files(open_session, ark, today=today, engine=engine)
        return _checked(open_session, files.get(name), withheld=withheld)

    def find_by_digest(
        self, open_session: Callable[[], Session], ark: str, digest: str, *, today: date, engine: Engine | None = None
    ) -> PublicFile:
        """The same by the beginning of the file's SHA-256."""
        files, withheld = self._open_files(open_session, ark, today=today, engine=engine)
        found = next((file for file in files.values() if file.sha256.startswith(digest)), None)
        return _checked(open_session, found, withheld=withheld)

    def _open_files(
        self, open_session: Callable[[], Session], ark: str, *, today: date, engine: Engine | None
    ) -> tuple[Mapping[str, PublicFile], bool]:
        """The files of a public resource by their names, none while an embargo lasts; and whether any is withheld."""
        kind, version_id, sha256, withheld = self._stands(open_session, engine, catalogue.normal_ark(ark))
        if kind != PUBLISHED:
            catalogue.latest(open_session(), ark)
            raise NotFound()
        held = self._files(version_id, sha256)
        with held.lock:
            if held.files is None:
                _read_files(open_session(), held)
        if held.embargo_until and today.isoformat() < held.embargo_until:
            return {}, withheld
        return held.files or {}, withheld

    def _stands(self, open_session: Callable[[], Session], engine: Engine | None, ark: str | None) -> Standing:
        if ark is None:
            return NOWHERE
        moment, write = self._clock(), last_write()
        known = self._standing.get(ark)
        if known is not None and moment - known[0] < self._known_seconds and known[1] == write:
            return known[2]
        found = _standing(open_session, engine, ark)
        if len(self._standing) >= VERSIONS_KEPT:
            self._standing.clear()
        self._standing[ark] = (moment, write, found)
        return found


class _VersionFiles:
    """The files of one version, by name; the digest guards against another database's version of that number."""

    def __init__(self, version_id: int, _sha256: str) -> None:
        self.version_id = version_id
        self.lock = Lock()
        self.files: dict[str, PublicFile] | None = None
        self.embargo_until = ""


def _checked(open_session: Callable[[], Session], found: PublicFile | None, *, withheld: bool) -> PublicFile:
    if found is None:
        raise NotFound()
    if withheld:
        serving.check(open_session(), found.sha256)
    return found


def _read_files(session: Session, held: _VersionFiles) -> None:
    version = session.get_one(ResourceVersion, held.version_id)
    held.embargo_until = version.record.get("embargo_until", "")
    held.files = {file.name: file for file in catalogue.files(session, version, version.record, may=True)}
