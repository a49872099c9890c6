"""The files on their way, as people see them: where each stands, how far it is, how fast, and how long it takes yet.

Nothing is guessed. What the hub has is what it said or the store confirmed; a speed is that of the last seconds and
counts only while it is fresh; without one there is no time left to tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, ColumnElement, case, func, literal_column, select, tuple_
from sqlalchemy.orm import Session

from nodes import limits, queries
from nodes import line as lines
from nodes.line import Turn
from nodes.models import Line, LocalFile
from nodes.settings import NodeSettings

SENDING, WAITING, PAUSED, FAILED, SENT = "sending", "waiting", "paused", "failed", "sent"
SHOWN = (WAITING, PAUSED, FAILED, SENT)
"""The lists that there are; what is being sent heads the first of them."""
FRESH = timedelta(seconds=5)
"""How old a sign of life may be: it is renewed every second."""
IS_SENT: ColumnElement[bool] = literal_column("+local_files.sent", Boolean)
"""The plus keeps SQLite from going through all that were sent, instead of the last ones by their time."""
HAS_PROBLEM = LocalFile.problem != literal_column("''")
"""Written out, since only then the index of the few that have one is used. None that was sent has one."""


@dataclass(frozen=True)
class Standing:
    """One file: its state, the title of its resource (empty when not known), and what is known of its way."""

    file: LocalFile
    state: str
    title: str

    @property
    def name(self) -> str:
        """The file's name on this machine."""
        return Path(self.file.path).name

    @property
    def passing(self) -> int:
        """Bytes of it that are on their way just now."""
        return self.file.passing if self.state == SENDING else 0

    @property
    def rate(self) -> int:
        """Bytes a second; 0 when it is not being sent."""
        return self.file.rate if self.state == SENDING else 0

    @property
    def seconds_left(self) -> int | None:
        """At the speed of the last seconds; None when there is none."""
        return _seconds(self.file.size - self.file.arrived - self.passing, self.rate)


@dataclass(frozen=True)
class Totals:
    """All files together: of those not sent their `count`, `size` and bytes `arrived`; how many are in each list.

    `left` bytes are those that nobody holds back; `rate` is 0 unless files are being sent (`sending`).
    `paused_all` is a person's word, `limit` the rate of this hour (0: nothing is sent, None: as fast as it goes).
    """

    count: int
    size: int
    arrived: int
    left: int
    lists: Mapping[str, int]
    rate: int
    sending: bool
    paused_all: bool
    limit: int | None

    @property
    def percent(self) -> int:
        """How much of it the hub has, in whole per cent."""
        return min(99, self.arrived * 100 // self.size) if self.size else 0

    @property
    def stopped(self) -> bool:
        """Whether no file is sent at present."""
        return self.paused_all or self.limit == 0

    @property
    def seconds_left(self) -> int | None:
        """Until all that nobody holds back is sent; None while nothing moves."""
        return _seconds(self.left, self.rate)

    def as_dict(self) -> dict[str, Any]:
        """The form for a script."""
        return {**self.__dict__, "lists": dict(self.lists), "seconds_left": self.seconds_left}


def totals(session: Session, settings: NodeSettings, moment: datetime) -> Totals:
    """All files together at a moment of this machine's zone."""
    line = lines.line(session)
    open_bytes = case((LocalFile.paused, 0), else_=LocalFile.size - LocalFile.arrived)
    row = session.execute(
        select(
            func.count().label("number"),
            func.coalesce(func.sum(LocalFile.size), 0).label("size"),
            func.coalesce(func.sum(LocalFile.arrived), 0).label("arrived"),
            func.coalesce(func.sum(open_bytes), 0).label("left"),
            func.count(case((LocalFile.paused, 1))).label("paused"),
        ).where(~LocalFile.sent)
    ).one()
    failed = session.scalar(select(func.count()).where(HAS_PROBLEM)) or 0
    sent = session.scalar(select(func.count()).where(LocalFile.sent)) or 0
    fresh = _fresh(line.beat_at, moment)
    return Totals(
        count=row.number,
        size=row.size,
        arrived=row.arrived,
        left=row.left,
        lists={WAITING: row.number, PAUSED: row.paused, FAILED: failed, SENT: sent},
        rate=line.rate if fresh else 0,
        sending=fresh,
        paused_all=line.paused,
        limit=limits.rate_at(lines.limits_of(line, settings), moment),
    )


def listed(
    session: Session,
    settings: NodeSettings,
    moment: datetime,
    *,
    language: str,
    which: str = WAITING,
    digests: Sequence[str] | None = None,
    after: Turn | None = None,
    limit: int,
) -> list[Standing]:
    """The files of one list in the order of their turn `after` another, what was sent the last sent first.

    With `digests` only these, whatever their state.
    """
    query = select(LocalFile).order_by(LocalFile.priority, LocalFile.size, LocalFile.sha256).limit(limit)
    if digests is not None:
        query = query.where(LocalFile.sha256.in_(digests))
    elif which == SENT:
        query = query.where(IS_SENT).order_by(None).order_by(LocalFile.sent_at.desc(), LocalFile.sha256)
    elif which == FAILED:
        query = query.where(HAS_PROBLEM)
    else:
        query = query.where(~LocalFile.sent, *((LocalFile.paused,) if which == PAUSED else ()))
    if after is not None:
        query = query.where(tuple_(LocalFile.priority, LocalFile.size, LocalFile.sha256) > tuple(after))
    line = lines.line(session)
    return _standings(session, list(session.scalars(query)), line, settings, moment, language)


def sending(session: Session, settings: NodeSettings, moment: datetime, *, language: str) -> list[Standing]:
    """The files that are being sent just now."""
    beating = LocalFile.beat_at.is_not(None) & (LocalFile.beat_at > moment - FRESH)
    found = session.scalars(select(LocalFile).where(beating).order_by(LocalFile.priority, LocalFile.size))
    return _standings(session, list(found), lines.line(session), settings, moment, language)


def _standings(
    session: Session, files: Sequence[LocalFile], line: Line, settings: NodeSettings, moment: datetime, language: str
) -> list[Standing]:
    stopped = lines.stopped(line, settings, moment)
    titles = queries.titles(session, sorted({file.resource_id for file in files} - {""}), language=language)
    return [
        Standing(file, _state(file, stopped=stopped, moment=moment), titles.get(file.resource_id, ""))
        for file in files
    ]


def _state(file: LocalFile, *, stopped: bool, moment: datetime) -> str:
    if file.sent:
        return SENT
    if _fresh(file.beat_at, moment):
        return SENDING
    if file.paused or stopped:
        return PAUSED
    return FAILED if file.problem else WAITING


def _fresh(beat: datetime | None, moment: datetime) -> bool:
    # A clock that was set back makes old signs of life lie in the future.
    return beat is not None and abs(moment.astimezone() - beat) < FRESH


def _seconds(left: int, rate: int) -> int | None:
    return max(1, round(left / rate)) if rate > 0 and left > 0 else None
