"""The contribution report: what was registered, decided and published in a period, and what the public used.

Everything is counted in the database, in a number of queries that does not depend on how much there is. Whose
resource it is now is whose it counts for.
"""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from federation.counting import DOWNLOAD, VIEW
from federation.models.events import FeedEntry
from federation.models.feedback import Feedback
from federation.models.institutions import Institution
from federation.models.resources import Resource, ResourceVersion, VersionFile
from federation.models.reviews import Decision
from federation.models.usage import UsageEvent
from federation.publication import PUBLISHED
from federation.reports.completeness import completeness
from federation.reports.period import Period
from federation.verdicts import APPROVE, REJECT, REQUEST_CHANGES
from shared.jws import unverified_payload

VOCABULARIES = ("themes", "disciplines", "audiences", "occasions")
DAY_SECONDS = 86_400


@dataclass
class Uses:
    """How often something was viewed and downloaded; the unique ones count once for a visitor and an hour."""

    views: int = 0
    unique_views: int = 0
    downloads: int = 0
    unique_downloads: int = 0

    def add(self, other: Uses) -> None:
        """Add another count."""
        self.views += other.views
        self.unique_views += other.unique_views
        self.downloads += other.downloads
        self.unique_downloads += other.unique_downloads

    def count(self, kind: str, total: int, first: int) -> None:
        """Add what the database counted of one kind."""
        if kind == VIEW:
            self.views, self.unique_views = self.views + total, self.unique_views + first
        elif kind == DOWNLOAD:
            self.downloads, self.unique_downloads = self.downloads + total, self.unique_downloads + first


NOT_USED = Uses()


@dataclass
class Contribution:
    """One member's figures, or those of all; `institution` is None for all together."""

    institution: Institution | None
    registered: int = 0
    """Resources whose first version came in."""
    versions: int = 0
    """Versions that came in, the first ones too."""
    published: int = 0
    """Versions that became public for the first time; what is put back after a takedown is not new."""
    approvals: int = 0
    returned: int = 0
    rejected: int = 0
    days_to_decision: list[float] = field(default_factory=list)
    files: int = 0
    size: int = 0
    public: int = 0
    """Resources that are public now."""
    completeness: list[float] = field(default_factory=list)
    feedback: int = 0
    """Questions of the public and mistakes that it pointed out, without staff's and what the alliance has hidden."""
    feedback_answered: int = 0
    """Those of them that were answered, by now."""
    uses: Uses = field(default_factory=Uses)

    @property
    def median_days(self) -> float | None:
        """Days from coming in to a decision: half of all took longer."""
        return statistics.median(self.days_to_decision) if self.days_to_decision else None

    @property
    def mean_completeness(self) -> float | None:
        """How much of what can be said of a resource is said of its public ones, from 0 to 1."""
        return statistics.fmean(self.completeness) if self.completeness else None

    def add(self, other: Contribution) -> None:
        """Add another member's figures."""
        self.registered += other.registered
        self.versions += other.versions
        self.published += other.published
        self.approvals += other.approvals
        self.returned += other.returned
        self.rejected += other.rejected
        self.files += other.files
        self.size += other.size
        self.public += other.public
        self.feedback += other.feedback
        self.feedback_answered += other.feedback_answered
        self.days_to_decision += other.days_to_decision
        self.completeness += other.completeness
        self.uses.add(other.uses)


@dataclass
class Share:
    """What of the public resources belongs to one term, and how it was used."""

    resources: int = 0
    uses: Uses = field(default_factory=Uses)


@dataclass(frozen=True)
class Month:
    """One step of the trend."""

    period: Period
    registered: int
    published: int
    uses: Uses


@dataclass(frozen=True)
class Report:
    """All figures of a period, for all members or one."""

    period: Period
    institution: Institution | None
    members: list[Contribution]
    total: Contribution
    before: Contribution
    """The same of the period before, for comparison."""
    terms: dict[str, dict[str, Share]]
    """By vocabulary and code."""
    trend: list[Month]


