"""Looking into bytes that were kept: what they really are, and whether the scanner knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from federation import auditlog, file_types
from federation.malware import Scanner
from federation.models.objects import StoredObject
from federation.settings import HubSettings
from federation.storage import Kept, ObjectStore

DUE = "due"
AT_A_TIME = 20
"""How many objects that were stored before there was a scanner one sweep looks at."""


@dataclass(frozen=True)
class Content:
    """What was found: the media type, and how the scan ended (empty: there is no scanner, else clean or infected)."""

    media_type: str
    scan: str = ""
    malware: str = ""


def scanner(settings: HubSettings) -> Scanner | None:
    """The scanner that the settings name."""
    return Scanner(settings.clamd, limit=settings.clamd_stream_bytes) if settings.clamd else None


def inspect(store: ObjectStore, kept: Kept, scanning: Scanner | None) -> Content:
    """Tell the type of kept bytes and scan them. Raises ScannerAway, or a StorageError."""

    def read(offset: int, length: int) -> bytes:
        return store.read_range(sha256=kept.sha256, offset=offset, length=length)

    found = file_types.identify(kept.head, kept.size, read)
    return Content(found, *_scan(store, kept.sha256, scanning)) if scanning else Content(found)


def _scan(store: ObjectStore, sha256: str, scanning: Scanner) -> tuple[str, str]:
    with store.reading(sha256=sha256) as pieces:
        name = scanning.scan(pieces)
    return ("infected", name) if name else ("clean", "")


def mark_unscanned(session: Session, *, scanning: bool) -> None:
    """What was stored before there was a scanner is due for it, and no longer is when there is none any more."""
    before, after = ("", DUE) if scanning else (DUE, "")
    session.execute(
        update(StoredObject)
        .where(StoredObject.scan == before)
        .values(scan=after)
        .execution_options(synchronize_session=False)
    )


def unscanned(session: Session) -> Sequence[str]:
    """Digests of some objects that are due to be scanned: any, for some the scanner may never give a verdict of."""
    due = select(StoredObject.sha256).where(StoredObject.scan == DUE, StoredObject.damaged_at.is_(None))
    return session.scalars(due.order_by(func.random()).limit(AT_A_TIME)).all()


def rescan(store: ObjectStore, sha256: str, scanning: Scanner) -> tuple[str, str]:
    """Scan an object that was stored before there was a scanner. Raises ScannerAway, or a StorageError."""
    return _scan(store, sha256, scanning)


def note(session: Session, sha256: str, scan: str, malware: str) -> None:
    """Remember how a scan ended; an infected object is told to the audit log (PREMIS 3: virus check).

    Workers of several hosts may have scanned it at the same time: the first one counts.
    """
    stored = session.get(StoredObject, sha256, with_for_update=True)
    if stored is not None and stored.scan == DUE:
        note_on(session, stored, scan, malware)


def note_on(session: Session, stored: StoredObject, scan: str, malware: str) -> None:
    """The same for a row at hand."""
    stored.scan, stored.malware = scan, malware
    if scan == "infected":
        detail = {"outcome": "fail", "malware": malware, "size": stored.size}
        subject = f"object:{stored.sha256}"
        auditlog.record(session, auditlog.Happening(auditlog.WORKER, "object.virus_check", subject, detail=detail))
