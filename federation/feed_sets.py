"""The sets of the change feed: written with each entry, read a part at a time in the order of the feed.

A reader goes through a set as it stood at one moment, the *snapshot*: the number of the newest entry then. Each
resource is there once, by its newest entry up to the snapshot, whatever is published meanwhile. A part costs the same
however far on it is, and however often resources were published anew: the index holds the entries that stand apart
from those that were superseded, and of the latter only those since the snapshot are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, insert, literal, select, union_all, update
from sqlalchemy.orm import Session, aliased

from federation.models.events import FeedEntry, FeedSet
from federation.models.institutions import Institution
from federation.models.resources import Resource, ResourceVersion, VersionTerm

ALL = ""
INSTITUTION, THEME, TYPE = "institution", "theme", "type"
KINDS = (INSTITUTION, THEME, TYPE)


@dataclass(frozen=True)
class Stretch:
    """What is read: one set as of `snapshot`, the numbers from `first` to `last` (both inclusive)."""

    set_spec: str
    first: int
    last: int
    snapshot: int


def spec(kind: str, code: str) -> str:
    """How the set of one institution, theme or type is named."""
    return f"{kind}:{code}"


def enter(session: Session, numbers: range) -> None:
    """Put new entries into their sets; older entries of the same resources are superseded by them."""
    new, old = aliased(FeedEntry), aliased(FeedEntry)
    added = new.seq.between(numbers[0], numbers[-1])
    next_of_old = (
        select(func.min(new.seq))
        .join(old, old.resource_id == new.resource_id)
        .where(old.seq == FeedSet.seq, added)
        .scalar_subquery()
    )
    replaced = select(old.seq).join(new, new.resource_id == old.resource_id).where(added, old.seq < numbers[0])
    session.execute(
        update(FeedSet)
        .where(FeedSet.seq.in_(replaced), FeedSet.superseded_by == 0)
        .values(superseded_by=next_of_old)
        .execution_options(synchronize_session=False)
    )
    session.execute(insert(FeedSet).from_select(["seq", "set_spec", "superseded_by"], _memberships(numbers)))


def part(session: Session, stretch: Stretch, *, limit: int) -> list[int]:
    """The first `limit` numbers of a stretch, in one statement: what is published meanwhile changes nothing."""
    standing, superseded = (
        select(FeedSet.seq).where(*where).order_by(FeedSet.seq).limit(limit).subquery() for where in _halves(stretch)
    )
    both = union_all(select(standing.c.seq), select(superseded.c.seq)).subquery()
    return list(session.scalars(select(both.c.seq).order_by(both.c.seq).limit(limit)))


def count(session: Session, stretch: Stretch) -> int:
    """How many resources a stretch has."""
    counts = [select(func.count()).select_from(FeedSet).where(*where).scalar_subquery() for where in _halves(stretch)]
    return session.scalar(select(counts[0] + counts[1])) or 0


def since(session: Session, moment: datetime) -> int | None:
    """The number of the first entry at or after a moment; None when there is none yet."""
    return session.scalar(
        select(FeedEntry.seq).where(FeedEntry.at >= moment).order_by(FeedEntry.at, FeedEntry.seq).limit(1)
    )


def before(session: Session, moment: datetime) -> int:
    """The number of the last entry before a moment; 0 when there is none."""
    earlier = select(FeedEntry.seq).where(FeedEntry.at < moment)
    return session.scalar(earlier.order_by(FeedEntry.at.desc(), FeedEntry.seq.desc()).limit(1)) or 0


def _halves(stretch: Stretch) -> tuple[tuple[ColumnElement[bool], ...], ...]:
    """The entries that stand still, and those that stood at the snapshot."""
    inside = (FeedSet.set_spec == stretch.set_spec, FeedSet.seq.between(stretch.first, stretch.last))
    return (*inside, FeedSet.superseded_by == 0), (*inside, FeedSet.superseded_by > stretch.snapshot)


def _memberships(numbers: range) -> Select[int, str, int]:
    added = FeedEntry.seq.between(numbers[0], numbers[-1])
    entries = select(FeedEntry.seq).where(added)
    of_resource = entries.join(Resource, Resource.id == FeedEntry.resource_id)
    of_version = entries.join(ResourceVersion, ResourceVersion.id == FeedEntry.version_id)
    of_term = entries.join(VersionTerm, VersionTerm.version_id == FeedEntry.version_id)
    found = union_all(
        entries.add_columns(literal(ALL).label("spec")),
        of_resource.join(Institution, Institution.id == Resource.institution_id).add_columns(
            _named(INSTITUTION) + Institution.code
        ),
        of_version.add_columns(_named(TYPE) + ResourceVersion.type),
        of_term.where(VersionTerm.vocabulary == "themes").add_columns(_named(THEME) + VersionTerm.code),
    ).subquery()
    return select(found.c.seq, found.c.spec, literal(0))


def _named(kind: str) -> ColumnElement[str]:
    return literal(spec(kind, ""))