def report(session: Session, period: Period, *, institution: Institution | None = None) -> Report:
    """Count everything."""
    used, used_before = _uses(session, period)
    members = _members(session, period, institution)
    terms: dict[str, dict[str, Share]] = {name: defaultdict(Share) for name in VOCABULARIES}
    for resource_id, institution_id, record in _public(session, institution):
        member = members[institution_id]
        member.public += 1
        member.completeness.append(completeness(record))
        for name in VOCABULARIES:
            for code in record.get(name, ()):
                share = terms[name][code]
                share.resources += 1
                share.uses.add(used.get(resource_id, NOT_USED))
    before = _sum(_members(session, period.before, institution).values())
    for resource_id, institution_id in _owned(session, institution).items():
        members[institution_id].uses.add(used.get(resource_id, NOT_USED))
        before.uses.add(used_before.get(resource_id, NOT_USED))
    total = _sum(members.values())
    shown = sorted(members.values(), key=lambda one: one.institution.code if one.institution else "")
    return Report(period, institution, shown, total, before, terms, _trend(session, period, institution))


def _members(session: Session, period: Period, institution: Institution | None) -> dict[int, Contribution]:
    """What the members did, by the id of the institution, without what is public and what was used."""
    listed = [institution] if institution else session.scalars(select(Institution)).all()
    found = {one.id: Contribution(one) for one in listed}
    for institution_id, versions in _came_in(session, period, institution):
        found[institution_id].versions = versions
    for institution_id, registered in _registered(session, period, institution):
        found[institution_id].registered = registered
    for institution_id, published in _became_public(session, period, institution):
        found[institution_id].published = published
    for institution_id, files, size in _files(session, period, institution):
        found[institution_id].files, found[institution_id].size = files, int(size or 0)
    for institution_id, given, answered in _feedback(session, period, institution):
        found[institution_id].feedback, found[institution_id].feedback_answered = given, answered
    for institution_id, verdict, came, decided in _decisions(session, period, institution):
        member = found[institution_id]
        member.approvals += verdict == APPROVE
        member.returned += verdict == REQUEST_CHANGES
        member.rejected += verdict == REJECT
        member.days_to_decision.append((decided - came).total_seconds() / DAY_SECONDS)
    return found


def _sum(members: Iterable[Contribution]) -> Contribution:
    total = Contribution(None)
    for member in members:
        total.add(member)
    return total


def _whose(institution: Institution | None) -> list[ColumnElement[bool]]:
    return [Resource.institution_id == institution.id] if institution else []


def _within(moment: Any, period: Period) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return moment >= period.begin, moment < period.end


def _came_in(session: Session, period: Period, institution: Institution | None) -> Iterable[Any]:
    query = select(Resource.institution_id, func.count()).select_from(ResourceVersion).join(Resource)
    query = query.where(*_within(ResourceVersion.received_at, period), *_whose(institution))
    return session.execute(query.group_by(Resource.institution_id))


def _registered(session: Session, period: Period, institution: Institution | None) -> Iterable[Any]:
    """A resource is kept from the moment at which its first version came in."""
    query = select(Resource.institution_id, func.count())
    query = query.where(*_within(Resource.created_at, period), *_whose(institution))
    return session.execute(query.group_by(Resource.institution_id))


def _newly_public() -> tuple[ColumnElement[bool], ...]:
    """Of the change feed: the first time that a version is public."""
    before = aliased(FeedEntry)
    same = (before.resource_id == FeedEntry.resource_id, before.version_id == FeedEntry.version_id)
    earlier = select(before.seq).where(*same, before.kind == PUBLISHED, before.seq < FeedEntry.seq)
    return FeedEntry.kind == PUBLISHED, ~earlier.exists()


def _became_public(session: Session, period: Period, institution: Institution | None) -> Iterable[Any]:
    query = select(Resource.institution_id, func.count()).select_from(FeedEntry)
    query = query.join(Resource, Resource.id == FeedEntry.resource_id)
    query = query.where(*_newly_public(), *_within(FeedEntry.at, period), *_whose(institution))
    return session.execute(query.group_by(Resource.institution_id))


