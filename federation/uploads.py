"""Files on their way in: grants to send them, their completion, and what follows from reading them.

Order around the store, which no transaction covers: a row that promises, the effect, a row that confirms; each
step can be repeated without harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import uuid6
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from federation import auditlog, fixity, inspection, lifecycle, screening
from federation.inspection import Content
from federation.models.base import now
from federation.models.institutions import Node
from federation.models.objects import USABLE, StoredObject, Upload
from federation.models.resources import Resource, ResourceVersion, VersionFile
from federation.storage import (
    DigestMismatch,
    IncompleteUpload,
    Kept,
    ObjectMissing,
    ObjectStore,
    UploadUnknown,
    part_count,
    part_size_for,
)
from shared.errors import CommonsError, FileNotDeclared, FileTooLarge, NotFound, UploadClosed, UploadIncomplete
from shared.messages import MAX_PARTS_GRANTED

WAITING = ("awaiting_files", "verifying")


@dataclass(frozen=True)
class Wanted:
    """A file that a node offers: SHA-256 and size in bytes."""

    sha256: str
    size: int


def answer_offers(
    session: Session, store: ObjectStore, node: Node, offers: Sequence[Wanted], *, max_file_bytes: int, language: str
) -> list[dict[str, Any]]:
    """For each offered file: nothing to do, or where to send what is missing of it (`UploadAnswer`)."""
    digests = [offer.sha256 for offer in offers]
    found = list(session.scalars(select(StoredObject).where(StoredObject.sha256.in_(digests))))
    stored = {one.sha256: one.size for one in found if one.held}
    declared = _declared(session, node, digests, damaged=[one.sha256 for one in found if not one.sound])
    uploads = _current(session, node, digests)
    answers = []
    for offer in offers:
        said: dict[str, Any] = {"sha256": offer.sha256}
        try:
            if stored.get(offer.sha256) == offer.size:
                said["outcome"] = "present"
            elif (offer.sha256, offer.size) not in declared:
                raise FileNotDeclared(sha256=offer.sha256)
            elif offer.size > max_file_bytes:
                raise FileTooLarge(limit=max_file_bytes, size=offer.size)
            else:
                said |= _grant(store, _upload_for(session, store, node, offer, uploads))
        except CommonsError as error:
            said |= {"outcome": "refused", "code": error.code, "detail": error.message(language)}
        answers.append(said)
    return answers


def complete(
    session: Session, store: ObjectStore, node: Node, upload_ids: Sequence[str], *, language: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """The node says that these uploads are whole: an answer for each (`CompleteAnswer`), and those to verify now."""
    found = session.scalars(select(Upload).where(Upload.id.in_(upload_ids), Upload.node_id == node.id))
    uploads = {upload.id: upload for upload in found}
    answers: list[dict[str, Any]] = []
    started: list[Upload] = []
    for upload_id in upload_ids:
        said: dict[str, Any] = {"upload_id": upload_id}
        try:
            started += _complete_one(store, uploads.get(upload_id))
            said["outcome"] = "verifying"
        except UploadIncomplete as error:
            said |= {"outcome": "incomplete", "missing": error.data["missing"], "code": error.code}
        except CommonsError as error:
            said |= {"outcome": "refused", "code": error.code, "detail": error.message(language)}
        answers.append(said)
    session.flush()
    _start_verifying(session, node, started)
    return answers, [upload.id for upload in started]


def _declared(
    session: Session, node: Node, digests: Sequence[str], *, damaged: Sequence[str]
) -> set[tuple[str, int]]:
    """Which of these files waiting versions of the node's institution name, each with every size that is given.

    Whoever ever named a file whose copy here is damaged may bring it again.
    """
    rows = session.execute(
        select(VersionFile.sha256, VersionFile.size)
        .join(ResourceVersion)
        .join(Resource)
        .where(
            VersionFile.sha256.in_(digests),
            Resource.institution_id == node.institution_id,
            or_(ResourceVersion.state.in_(WAITING), VersionFile.sha256.in_(damaged)),
        )
    )
    return {(row.sha256, row.size) for row in rows}


def _current(session: Session, node: Node, digests: Sequence[str]) -> dict[str, Upload]:
    found = session.scalars(
        select(Upload).where(
            Upload.node_id == node.id, Upload.sha256.in_(digests), Upload.state.in_(("open", "verifying"))
        )
    )
    return {upload.sha256: upload for upload in found}


def _upload_for(
    session: Session, store: ObjectStore, node: Node, offer: Wanted, uploads: dict[str, Upload]
) -> Upload:
    """The node's live upload of these bytes, also for the same file offered twice; a new one when there is none.

    One that was begun with another size, which one of two records gave falsely, makes room.
    """
    upload = uploads.get(offer.sha256)
    if upload is not None and upload.size == offer.size:
        return upload
    if upload is not None:
        store.abort_upload(upload_id=upload.id, store_upload_id=upload.store_upload_id or None)
        upload.state, upload.changed_at = "expired", now()
        session.flush()
    upload = Upload(id=str(uuid6.uuid7()), node_id=node.id, sha256=offer.sha256, size=offer.size, state="open")
    upload.bytes_present = 0
    upload.store_upload_id = store.open_upload(upload_id=upload.id, size=offer.size) or ""
    session.add(upload)
    uploads[offer.sha256] = upload
    return upload


def _grant(store: ObjectStore, upload: Upload) -> dict[str, Any]:
    if upload.state == "verifying":
        return {"outcome": "verifying", "upload_id": upload.id}
    if not upload.store_upload_id:
        url = store.grant_put(upload_id=upload.id, size=upload.size)
        part = {"number": 1, "offset": 0, "size": upload.size, "url": url}
        return {"outcome": "granted", "upload_id": upload.id, "parts": [part], "more": False, "bytes_present": 0}
    return _grant_missing_parts(store, upload)


def _grant_missing_parts(store: ObjectStore, upload: Upload) -> dict[str, Any]:
    try:
        done = {
            part.number: part.size
            for part in store.list_parts(upload_id=upload.id, store_upload_id=upload.store_upload_id)
        }
    except UploadUnknown:
        # The store forgot the upload (it expired there): begin again under the same id.
        upload.store_upload_id = store.open_upload(upload_id=upload.id, size=upload.size) or ""
        done = {}
    _note_progress(upload, sum(done.values()))
    count = part_count(upload.size, part_size_for(upload.size, preferred=store.settings.part_size))
    missing = [number for number in range(1, count + 1) if number not in done]
    grants = store.grant_parts(
        upload_id=upload.id,
        store_upload_id=upload.store_upload_id,
        size=upload.size,
        part_numbers=missing[:MAX_PARTS_GRANTED],
    )
    return {
        "outcome": "granted",
        "upload_id": upload.id,
        "parts": [{"number": g.number, "offset": g.offset, "size": g.size, "url": g.url} for g in grants],
        "more": len(missing) > MAX_PARTS_GRANTED,
        "bytes_present": sum(done.values()),
    }


def _note_progress(upload: Upload, arrived: int) -> None:
    """More has arrived than was known of: the upload is not abandoned."""
    if arrived > upload.bytes_present:
        upload.bytes_present, upload.changed_at = arrived, now()


def progressed(session: Session, store: ObjectStore, upload: Upload) -> bool:
    """Look at the store itself: whether more of an open upload has arrived than was known of."""
    if not upload.store_upload_id:
        return False
    try:
        done = store.list_parts(upload_id=upload.id, store_upload_id=upload.store_upload_id)
    except UploadUnknown:
        return False
    before = upload.bytes_present
    _note_progress(upload, sum(part.size for part in done))
    return upload.bytes_present > before


def _complete_one(store: ObjectStore, upload: Upload | None) -> list[Upload]:
    """The upload if it is now to be verified, nothing if it is being verified already."""
    if upload is None:
        raise NotFound()
    if upload.state == "verifying":
        return []
    if upload.state != "open":
        raise UploadClosed(state=upload.state)
    try:
        store.complete_upload(upload_id=upload.id, store_upload_id=upload.store_upload_id or None, size=upload.size)
    except IncompleteUpload as error:
        raise UploadIncomplete(missing=list(error.missing)[:10_000]) from error
    except UploadUnknown as error:
        raise UploadIncomplete(missing=[1]) from error
    upload.state, upload.changed_at = "verifying", now()
    return [upload]


def _start_verifying(session: Session, node: Node, uploads: Sequence[Upload]) -> None:
    """Versions all of whose files are now here or being read become `verifying`."""
    versions = _versions_naming(session, [upload.sha256 for upload in uploads], ("awaiting_files",))
    here = _present(session, versions).keys() | _under_verification(session, versions)
    ready = [version for version in versions if all(file.sha256 in here for file in version.files)]
    if ready:
        lifecycle.advance(session, ready, to="verifying", actor=auditlog.machine(node.id))


def verified(session: Session, upload: Upload, kept: Kept, content: Content) -> None:
    """The bytes are those that were signed: remember the object and let complete versions into review."""
    stored = session.get(StoredObject, kept.sha256, with_for_update=True)
    if stored is not None and stored.removing_at is not None:
        # The collector was quicker and takes these bytes away: the upload is verified again after that.
        return
    upload.state, upload.changed_at, upload.failure = "verified", now(), ""
    if stored is None:
        stored = StoredObject(sha256=kept.sha256, size=kept.size, media_type=content.media_type)
        session.add(stored)
        inspection.note_on(session, stored, content.scan, content.malware)
    elif not stored.sound:
        fixity.mark_repaired(session, stored, actor=auditlog.machine(upload.node_id))
    session.flush()
    admit(session, _versions_naming(session, [kept.sha256], WAITING))


def admit(session: Session, versions: Sequence[ResourceVersion]) -> None:
    """Let waiting versions all of whose files are stored into review, or send them back for what is in these.

    One that gives a stored file another size than it has goes back, too: what was signed is not so.
    """
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


def failed(session: Session, upload: Upload, cause: DigestMismatch | ObjectMissing) -> None:
    """The bytes are not those that were signed, or are gone: the node is asked for the file again."""
    if isinstance(cause, DigestMismatch):
        reason = f"文件内容与登记的摘要不符（sha256 {cause.actual_sha256}，{cause.actual_size} 字节），请重新上传。"
    else:
        reason = "上传的文件在存储中丢失，请重新上传。"
    upload.state, upload.changed_at, upload.failure = "failed", now(), reason
    session.flush()
    versions = _versions_naming(session, [upload.sha256], ("verifying",))
    if versions:
        lifecycle.advance(
            session, versions, to="awaiting_files", actor=auditlog.WORKER, reason=reason, sha256=upload.sha256
        )
    stored = session.get(StoredObject, upload.sha256)
    if stored is not None and not stored.sound:
        fixity.ask(session, upload.sha256, reason)


def _versions_naming(session: Session, digests: Sequence[str], states: Sequence[str]) -> list[ResourceVersion]:
    if not digests:
        return []
    naming = select(VersionFile.version_id).where(VersionFile.sha256.in_(digests))
    return list(
        session.scalars(
            select(ResourceVersion)
            .where(ResourceVersion.id.in_(naming), ResourceVersion.state.in_(states))
            .order_by(ResourceVersion.id)
            .options(selectinload(ResourceVersion.files), selectinload(ResourceVersion.resource))
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


def offers(files: Sequence[Mapping[str, Any]]) -> list[Wanted]:
    """The offers of a checked `UploadsRequest`."""
    return [Wanted(entry["sha256"], entry["size"]) for entry in files]
