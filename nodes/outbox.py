"""Sending what was registered: batches of signed records, an answer for each, none blocking another."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from nodes import ahead, files
from nodes.hub_client import HubClient
from nodes.models import REFUSED, REGISTERED, LocalFile, Membership, OutboxEntry, Version, now
from nodes.workplace import Workplace
from shared.errors import KeyRevoked, KeyUnknown
from shared.messages import PublishReply

if TYPE_CHECKING:
    from nodes.keys import Key

Progress = Callable[[int], None]
HELD = "mass_withdrawal"
"""The hub's word for withdrawals that wait for a person: they stay in the outbox and are sent again."""
OTHER_KEY = frozenset({KeyRevoked.code, KeyUnknown.code})
"""What the hub says of a record that was signed before the key changed: it stays, too, and is signed anew."""
STAYING = OTHER_KEY | {HELD}
AWAITED = "awaiting_files"


@dataclass(frozen=True)
class Letter:
    """One version on its way: its outbox entry, its name, and its compact JWS."""

    entry: int
    resource_id: str
    number: int
    jws: str


@dataclass
class Sent:
    """How many records the hub took, had already, or refused (with what it said)."""

    accepted: int = 0
    duplicate: int = 0
    superseded: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)


def publish(
    workplace: Workplace, client: HubClient, membership: Membership, progress: Progress | None = None
) -> Sent:
    """Send all that the outbox holds.

    What was answered leaves the outbox in the transaction that notes the answer, so a crash at any point sends some
    records again, which changes nothing. Raises `HubAway` or `RefusedByHub`; what was answered until then stays done.
    """
    sent = Sent()
    _send_all(workplace, client, membership, sent, progress)
    if any(one.get("code") in OTHER_KEY for one in sent.refused):
        # The key has changed while they waited. What stays in the outbox is answered once more.
        sent.refused = [one for one in sent.refused if one.get("code") not in STAYING]
        _send_all(workplace, client, membership, sent, progress)
    return sent


def _send_all(
    workplace: Workplace, client: HubClient, membership: Membership, sent: Sent, progress: Progress | None
) -> None:
    """The next batch is built, and the last one noted, while the hub works on this one."""
    pending: Callable[[], tuple[list[Letter], list[dict[str, Any]]]] | None = None
    for batch in batches(workplace, membership):
        body = _pack(batch)
        answered = pending() if pending is not None else None
        pending = ahead.begin(_send, client, batch, body)
        if answered is not None:
            _note(workplace, *answered, sent, progress)
    if pending is not None:
        _note(workplace, *pending(), sent, progress)


def note_answers(session: Session, batch: Sequence[Letter], results: Sequence[Mapping[str, Any]], sent: Sent) -> None:
    """Write down the answers to some versions, and let go of them: what was answered leaves the outbox."""
    rows, answered = [], []
    for letter, result in zip(batch, results, strict=True):
        stays = result.get("code") in STAYING
        if not stays:
            answered.append(letter.entry)
        refused = result["outcome"] in ("rejected", "conflict")
        if refused:
            sent.refused.append({**result, "id": letter.resource_id, "version": letter.number})
        else:
            setattr(sent, result["outcome"], getattr(sent, result["outcome"]) + 1)
        rows.append(
            {
                "b_resource": letter.resource_id,
                "b_number": letter.number,
                "state": REGISTERED if stays else REFUSED if refused else result.get("state", "received"),
                "reason": result.get("detail", "") if refused and result.get("code") not in OTHER_KEY else "",
                "errors": result.get("errors", []) if refused else [],
                "changed_at": now(),
            }
        )
    statement = update(Version).where(
        Version.resource_id == bindparam("b_resource"), Version.number == bindparam("b_number")
    )
    session.connection().execute(statement, rows)
    session.execute(delete(OutboxEntry).where(OutboxEntry.id.in_(answered)))
    _offer_what_is_awaited(session, [(row["b_resource"], row["b_number"]) for row in rows if row["state"] == AWAITED])


def sign_anew(session: Session, batch: Sequence[Letter], results: Sequence[Mapping[str, Any]], *, key: Key) -> None:
    """Sign with the key in use what was refused because of another one, so that it can be sent again."""
    for letter, result in zip(batch, results, strict=True):
        if result.get("code") in OTHER_KEY:
            version = session.get_one(Version, (letter.resource_id, letter.number))
            version.jws = key.sign_record(version.record.encode("utf-8"))


def sign_all(session: Session, *, key: Key) -> None:
    """Sign with this key all that waits: the hub may not take any more what was signed with the one before."""
    waiting = (Version.resource_id == OutboxEntry.resource_id) & (Version.number == OutboxEntry.number)
    for version in session.scalars(select(Version).join(OutboxEntry, waiting)):
        version.jws = key.sign_record(version.record.encode("utf-8"))


def _offer_what_is_awaited(session: Session, names: Sequence[tuple[str, int]]) -> None:
    """The hub awaits the files of these versions, also those that it did not want for an earlier one."""
    if not names or session.scalar(select(LocalFile.sha256).where(LocalFile.sent).limit(1)) is None:
        return
    named = tuple_(Version.resource_id, Version.number).in_(names)
    digests = {
        entry["sha256"]
        for version in session.scalars(select(Version).where(named))
        for entry in version.content.get("files", ())
    }
    files.offer_again(session, digests)


def waiting(session: Session) -> int:
    """How many versions the outbox holds."""
    return session.scalar(select(func.count()).select_from(OutboxEntry)) or 0


def batches(workplace: Workplace, membership: Membership) -> Iterator[list[Letter]]:
    """Batches within the hub's limits, in the order of registration."""
    last = 0
    while True:
        with workplace.database.unit_of_work(read_only=True) as session:
            letters = [Letter(*row) for row in session.execute(_next(last, membership.batch_records))]
        if not letters:
            return
        batch: list[Letter] = []
        size = 20
        for letter in letters:
            if batch and size + len(letter.jws) + 3 > membership.batch_bytes:
                break
            batch.append(letter)
            size += len(letter.jws) + 3
        last = batch[-1].entry
        yield batch


def _next(last: int, limit: int) -> Any:
    return (
        select(OutboxEntry.id, OutboxEntry.resource_id, OutboxEntry.number, Version.jws)
        .join(Version, (Version.resource_id == OutboxEntry.resource_id) & (Version.number == OutboxEntry.number))
        .where(OutboxEntry.id > last)
        .order_by(OutboxEntry.id)
        .limit(limit)
    )


def _pack(batch: Sequence[Letter]) -> bytes:
    """The batch as gzipped JSON; a JWS holds nothing that JSON would have to escape."""
    joined = '","'.join(letter.jws for letter in batch)
    return gzip.compress(f'{{"records":["{joined}"]}}'.encode("ascii"), compresslevel=1, mtime=0)


def _send(client: HubClient, batch: list[Letter], body: bytes) -> tuple[list[Letter], list[dict[str, Any]]]:
    return batch, client.post("/records", body, PublishReply, gzipped=True)["results"]


def _note(
    workplace: Workplace,
    batch: Sequence[Letter],
    results: Sequence[dict[str, Any]],
    sent: Sent,
    progress: Progress | None,
) -> None:
    with workplace.database.unit_of_work() as session:
        note_answers(session, batch, results, sent)
        sign_anew(session, batch, results, key=workplace.key)
    if progress is not None:
        progress(len(batch))
