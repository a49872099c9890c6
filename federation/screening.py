"""What comes before any reviewer sees a version: files that may not be taken send it back with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import file_types, lifecycle
from federation.models.objects import StoredObject
from federation.models.resources import ResourceVersion


def admit(
    session: Session, versions: Sequence[ResourceVersion], *, actor: str, stored: Mapping[str, StoredObject]
) -> None:
    """Let versions all of whose files are stored into review; one with a file that is not taken goes back."""
    reasons = [objection(version, stored) for version in versions]
    good = [version for version, reason in zip(versions, reasons, strict=True) if not reason]
    if good:
        lifecycle.advance(session, good, to="in_review", actor=actor)
    for version, reason in zip(versions, reasons, strict=True):
        if reason:
            lifecycle.advance(session, [version], to="changes_requested", actor=actor, reason=reason)


def objection(version: ResourceVersion, stored: Mapping[str, StoredObject]) -> str:
    """Why one of the version's files is not taken; empty when all are."""
    for file in version.files:
        held = stored[file.sha256]
        if held.scan == "infected":
            return f"文件“{file.name}”未通过病毒检查（{held.malware}），平台不收。请去掉它，以新版本提交。"
        if reason := file_types.objection(held.media_type, name=file.name, media_type=file.media_type):
            return reason
    return ""


def objects(session: Session, versions: Sequence[ResourceVersion]) -> dict[str, StoredObject]:
    """The stored objects of these versions' files, by digest."""
    digests = {file.sha256 for version in versions for file in version.files}
    return {one.sha256: one for one in session.scalars(select(StoredObject).where(StoredObject.sha256.in_(digests)))}


def infected(session: Session) -> list[StoredObject]:
    """The objects that the scanner knows as malware."""
    return list(session.scalars(select(StoredObject).where(StoredObject.scan == "infected")))
