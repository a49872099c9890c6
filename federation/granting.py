"""Offers of files: which the hub needs, and where to send what is missing of them.

The store is asked while no transaction is open, in between two: one that promises uploads, and one that notes what
the store has said. A store that has gone silent then keeps nobody waiting but those who need it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import quotas
from federation.models.base import insert_missing, now
from federation.models.institutions import Node
from federation.models.objects import Upload
from federation.needs import Need, Wanted
from federation.quotas import Limits
from federation.storage import ObjectStore, part_count, part_size_for
from shared.errors import CommonsError, HubFull, UploadClosed
from shared.identifiers import fresh_id
from shared.messages import MAX_PARTS_GRANTED

UNDER_WAY = ("open", "verifying")


@dataclass(frozen=True)
class Opening:
    """An upload as the database has it; `store_upload_id` is the store's name of one in parts, if it has one."""

    upload_id: str
    size: int
    store_upload_id: str


@dataclass
class Promised:
    """The answers that need no store, by the place of the offer; the uploads to ask it for; those to forget there."""

    answers: list[dict[str, Any] | None] = field(default_factory=list)
    openings: dict[str, Opening] = field(default_factory=dict)
    ended: list[Opening] = field(default_factory=list)


@dataclass(frozen=True)
class Begun:
    """What the store says of an upload: the name under which parts are sent, empty for one PUT, and what arrived."""

    opening: Opening
    store_upload_id: str
    arrived: Mapping[int, int] = field(default_factory=dict)


def promise(
    session: Session,
    node: Node,
    offers: Sequence[Wanted],
    *,
    limits: Limits,
    language: str,
    room: bool = True,
) -> Promised:
    """Promise uploads of what is missing, in a transaction of its own.

    Without `room`, what is missing is refused for now.
    """
    digests = [offer.sha256 for offer in offers]
    need = Need.of(session, node, digests, max_file_bytes=limits.max_file_bytes)
    wanted = {offer.sha256: offer for offer in offers if room and need.wants(offer)}
    promised = Promised()
    refused = _open_missing(session, node, wanted, limits, promised, here=need.damaged)
    uploads = _current(session, node, digests)
    for offer in offers:
        said: dict[str, Any] | None = {"sha256": offer.sha256}
        try:
            if need.has(offer):
                said = {"sha256": offer.sha256, "outcome": "present"}
            elif not room:
                raise HubFull()
            elif offer.sha256 in refused:
                raise refused[offer.sha256]
            elif uploads[offer.sha256].state == "verifying":
                said = _verifying(uploads[offer.sha256])
            else:
                promised.openings[offer.sha256] = _opening(uploads[offer.sha256])
                said = None
        except CommonsError as error:
            said = _refused(offer.sha256, error, language)
        promised.answers.append(said)
    return promised


def begin(store: ObjectStore, promised: Promised) -> dict[str, Begun]:
    """Ask the store for the promised uploads, by the digests of their files. Raises StorageError."""
    for ended in promised.ended:
        store.abort_upload(upload_id=ended.upload_id, store_upload_id=ended.store_upload_id or None)
    return {sha256: _begin(store, opening) for sha256, opening in promised.openings.items()}


def _begin(store: ObjectStore, opening: Opening) -> Begun:
    if opening.store_upload_id:
        arrived = store.arrived(
            upload_id=opening.upload_id, store_upload_id=opening.store_upload_id, size=opening.size
        )
        if arrived:
            return Begun(opening, opening.store_upload_id, arrived)
        # The store has forgotten the upload, or its disk was full: the embedded one then refuses every further part.
        # Where nothing has arrived, nothing is lost by beginning again under the same id.
        store.abort_upload(upload_id=opening.upload_id, store_upload_id=opening.store_upload_id)
    return Begun(opening, store.open_upload(upload_id=opening.upload_id, size=opening.size) or "")


def grant(
    session: Session,
    store: ObjectStore,
    offers: Sequence[Wanted],
    promised: Promised,
    begun: Mapping[str, Begun],
    *,
    language: str,
) -> list[dict[str, Any]]:
    """Note what the store has begun; an answer for each offer (`UploadAnswer`)."""
    ids = [one.opening.upload_id for one in begun.values()]
    held = select(Upload).where(Upload.id.in_(ids)).order_by(Upload.id).with_for_update()
    uploads = {upload.sha256: upload for upload in session.scalars(held)}
    answers = []
    for offer, said in zip(offers, promised.answers, strict=True):
        if said is None:
            try:
                said = _grant(store, uploads[offer.sha256], begun[offer.sha256])
            except CommonsError as error:
                said = _refused(offer.sha256, error, language)
        answers.append(said)
    return answers