def _files(session: Session, period: Period, institution: Institution | None) -> Iterable[Any]:
    query = select(Resource.institution_id, func.count(), func.sum(VersionFile.size)).select_from(FeedEntry)
    query = query.join(Resource, Resource.id == FeedEntry.resource_id)
    query = query.join(VersionFile, VersionFile.version_id == FeedEntry.version_id)
    query = query.where(*_newly_public(), *_within(FeedEntry.at, period), *_whose(institution))
    return session.execute(query.group_by(Resource.institution_id))


def _decisions(session: Session, period: Period, institution: Institution | None) -> Iterable[Any]:
    query = select(Resource.institution_id, Decision.verdict, ResourceVersion.received_at, Decision.at)
    query = query.select_from(Decision).join(ResourceVersion, ResourceVersion.id == Decision.version_id)
    query = query.join(Resource, Resource.id == ResourceVersion.resource_id)
    return session.execute(query.where(*_within(Decision.at, period), *_whose(institution)))


def _feedback(session: Session, period: Period, institution: Institution | None) -> Iterable[Any]:
    query = select(Resource.institution_id, func.count(), func.count(Feedback.answered_at)).select_from(Feedback)
    query = query.join(Resource, Resource.id == Feedback.resource_id)
    query = query.where(Feedback.hidden_at.is_(None), ~Feedback.by_staff, *_within(Feedback.at, period))
    return session.execute(query.where(*_whose(institution)).group_by(Resource.institution_id))


def _public(session: Session, institution: Institution | None) -> Iterable[tuple[str, int, dict[str, Any]]]:
    query = select(Resource.id, Resource.institution_id, ResourceVersion.jws).select_from(FeedEntry)
    query = query.join(Resource, Resource.id == FeedEntry.resource_id)
    query = query.join(ResourceVersion, ResourceVersion.id == FeedEntry.version_id)
    query = query.where(FeedEntry.latest, FeedEntry.kind == PUBLISHED, *_whose(institution))
    for resource_id, institution_id, jws in session.execute(query.execution_options(yield_per=500)):
        yield resource_id, institution_id, json.loads(unverified_payload(jws))


def _uses(session: Session, period: Period) -> tuple[dict[str, Uses], dict[str, Uses]]:
    """What was used in the period and in the one before it, by resource: one walk over an index."""
    this, last = UsageEvent.day.between(*period.days), UsageEvent.day.between(*period.before.days)
    asked = ((this,), (this, UsageEvent.first), (last,), (last, UsageEvent.first))
    query = select(UsageEvent.resource_id, UsageEvent.kind, *(func.count().filter(*one) for one in asked))
    used: dict[str, Uses] = defaultdict(Uses)
    before: dict[str, Uses] = defaultdict(Uses)
    for resource_id, kind, *found in session.execute(query.group_by(UsageEvent.resource_id, UsageEvent.kind)):
        if found[0]:
            used[resource_id].count(kind, found[0], found[1])
        if found[2]:
            before[resource_id].count(kind, found[2], found[3])
    return used, before


def _owned(session: Session, institution: Institution | None) -> dict[str, int]:
    """Whose each resource is."""
    query = select(Resource.id, Resource.institution_id).where(*_whose(institution))
    return {row.id: row.institution_id for row in session.execute(query)}


def _trend(session: Session, period: Period, institution: Institution | None) -> list[Month]:
    by_day = _days(session, period, institution)
    months = []
    for month in period.months():
        first, last = month.days
        registered = sum(row[1] for row in _registered(session, month, institution))
        published = sum(row[1] for row in _became_public(session, month, institution))
        uses = Uses()
        for day, used in by_day.items():
            if first <= day <= last:
                uses.add(used)
        months.append(Month(month, registered, published, uses))
    return months


def _days(session: Session, period: Period, institution: Institution | None) -> dict[int, Uses]:
    """What was used on each day."""
    query = select(UsageEvent.day, UsageEvent.kind, func.count(), func.count().filter(UsageEvent.first))
    if institution is not None:
        query = query.join(Resource, Resource.id == UsageEvent.resource_id).where(*_whose(institution))
    query = query.where(UsageEvent.day.between(*period.days)).group_by(UsageEvent.day, UsageEvent.kind)
    found: dict[int, Uses] = defaultdict(Uses)
    for day, kind, total, first in session.execute(query):
        found[day].count(kind, total, first)
    return found
