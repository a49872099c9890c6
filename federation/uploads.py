"""Files on their way in: their completion, and what follows from reading them (`granting` lets them be sent).

Order around the store, which no transaction covers: a row that promises, the effect, a row that confirms; each
step can be repeated without harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session, selectinload

from federation import auditlog, fixity, inspection, lifecycle, screening
from federation.derivatives import making as derivatives
from federation.granting import Opening
from federation.inspection import Content
from federation.models.base import insert_missing, now
from federation.models.institutions import Node
from federation.models.objects import USABLE, StoredObject, Upload
from federation.models.resources import ResourceVersion, VersionFile
from federation.needs import WAITING
from federation.renditions import making as renditions
from federation.storage import (
    DigestMismatch,
    IncompleteUpload,
    Kept,
    ObjectMissing,
    ObjectStore,
    UploadUnknown,
)
from shared.errors import CommonsError, FileTooLarge, NotFound, UploadClosed, UploadIncomplete

AT_ONCE = 500
"""Versions that one sweep admits; the next finds the others."""


def sent_in_parts(session: Session, node: Node, upload_ids: Sequence[str]) -> list[Opening]:
    """Which of these open uploads of the node the store has to make one object of."""
    query = select(Upload).where(Upload.id.in_(upload_ids), Upload.node_id == node.id, Upload.state == "open")
    found = session.scalars(query.where(Upload.store_upload_id != "").order_by(Upload.id))
    return [Opening(upload.id, upload.size, upload.store_upload_id) for upload in found]


def assemble(store: ObjectStore, openings: Sequence[Opening]) -> dict[str, UploadIncomplete | None]:
    """Make each one object, while no transaction is open; for each upload what hinders it. Raises StorageError."""
    return {opening.upload_id: _assemble(store, opening) for opening in openings}


def _assemble(store: ObjectStore, opening: Opening) -> UploadIncomplete | None:
    try:
        store.complete_upload(upload_id=opening.upload_id, store_upload_id=opening.store_upload_id, size=opening.size)
    except IncompleteUpload as error:
        return UploadIncomplete(missing=list(error.missing)[:10_000])
    except UploadUnknown:
        return UploadIncomplete(missing=[1])
    return None


def complete(
    session: Session,
    node: Node,
    upload_ids: Sequence[str],
    assembled: Mapping[str, UploadIncomplete | None],
    *,
    max_file_bytes: int,
    language: str,
) -> tuple[list[dict[str, Any]], list[str]]:
    """The node says that these uploads are whole: an answer for each (`CompleteAnswer`), and those to verify now.

    `assembled` is what came of those that were sent in parts.
    """
    held = select(Upload).where(Upload.id.in_(upload_ids), Upload.node_id == node.id).order_by(Upload.id)
    uploads = {upload.id: upload for upload in session.scalars(held.with_for_update())}
    answers: list[dict[str, Any]] = []
    started: list[Upload] = []
    for upload_id in upload_ids:
        said: dict[str, Any] = {"upload_id": upload_id}
        try:
            started += _complete_one(session, uploads.get(upload_id), assembled, max_file_bytes)
            said["outcome"] = "verifying"
        except UploadIncomplete as error:
            said |= {"outcome": "incomplete", "missing": error.data["missing"], "code": error.code}
        except CommonsError as error:
            said |= {"outcome": "refused", "code": error.code, "detail": error.message(language)}
        answers.append(said)
    session.flush()
    _start_verifying(session, node, started)
    return answers, [upload.id for upload in started]


def _complete_one(
    session: Session, upload: Upload | None, assembled: Mapping[str, UploadIncomplete | None], max_file_bytes: int
) -> list[Upload]:
    """The upload if it is now to be verified, nothing if it is being verified already."""
    if upload is None:
        raise NotFound()
    if upload.state == "verifying":
        return []
    if upload.state != "open":
        raise UploadClosed(state=upload.state)
    if upload.size > max_file_bytes and session.get(StoredObject, upload.sha256) is None:
        raise FileTooLarge(limit=max_file_bytes, size=upload.size)
    # Whether a single PUT is there shows when it is read, which asking the store for each would only delay.
    if upload.store_upload_id:
        hindrance = assembled.get(upload.id, UploadIncomplete(missing=[1]))
        if hindrance is not None:
            raise hindrance
    upload.state, upload.changed_at = "verifying", now()
    return [upload]


def _start_verifying(session: Session, node: Node, uploads: Sequence[Upload]) -> None:
    """Versions all of whose files are now here or being read become `verifying`."""
    versions = _hold(session, _naming([upload.sha256 for upload in uploads]), ("awaiting_files",))
    here = _present(session, versions).keys() | _under_verification(session, versions)
    ready = [version for version in versions if all(file.sha256 in here for file in version.files)]
    if ready:
        lifecycle.advance(session, ready, to="verifying", actor=auditlog.machine(node.id))


def claim(session: Session, upload_id: str) -> Upload | None:
    """The upload, held to the end of the transaction, if it is still to be verified: nobody else has ended it."""
    upload = session.get(Upload, upload_id, with_for_update=True)
    return upload if upload is not None and upload.state == "verifying" else None


def touch(session: Session, upload_id: str) -> None:
    """Say that the upload is being verified just now."""
    beating = update(Upload).where(Upload.id == upload_id, Upload.state == "verifying").values(changed_at=now())
    session.execute(beating.execution_options(synchronize_session=False))


def verified(session: Session, upload: Upload, kept: Kept, content: Content) -> None:
    """The bytes are those that were signed: remember the object and let complete versions into review.

    `upload` was claimed. When the collector was quicker and takes these bytes away, it is verified again after that.
    """
    if stored(session, kept, content, actor=auditlog.machine(upload.node_id)):
        upload.state, upload.changed_at, upload.failure = "verified", now(), ""


def stored(session: Session, kept: Kept, content: Content, *, actor: str) -> bool:
    """Remember an object that was read and kept, whichever way it came, and let complete versions into review.

    Others may bring the same bytes at the same moment. False when the collector is just taking them away.
    """
    row = session.get(StoredObject, kept.sha256, with_for_update=True)
    if row is not None and row.removing_at is not None:
        return False
    if row is None:
        new = {"sha256": kept.sha256, "size": kept.size, "media_type": content.media_type, "verified_at": now()}
        insert_missing(session, StoredObject, [new | {"crc32": kept.crc32}])
        row = session.get_one(StoredObject, kept.sha256, with_for_update=True)
        inspection.note_on(session, row, content.scan, content.malware)
        renditions.want(session, row)
        derivatives.want(session, row)
    elif not row.sound:
        fixity.mark_repaired(session, row, actor=actor)
    session.flush()
    admit(session, _naming([kept.sha256]))
    return True


def admit(session: Session, which: ColumnElement[bool]) -> None:
    """Let those of the waiting versions all of whose files are stored into review.

    One that gives a stored file another size than it has goes back, too: what was signed is not so.
    """
    versions = _hold(session, which, WAITING)
    stored = screening.objects(session, versions)
    here = {sha256: one.size for sha256, one in stored.items() if one.usable}
    false = [version for version in versions if any(here.get(f.sha256, f.size) != f.size for f in version.files)]
    for version in false:
        names = "、".join(file.name for file in version.files if here.get(file.sha256, file.size) != file.size)
        reason = f"文件“{names}”的字节数与登记的不符，请重新登记。"
        lifecycle.advance(session, [version], to="changes_requested", actor=auditlog.WORKER, reason=reason)
    ready = [
        version for version in versions if version not in false and all(file.sha256 in here for file in version.files)
    ]
    screening.admit(session, ready, actor=auditlog.WORKER, stored=stored)


def admit_left_behind(session: Session) -> None:
    """Admit versions that wait although every file of theirs is stored (a crash between two commits)."""
    missing = (
        select(VersionFile.version_id)
        .outerjoin(StoredObject, (StoredObject.sha256 == VersionFile.sha256) & USABLE)
        .where(VersionFile.version_id == ResourceVersion.id, StoredObject.sha256.is_(None))
        .exists()
    )
    waiting = select(ResourceVersion.id).where(ResourceVersion.state.in_(WAITING), ~missing)
    found = session.scalars(waiting.order_by(ResourceVersion.id).limit(AT_ONCE)).all()
    if found:
        admit(session, ResourceVersion.id.in_(found))


def left_behind(session: Session, *, longer_than: timedelta) -> Sequence[str]:
    """Uploads that have long stood in `verifying`, each given to one caller only, who has it for as long again.

    When they last moved stays as it is: one that nobody can read is not to look busy.
    """
    moment = now()
    free = or_(Upload.taken_until.is_(None), Upload.taken_until < moment)
    stale = select(Upload.id).where(Upload.state == "verifying", Upload.changed_at < moment - longer_than, free)
    taken = update(Upload).where(Upload.id.in_(stale.with_for_update(skip_locked=True)))
    taken = taken.values(taken_until=moment + longer_than).execution_options(synchronize_session=False)
    return session.scalars(taken.returning(Upload.id)).all()


def failed(session: Session, upload: Upload, cause: DigestMismatch | ObjectMissing) -> None:
    """The bytes are not those that were signed, or are gone: the node is asked for the file again."""
    if isinstance(cause, DigestMismatch):
        reason = f"文件内容与登记的摘要不符（sha256 {cause.actual_sha256}，{cause.actual_size} 字节），请重新上传。"
    else:
        reason = "上传的文件在存储中丢失，请重新上传。"
    upload.state, upload.changed_at, upload.failure = "failed", now(), reason
    session.flush()
    versions = _hold(session, _naming([upload.sha256]), ("verifying",))
    if versions:
        lifecycle.advance(
            session, versions, to="awaiting_files", actor=auditlog.WORKER, reason=reason, sha256=upload.sha256
        )
    stored = session.get(StoredObject, upload.sha256)
    if stored is not None and not stored.sound:
        fixity.ask(session, upload.sha256, reason)


def _naming(digests: Sequence[str]) -> ColumnElement[bool]:
    """That a version names one of these files."""
    return ResourceVersion.id.in_(select(VersionFile.version_id).where(VersionFile.sha256.in_(digests)))


def _hold(session: Session, which: ColumnElement[bool], states: Sequence[str]) -> list[ResourceVersion]:
    """Versions in one of these states, read after their resources were locked."""
    wanted = which & ResourceVersion.state.in_(states)
    held = lifecycle.lock(session, select(ResourceVersion.resource_id).where(wanted))
    if not held:
        return []
    return list(
        session.scalars(
            select(ResourceVersion)
            .where(wanted, ResourceVersion.resource_id.in_(held))
            .order_by(ResourceVersion.id)
            .options(selectinload(ResourceVersion.files), selectinload(ResourceVersion.resource))
            .execution_options(populate_existing=True)
        )
    )


def _present(session: Session, versions: Sequence[ResourceVersion]) -> dict[str, int]:
    """The files of these versions that are stored, with their true sizes."""
    digests = {file.sha256 for version in versions for file in version.files}
    rows = session.execute(
        select(StoredObject.sha256, StoredObject.size).where(StoredObject.sha256.in_(digests), USABLE)
    )
    return {row.sha256: row.size for row in rows}


def _under_verification(session: Session, versions: Sequence[ResourceVersion]) -> set[str]:
    digests = {file.sha256 for version in versions for file in version.files}
    return set(session.scalars(select(Upload.sha256).where(Upload.sha256.in_(digests), Upload.state == "verifying")))