def _grant(store: ObjectStore, upload: Upload, begun: Begun) -> dict[str, Any]:
    """Where to send what is missing. Raises `UploadClosed` when the upload was ended meanwhile."""
    if upload.state == "verifying":
        return _verifying(upload)
    if upload.state != "open":
        raise UploadClosed(state=upload.state)
    arrived: Mapping[int, int] = {}
    if upload.store_upload_id in (begun.opening.store_upload_id, begun.store_upload_id):
        if upload.store_upload_id != begun.store_upload_id:
            # It begins anew: what arrives from here on is progress, else it would count as abandoned meanwhile.
            upload.bytes_present = 0
        upload.store_upload_id, arrived = begun.store_upload_id, begun.arrived
    # Else the node has asked twice at this moment and the other request was quicker: its upload is the one that
    # counts, whatever has arrived of it. The store forgets the empty one with time.
    said = {"sha256": upload.sha256, "outcome": "granted", "upload_id": upload.id}
    if not upload.store_upload_id:
        url = store.grant_put(upload_id=upload.id, size=upload.size)
        part = {"number": 1, "offset": 0, "size": upload.size, "url": url}
        return {**said, "parts": [part], "more": False, "bytes_present": 0}
    return {**said, **_missing_parts(store, upload, arrived)}


def _missing_parts(store: ObjectStore, upload: Upload, arrived: Mapping[int, int]) -> dict[str, Any]:
    note_progress(upload, sum(arrived.values()))
    count = part_count(upload.size, part_size_for(upload.size, preferred=store.settings.part_size))
    missing = [number for number in range(1, count + 1) if number not in arrived]
    grants = store.grant_parts(
        upload_id=upload.id,
        store_upload_id=upload.store_upload_id,
        size=upload.size,
        part_numbers=missing[:MAX_PARTS_GRANTED],
    )
    return {
        "parts": [{"number": g.number, "offset": g.offset, "size": g.size, "url": g.url} for g in grants],
        "more": len(missing) > MAX_PARTS_GRANTED,
        "bytes_present": sum(arrived.values()),
    }


def note_progress(upload: Upload, arrived: int) -> bool:
    """Note how many bytes have arrived; whether that is more than was known of: then it is not abandoned."""
    if arrived <= upload.bytes_present:
        return False
    upload.bytes_present, upload.changed_at = arrived, now()
    return True


def _open_missing(
    session: Session,
    node: Node,
    wanted: Mapping[str, Wanted],
    limits: Limits,
    promised: Promised,
    *,
    here: Set[str],
) -> Mapping[str, CommonsError]:
    """Promise uploads of those files that have none; for those that may have none now, the error that says why.

    It is one upload each, also when the node asks twice at the same moment.
    """
    if wanted:
        quotas.hold(session, node)
    standing = _current(session, node, list(wanted))
    _make_room(session, wanted, standing, promised)
    opening = [offer for offer in wanted.values() if not _goes_on(standing.get(offer.sha256))]
    refused = quotas.refusals(session, node, opening, limits, here=here)
    rows = [
        {"id": fresh_id(), "node_id": node.id, "sha256": offer.sha256, "size": offer.size, "state": "open"}
        for offer in sorted(opening, key=lambda offer: offer.sha256)
        if offer.sha256 not in refused
    ]
    moment = now()
    rest = {"store_upload_id": "", "failure": "", "created_at": moment, "changed_at": moment}
    insert_missing(session, Upload, [{**row, **rest} for row in rows])
    return refused


def _make_room(
    session: Session, wanted: Mapping[str, Wanted], standing: Mapping[str, Upload], promised: Promised
) -> None:
    """End uploads that were begun with another size, which one of two records gave falsely."""
    for sha256, upload in standing.items():
        if upload.size != wanted[sha256].size:
            promised.ended.append(_opening(upload))
            upload.state, upload.changed_at = "expired", now()
    session.flush()


def _goes_on(upload: Upload | None) -> bool:
    return upload is not None and upload.state in UNDER_WAY


def _current(session: Session, node: Node, digests: Sequence[str]) -> dict[str, Upload]:
    live = Upload.state.in_(UNDER_WAY)
    held = select(Upload).where(Upload.node_id == node.id, Upload.sha256.in_(digests), live).order_by(Upload.id)
    found = session.scalars(held.with_for_update())
    return {upload.sha256: upload for upload in found}


def _opening(upload: Upload) -> Opening:
    return Opening(upload.id, upload.size, upload.store_upload_id)


def _verifying(upload: Upload) -> dict[str, Any]:
    return {"sha256": upload.sha256, "outcome": "verifying", "upload_id": upload.id}


def _refused(sha256: str, error: CommonsError, language: str) -> dict[str, Any]:
    return {"sha256": sha256, "outcome": "refused", "code": error.code, "detail": error.message(language)}


def offers(files: Sequence[Mapping[str, Any]]) -> list[Wanted]:
    """The offers of a checked `UploadsRequest`."""
    return [Wanted(entry["sha256"], entry["size"]) for entry in files]
