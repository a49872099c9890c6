"""The first page: what became of what the institution shared, what waits, and what a person should look at.

Every figure is read by an index, so that it is there at once when there are 100,000 resources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from nodes import listing, queries, questions, uses
from nodes.models import LocalFile, Membership, OutboxEntry, Petition, Question, Resource, Round, Version, now
from nodes.queries import Overview
from nodes.uses import Used
from shared.petitioning import RENEWAL

NEWEST, ASKED, USED = 5, 3, 3
"""How many resources, questions and much used resources are shown."""
AT_REVIEW = ("received", "awaiting_files", "verifying", "in_review")
TO_MEND = ("changes_requested", "refused")
"""States in which the institution has to do something."""
SAID = ("rejected", "taken_down", "expired")
"""States that it should hear of, and that may stay for ever: they are news for `NEWS`."""
NEWS = timedelta(days=30)
STALE = timedelta(days=7)
"""After how long without a synchronisation it is said that there was none."""
LOOKED_BACK = 50
"""Rounds, from the last on, among which the beginning of a row of failures is looked for."""


@dataclass(frozen=True)
class Concern:
    """Something that a person should look at: what it is, how often, since when.

    `kind` is a state of resources, or reviewers, public, files, failing, stale, log, expiring or alone. `record_id`
    and `title` are those of the resource when it is one only; `said` is a sentence for each language.
    """

    kind: str
    count: int = 1
    since: datetime | None = None
    day: str = ""
    record_id: str = ""
    title: str = ""
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Waiting:
    """What waits: records and files to be sent, and what is at review, since when the longest."""

    records: int
    files: int
    bytes: int
    at_review: int
    since: datetime | None


@dataclass(frozen=True)
class Dashboard:
    """All that the first page shows; `titles` are those of the resources that are asked about or much used."""

    states: Mapping[str, int]
    concerns: Sequence[Concern]
    waiting: Waiting
    newest: Sequence[Overview]
    asked: Sequence[Question]
    asking: int
    used: Used
    most_used: Sequence[tuple[str, int, int]]
    titles: Mapping[str, str]


def look(session: Session, *, language: str = "zh") -> Dashboard:
    """How things stand, in a fixed number of queries."""
    states = queries.states(session)
    membership = session.get(Membership, 1)
    asked, asking = questions.waiting(session, limit=ASKED), questions.count_waiting(session)
    most = [(one.resource_id, one.views, one.downloads) for one in uses.most_used(session, limit=USED)]
    ids = [*(one.resource_id for one in asked), *(record_id for record_id, _, _ in most)]
    return Dashboard(
        states,
        list(_concerns(session, membership, states, asking, language)),
        _waiting(session, states),
        listing.first(session, listing.Wanted(), limit=NEWEST, language=language),
        asked,
        sum(asking.values()),
        uses.of_all(session),
        most,
        queries.titles(session, ids, language=language),
    )


def _waiting(session: Session, states: Mapping[str, int]) -> Waiting:
    records = session.scalar(select(func.count()).select_from(OutboxEntry)) or 0
    unsent = select(func.count(), func.coalesce(func.sum(LocalFile.size), 0)).where(~LocalFile.sent)
    files, size = session.execute(unsent).one()
    since = session.scalar(select(func.min(Resource.changed_at)).where(Resource.state.in_(AT_REVIEW)))
    return Waiting(records, files, size, sum(states.get(state, 0) for state in AT_REVIEW), since)


def _concerns(
    session: Session,
    membership: Membership | None,
    states: Mapping[str, int],
    asking: Mapping[str, int],
    language: str,
) -> list[Concern]:
    """The most urgent first: people wait for answers before machines wait for people."""
    found = [Concern("reviewers", asking[""])] if asking.get("") else []
    found += [_of_state(session, state, states[state], language) for state in TO_MEND if states.get(state)]
    public = sum(count for feedback, count in asking.items() if feedback)
    found += [Concern("public", public)] if public else []
    found += _broken(session)
    found += _of_rounds(session, membership, states)
    found += _ending(session)
    since = now() - NEWS
    for state in SAID:
        news = select(func.count()).select_from(Resource).where(Resource.state == state, Resource.changed_at > since)
        if states.get(state) and (count := session.scalar(news)):
            found.append(_of_state(session, state, count, language))
    return found


def _of_state(session: Session, state: str, count: int, language: str) -> Concern:
    only = listing.first(session, listing.Wanted(state=state), limit=1, language=language) if count == 1 else []
    return Concern(state, count, record_id=only[0].id, title=only[0].title) if only else Concern(state, count)


def _broken(session: Session) -> list[Concern]:
    broken = session.scalar(select(func.count()).select_from(LocalFile).where(LocalFile.problem != "")) or 0
    return [Concern("files", broken)] if broken else []


def _of_rounds(session: Session, membership: Membership | None, states: Mapping[str, int]) -> list[Concern]:
    if membership is None:
        return [Concern("alone", sum(states.values()))] if states else []
    rounds = queries.rounds(session, limit=LOOKED_BACK)
    ended = [one for one in rounds if one.finished_at is not None]
    found = []
    if ended and ended[0].outcome.get("log_fault"):
        found.append(Concern("log", said=ended[0].outcome["log_fault"]))
    failing = _failing(ended)
    if failing:
        found.append(Concern("failing", len(failing), since=failing[-1].started_at, said=failing[0].error))
    elif membership.synced_at is not None and now() - membership.synced_at > STALE:
        found.append(Concern("stale", (now() - membership.synced_at).days, since=membership.synced_at))
    return found


def _failing(ended: Sequence[Round]) -> list[Round]:
    """The last rounds without a success between them, the last first."""
    failing: list[Round] = []
    for one in ended:
        if not one.error:
            break
        failing.append(one)
    return failing


def _ending(session: Session) -> list[Concern]:
    """Terms that end soon and for which nobody has asked yet."""
    asked = select(Petition.id).where(
        Petition.resource_id == Version.resource_id,
        Petition.number == Version.number,
        Petition.kind == RENEWAL,
        Petition.outcome == "",
    )
    latest = (Resource.id == Version.resource_id) & (Resource.latest_version == Version.number)
    query = (
        select(func.count(), func.min(Version.effective_on))
        .join(Resource, latest)
        .where(*listing.ends_soon(), ~asked.exists())
    )
    count, day = session.execute(query).one()
    return [Concern("expiring", count, day=day)] if count else []
