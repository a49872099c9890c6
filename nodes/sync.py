"""One synchronisation: publish what waits, send files, and learn what became of everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from nodes import ahead, outbox, petitions, questions, transfer
from nodes import membership as memberships
from nodes.hub_client import HubClient
from nodes.models import Membership, Resource, Version, now
from nodes.outbox import Sent
from nodes.transfer import Transferred
from nodes.workplace import Workplace
from shared.petitioning import DISMISSED
from shared.status_messages import MAX_EVENTS, StatusReply


class Reporter(Protocol):
    """Who shows progress: a task by name, with its total, gives the function that is told each step."""

    def begin(self, name: str, total: int) -> Callable[[int], None]:
        """Start showing a task."""


@dataclass
class Synced:
    """What one synchronisation did; `good` only if nothing was refused and no file was left behind."""

    sent: Sent
    files: Transferred
    events: int = 0
    states: dict[str, int] = field(default_factory=dict)
    answered: int = 0
    """Answers to questions that the hub has taken."""
    again: int = 0
    """Records that go out once more, because the hub was restored from a backup and cannot be compared with."""
    petitioned: int = 0
    """Petitions that the hub has taken."""
    restored: int = 0
    """Versions that were lost here and came back with a receipt."""
    unverified: int = 0
    """Versions that came with a receipt and do not bear our signature: they are not taken."""
    unfinished: bool = False
    """Whether the hub has more to tell than went into one receipt."""

    @property
    def good(self) -> bool:
        """Whether there is nothing for a person to look at."""
        return not self.sent.refused and not self.files.failed and not self.unverified

    def as_dict(self) -> dict[str, Any]:
        """The summary for a script."""
        return {
            "accepted": self.sent.accepted,
            "duplicate": self.sent.duplicate,
            "superseded": self.sent.superseded,
            "refused": self.sent.refused,
            "files_sent": self.files.sent,
            "files_present": self.files.present,
            "bytes_sent": self.files.bytes_sent,
            "files_failed": self.files.failed,
            "files_paused": self.files.paused,
            "events": self.events,
            "answered": self.answered,
            "again": self.again,
            "petitioned": self.petitioned,
            "restored": self.restored,
            "unverified": self.unverified,
            "unfinished": self.unfinished,
            "states": self.states,
        }


def synchronise(workplace: Workplace, *, wait: float = 0.0, reporter: Reporter | None = None) -> Synced:
    """Do all of it once; with `wait`, look again for so many seconds while the hub is still reading files.

    Raises `NotJoined`, `HubAway` or the hub's refusal; what was done until then stays done.
    """
    with workplace.database.unit_of_work(read_only=True) as session:
        membership = memberships.current(session)
        letters, to_send = outbox.waiting(session), transfer.unsent_bytes(session)
    client = HubClient(membership.origin, workplace.key, workplace.settings)
    sent = outbox.publish(workplace, client, membership, _task(reporter, "发布著录", letters))
    answered, petitioned = questions.send(workplace, client), petitions.send(workplace, client)
    # What the hub asks for is learnt before files are sent, so that it is sent in this very run.
    events = pull(workplace, client)
    files = transfer.send_files(workplace, client, _task(reporter, "上传文件", to_send))
    result = Synced(sent, files, events + pull(workplace, client), answered=answered, petitioned=petitioned)
    deadline = time.monotonic() + wait
    while time.monotonic() < deadline and _busy(workplace):
        time.sleep(0.3)
        result.events += pull(workplace, client)
    with workplace.database.unit_of_work() as session:
        session.execute(update(Membership).values(synced_at=now()))
        result.states = states(session)
    return result


def pull(workplace: Workplace, client: HubClient) -> int:
    """Read the hub's events after the cursor; each page and the new cursor are one transaction.

    The next page is on its way while this one is noted.
    """
    with workplace.database.unit_of_work(read_only=True) as session:
        cursor = memberships.current(session).cursor
    count, page = 0, _page(client, cursor)
    while True:
        following = ahead.begin(_page, client, page["last"]) if page["more"] else None
        with workplace.database.unit_of_work() as session:
            take_events(session, page["events"], last=page["last"])
        count += len(page["events"])
        if following is None:
            return count
        page = following()


def _page(client: HubClient, cursor: int) -> dict[str, Any]:
    return client.get(f"/status?after={cursor}&limit={MAX_EVENTS}", StatusReply)


def take_events(session: Session, events: Sequence[Mapping[str, Any]], *, last: int) -> None:
    """Note the events that follow the cursor, and move it to `last`, in the caller's transaction.

    Numbers that were skipped say that the hub was restored from a backup: what it took of us since may be lost there.
    """
    numbers = [memberships.current(session).cursor, *(event["seq"] for event in events)]
    if any(after > before + 1 for before, after in pairwise(numbers)):
        say_again(session)
    _take(session, events)
    session.execute(update(Membership).values(cursor=last))


def say_again(session: Session) -> int:
    """Let answers and petitions go out once more, which no comparison of records would miss; how many."""
    return questions.send_again(session) + petitions.send_again(session)


def states(session: Session) -> dict[str, int]:
    """How many resources have their latest version in each state."""
    counted = (
        select(Version.state, func.count())
        .join(Resource)
        .where(Version.number == Resource.latest_version)
        .group_by(Version.state)
    )
    return {row[0]: row[1] for row in session.execute(counted)}


_STATE = (
    update(Version)
    .where(
        Version.resource_id == bindparam("b_resource"),
        Version.number == bindparam("b_number"),
        # The first event of a version says what the hub's answer said: no need to write its whole row again.
        or_(
            Version.state != bindparam("b_state"),
            Version.reason != bindparam("b_reason"),
            Version.effective_on != bindparam("b_day"),
        ),
    )
    .values(
        state=bindparam("b_state"),
        reason=bindparam("b_reason"),
        effective_on=bindparam("b_day"),
        changed_at=bindparam("b_at"),
    )
)
_ARK = update(Resource).where(Resource.id == bindparam("b_resource")).values(ark=bindparam("b_ark"))


def _take(session: Session, events: Sequence[Mapping[str, Any]]) -> None:
    """Note events in their order; an event of a record that this node has lost is passed over.

    One statement for all of a kind: after a large publication there are as many events as records, and a
    statement for each would take longer than publishing them.
    """
    moment = now()
    changes = [
        {
            "b_resource": event["record_id"],
            "b_number": event["version"],
            "b_state": event["state"],
            "b_reason": event.get("reason", ""),
            "b_day": event.get("effective_on", ""),
            "b_at": moment,
        }
        for event in events
        if not _asks_only(event)
    ]
    arks = [{"b_resource": event["record_id"], "b_ark": event["ark"]} for event in events if event.get("ark")]
    for statement, rows in ((_STATE, changes), (_ARK, arks)):
        if rows:
            session.connection().execute(statement, rows)
    questions.note(session, events)
    petitions.note(session, events)
    for event in events:
        if event.get("sha256"):
            transfer.send_again(session, event["sha256"], event.get("reason", "") if _asks_only(event) else "")


def _asks_only(event: Mapping[str, Any]) -> bool:
    """Whether only a file or a word is asked for: nothing has become of the record itself."""
    if event.get("question_id") or event.get("petition") == DISMISSED:
        return True
    return bool(event.get("sha256")) and event["state"] != "awaiting_files"


def _busy(workplace: Workplace) -> bool:
    with workplace.database.unit_of_work(read_only=True) as session:
        return (
            session.scalar(select(Version.number).where(Version.state.in_(("received", "verifying"))).limit(1))
            is not None
        )


def _task(reporter: Reporter | None, name: str, total: int) -> Callable[[int], None] | None:
    return reporter.begin(name, total) if reporter is not None and total else None
