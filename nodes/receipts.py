"""Taking in the hub's receipt: the same answers and events as over the network, noted by the same code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from nodes import given_back, hub_keys, outbox, petitions, questions, restoring, transfer
from nodes import membership as memberships
from nodes.models import LocalFile, Membership, OutboxEntry, Version, now
from nodes.outbox import Letter, Sent
from nodes.sync import Reporter, Synced, say_again, states, take_events
from nodes.transfer import Transferred
from nodes.workplace import Workplace
from shared import hub_answers
from shared.bags import read_whole
from shared.canonical import digest
from shared.carrying import MAX_CARRIED_BYTES
from shared.errors import NotAddressed, ReceiptGap, WrongHub

AT_A_TIME = 500
"""Answers and events in one transaction, as many as the network would bring."""
T = TypeVar("T")


def take(workplace: Workplace, source: Path, *, hub_key: str = "", reporter: Reporter | None = None) -> Synced:
    """Note what a receipt says; taken again, or after a later one, it changes nothing.

    Each step is a transaction that may be repeated, so one that was broken off is simply taken again. `hub_key` is
    the fingerprint of the hub's key, when a person has learnt that it is another by now. Raises `NotJoined`,
    `NotFromHub`, `HubKeyUnknown`, `HubKeyDiffers`, `ProtocolUnknown`, `NotAddressed`, `WrongHub`, `ReceiptGap`, or
    what says that the file is none.
    """
    receipt, shown = hub_answers.read_receipt(read_whole(source, limit=MAX_CARRIED_BYTES), name=source.name)
    with workplace.database.unit_of_work(read_only=True) as session:
        membership = memberships.current(session)
    if receipt["hub"] != membership.origin:
        raise WrongHub(theirs=receipt["hub"], ours=membership.origin)
    hub_keys.check(workplace.folder, membership.origin, shown, given=hub_key)
    _check(receipt, membership)
    hub_keys.keep(workplace.folder, membership.origin, shown)
    done = Synced(Sent(), Transferred())
    held = receipt["holdings"]
    total = len(receipt["records"]) + len(receipt["files"]) + len(receipt["events"])
    total += sum(len(bucket["versions"]) for bucket in held["buckets"])
    progress = reporter.begin("读取回执", total) if reporter is not None and total else _silent
    # A receipt that is not newer than what was read since its bag was written must not undo it: a state that an event
    # has told, a later request for a file. What it answers goes out once more, and is answered as things are then.
    if receipt["last"] > membership.cursor or receipt["after"] == membership.cursor:
        _note_records(workplace, receipt["records"], done.sent, progress)
        _note_files(workplace, receipt["files"], done.files, progress)
    if receipt["last"] >= membership.cursor:
        back = given_back.take_contents(workplace, held, progress)
        done.restored, done.again, done.unverified = back.restored, back.again, back.unverified
        done.unfinished = receipt["more"] or held["more"]
        _note_events(workplace, receipt["events"], done, progress)
        _go_on(workplace, receipt["last"], done)
        if not receipt["more"]:
            given_back.take_states(workplace, held)
    words = receipt.get("words", {})
    with workplace.database.unit_of_work() as session:
        done.answered = questions.note_outcomes(session, words.get("answers", ()))
        done.petitioned = petitions.note_outcomes(session, words.get("petitions", ()))
        session.execute(update(Membership).values(synced_at=now()))
        done.states = states(session)
    return done


def _silent(_steps: int) -> None:
    """Nobody watches."""


def _check(receipt: Mapping[str, Any], membership: Membership) -> None:
    """Refuse what is for another node, and what would leave a gap in what this node has read."""
    if receipt["node_id"] != membership.node_id:
        raise NotAddressed(theirs=receipt["node_id"])
    first, events = receipt["after"], receipt["events"]
    numbers = [event["seq"] for event in events]
    # A hub that was restored from a backup skips numbers; it never goes back.
    rising = all(before < after for before, after in pairwise([first, *numbers]))
    if first > membership.cursor or not rising or receipt["last"] < (numbers or [first])[-1]:
        raise ReceiptGap(after=first, cursor=membership.cursor)


def _note_records(
    workplace: Workplace, answers: Sequence[dict[str, Any]], sent: Sent, progress: Callable[[int], None]
) -> None:
    """Note the answers to what is still in the outbox; the rest was answered before."""
    said = {answer["jws_sha256"]: answer for answer in answers}
    with workplace.database.unit_of_work(read_only=True) as session:
        letters = [pair for pair in _letters(session) if pair[0] in said]
    for part in _parts(letters):
        batch, results = [letter for _, letter in part], [_as_online(said[sha256]) for sha256, _ in part]
        with workplace.database.unit_of_work() as session:
            outbox.note_answers(session, batch, results, sent)
            outbox.sign_anew(session, batch, results, key=workplace.key)
    progress(len(answers))


def _letters(session: Session) -> Iterator[tuple[str, Letter]]:
    """What the outbox holds, by the digest of the signed record: an answer is about these very bytes."""
    named = (Version.resource_id == OutboxEntry.resource_id) & (Version.number == OutboxEntry.number)
    query = select(OutboxEntry.id, OutboxEntry.resource_id, OutboxEntry.number, Version.jws).join(Version, named)
    for row in session.execute(query.order_by(OutboxEntry.id).execution_options(yield_per=AT_A_TIME)):
        yield digest(row.jws.encode("ascii")), Letter(*row)


def _as_online(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "jws_sha256"}


def _note_files(
    workplace: Workplace, answers: Sequence[dict[str, Any]], result: Transferred, progress: Callable[[int], None]
) -> None:
    for part in _parts(answers):
        said = {answer["sha256"]: answer for answer in part}
        with workplace.database.unit_of_work() as session:
            unsent = session.scalars(select(LocalFile).where(LocalFile.sha256.in_(said), ~LocalFile.sent)).all()
            transfer.note_answers(session, [(file, said[file.sha256]) for file in unsent], result)
        progress(len(part))


def _note_events(
    workplace: Workplace, events: Sequence[dict[str, Any]], done: Synced, progress: Callable[[int], None]
) -> None:
    """Note the events after the cursor, which moves with them.

    Numbers that were skipped say that the hub was restored from a backup. What it has lost since, nobody here can
    find out, so all goes out again.
    """
    with workplace.database.unit_of_work(read_only=True) as session:
        cursor = memberships.current(session).cursor
    new = [event for event in events if event["seq"] > cursor]
    progress(len(events) - len(new))
    for part in _parts(new):
        with workplace.database.unit_of_work() as session:
            take_events(session, part, last=part[-1]["seq"])
            if any(after > before + 1 for before, after in pairwise([cursor, *(event["seq"] for event in part)])):
                _send_all_again(session, workplace, done)
        cursor = part[-1]["seq"]
        progress(len(part))
    done.events = len(new)


def _go_on(workplace: Workplace, last: int, done: Synced) -> None:
    """Go on after the last number of the receipt; it is past the last event when the hub has just been restored."""
    with workplace.database.unit_of_work() as session:
        if last > memberships.current(session).cursor:
            session.execute(update(Membership).values(cursor=last))
            say_again(session)
            _send_all_again(session, workplace, done)


def _send_all_again(session: Session, workplace: Workplace, done: Synced) -> None:
    done.again += restoring.send_all_again(session)
    outbox.sign_all(session, key=workplace.key)


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), AT_A_TIME):
        yield values[start : start + AT_A_TIME]
