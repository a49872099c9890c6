"""Whose turn it is: the files that wait, in their order, and what was ordered while some of them are being sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from nodes import line as lines
from nodes.line import Turn
from nodes.models import LocalFile
from nodes.settings import NodeSettings
from shared.messages import MAX_UPLOADS_ASKED

AT_A_TIME = MAX_UPLOADS_ASKED
LARGE_TOGETHER = 2 * 1024**3
"""Bytes of files that are offered together, unless there are fewer files than threads: permissions to send expire."""


@dataclass(frozen=True)
class Orders:
    """What holds just now: the `turns` of files in hand that may be sent, by digest, and the first one of others."""

    stopped: bool
    turns: dict[str, Turn]
    other: Turn | None


def next_batch(session: Session, settings: NodeSettings, *, without: Collection[str]) -> list[LocalFile]:
    """The files whose turn is next, `without` some; none while the line is stopped."""
    if lines.stopped(lines.line(session), settings, datetime.now()):
        return []
    turns: list[Turn] = []
    total = 0
    for turn in _waiting(session, without):
        if len(turns) == AT_A_TIME or (total + turn.size > LARGE_TOGETHER and len(turns) >= settings.upload_threads):
            break
        turns.append(turn)
        total += turn.size
    found = session.scalars(select(LocalFile).where(LocalFile.sha256.in_([turn.sha256 for turn in turns])))
    by_digest = {file.sha256: file for file in found}
    return [by_digest[turn.sha256] for turn in turns]


def orders(session: Session, settings: NodeSettings, *, hand: Collection[str], without: Collection[str]) -> Orders:
    """What holds just now for the files in `hand`; the other one is neither among them nor `without`."""
    if lines.stopped(lines.line(session), settings, datetime.now()):
        return Orders(True, {}, None)
    found = session.execute(_select().add_columns(LocalFile.sent, LocalFile.paused).where(LocalFile.sha256.in_(hand)))
    turns = {row.sha256: Turn(row.priority, row.size, row.sha256) for row in found if not row.sent and not row.paused}
    other = next((turn for turn in _waiting(session, without) if turn.sha256 not in hand), None)
    return Orders(False, turns, other)


def _waiting(session: Session, without: Collection[str]) -> Iterator[Turn]:
    """Those that may be sent in their order; only as many are read as are asked for."""
    in_order = (LocalFile.priority, LocalFile.size, LocalFile.sha256)
    query = _select().where(~LocalFile.sent, ~LocalFile.paused).order_by(*in_order)
    for row in session.execute(query.execution_options(yield_per=AT_A_TIME)):
        if row.sha256 not in without:
            yield Turn(row.priority, row.size, row.sha256)


def _select() -> Select[int, int, str]:
    return select(LocalFile.priority, LocalFile.size, LocalFile.sha256)
