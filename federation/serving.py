"""Whether a stored file may be handed out: the one gate before every download address."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from federation.models.objects import StoredObject
from shared.errors import BeingRestored, FileWithheld

RETRY_SECONDS = 3600
"""When it may be worth coming back for a file that its institution has been asked for."""
_OBJECT = StoredObject.__table__.c
_STANDING = select(_OBJECT.damaged_at, _OBJECT.malware).where(_OBJECT.sha256 == bindparam("sha256"))
"""Made once and without objects, since every download asks it."""


def check(session: Session, sha256: str) -> None:
    """Pass for a file that is not known to be damaged or infected. Raises `BeingRestored` or `FileWithheld`."""
    row = session.connection().execute(_STANDING, {"sha256": sha256}).first()
    if row is not None:
        passes(row.damaged_at is not None, row.malware)


def passes(damaged: bool, malware: str) -> None:
    """The same for one of which that is known already."""
    if damaged:
        raise BeingRestored(retry_after=RETRY_SECONDS)
    if malware:
        raise FileWithheld(malware=malware)
