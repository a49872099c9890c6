"""What nothing needs any more: abandoned uploads, and stored bytes that no version of any resource names.

Nothing that a version names is ever removed, whatever the version's state. The order is: a row that promises, the
effect in the store, a row that confirms; the promise is made in a transaction that holds the object's row and looks
once more whether anything needs it. While it stands, the bytes count as gone: who publishes them sends them anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from federation import auditlog
from federation.derivatives import making as derivatives
from federation.models.base import now
from federation.models.objects import StoredObject, Upload
from federation.models.resources import VersionFile
from federation.renditions import making as renditions

LIVE_STATES = ("open", "verifying")

# -- uploads -----------------------------------------------------------------------------------------------


def abandoned(session: Session, *, before: datetime, limit: int = 100) -> Sequence[Upload]:
    """Open uploads of which nothing more has arrived since `before`, and those whose end was not confirmed."""
    idle = (Upload.state == "open") & (Upload.changed_at < before)
    return session.scalars(
        select(Upload).where(or_(idle, Upload.state == "expiring")).order_by(Upload.changed_at).limit(limit)
    ).all()


def give_up(session: Session, upload: Upload) -> None:
    """Promise that what was sent of an abandoned upload is thrown away."""
    upload.state = "expiring"
    session.flush()


def given_up(session: Session, upload_id: str) -> None:
    """What was sent of this upload is gone; the node gets another one when it asks."""
    upload = session.get_one(Upload, upload_id)
    if upload.state == "expiring":
        upload.state, upload.changed_at = "expired", now()


def live_uploads(session: Session) -> set[str]:
    """The ids of uploads that are still on their way, whose bytes are not to be touched."""
    return set(session.scalars(select(Upload.id).where(Upload.state.in_(LIVE_STATES))))


# -- stored bytes ------------------------------------------------------------------------------------------


def unneeded(session: Session, *, before: datetime) -> list[tuple[str, int]]:
    """Digest and size of objects that nothing needs and that were stored before `before`."""
    rows = session.execute(
        select(StoredObject.sha256, StoredObject.size)
        .where(StoredObject.verified_at < before, StoredObject.removing_at.is_(None), ~_needed(StoredObject.sha256))
        .order_by(StoredObject.sha256)
    )
    return [(row.sha256, row.size) for row in rows]


def is_unknown(session: Session, sha256: str) -> bool:
    """Whether bytes lie in the store of which the database has no row, and nothing needs them."""
    return session.get(StoredObject, sha256) is None and not _is_needed(session, sha256)


def promise_removal(session: Session, sha256: str, size: int, *, before: datetime) -> bool:
    """Promise to remove these bytes, unless something needs them now or they were stored since `before`.

    Bytes without a row get one for as long as the promise stands, so that an upload of the same bytes waits.
    """
    stored = session.get(StoredObject, sha256, with_for_update=True, populate_existing=True)
    # Only now that the row is held: whoever was about to name these bytes has committed, or sees the promise.
    if _is_needed(session, sha256):
        return False
    if stored is None:
        stored = StoredObject(sha256=sha256, size=size, media_type="application/octet-stream")
        session.add(stored)
    elif stored.removing_at is not None or stored.verified_at >= before:
        return False
    stored.removing_at = now()
    session.flush()
    return True


def promised(session: Session, *, before: datetime) -> list[str]:
    """Digests whose removal was promised before `before` and never confirmed."""
    return list(session.scalars(select(StoredObject.sha256).where(StoredObject.removing_at < before)))


def removed(session: Session, sha256: str) -> None:
    """The bytes are gone: forget them, and say so in the audit log."""
    stored = session.get(StoredObject, sha256, with_for_update=True)
    if stored is None or stored.removing_at is None:
        return
    detail = {"outcome": "success", "size": stored.size}
    auditlog.record(session, auditlog.Happening(auditlog.WORKER, "object.removed", f"object:{sha256}", detail=detail))
    renditions.forget(session, sha256)
    derivatives.forget(session, sha256)
    session.delete(stored)


def _needed(sha256: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether a version of any state names these bytes, or an upload brings them."""
    named = select(VersionFile.sha256).where(VersionFile.sha256 == sha256).exists()
    coming = select(Upload.id).where(Upload.sha256 == sha256, Upload.state.in_(LIVE_STATES)).exists()
    return or_(named, coming)


def _is_needed(session: Session, sha256: str) -> bool:
    named = select(VersionFile.sha256).where(VersionFile.sha256 == sha256).limit(1)
    coming = select(Upload.id).where(Upload.sha256 == sha256, Upload.state.in_(LIVE_STATES)).limit(1)
    return session.scalar(named) is not None or session.scalar(coming) is not None
