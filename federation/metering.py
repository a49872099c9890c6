"""How much a node may ask of the hub: a budget of requests and records, the same for all of the hub's processes.

It is a leaky bucket that needs one number (GCRA): the moment up to which what was asked for is paid, if it is spread
at the rate that is allowed. A node may be BURST seconds ahead of the clock; further requests have to wait until it is
not. The number stands in the node's row, which every request writes to anyhow, so the budget costs no statement of
its own and counts alike for one process on SQLite and several hosts on PostgreSQL.

How many records a request brings is known only once it was read: they are paid for afterwards, and what they cost may
exceed the budget. So any request is let in or not by one and the same question, whatever it asks for.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, select, update
from sqlalchemy.orm import Session

from federation.models.base import now
from federation.models.institutions import Node
from federation.settings import HubSettings
from shared.errors import Throttled

BURST = 60.0
"""Seconds: whoever was quiet may ask at once for what is allowed in this time."""


@dataclass(frozen=True)
class Tariff:
    """What a request and a record cost, in seconds of the budget."""

    request: float
    record: float

    @classmethod
    def of(cls, settings: HubSettings) -> Tariff:
        """As the settings say; no limit costs nothing."""
        requests, records = settings.max_requests_per_minute, settings.max_records_per_minute
        return cls(60.0 / requests if requests else 0.0, 60.0 / records if records else 0.0)


def let_in(session: Session, node_id: str, tariff: Tariff) -> None:
    """Pay for one request, and note that the node was heard of. Raises `Throttled` when its budget is used up."""
    moment = time.time()
    paying = update(Node).where(Node.id == node_id, Node.paid_until <= moment + BURST)
    paying = paying.values(last_seen_at=now(), paid_until=_later(moment) + tariff.request)
    paid = session.scalar(paying.returning(Node.paid_until), execution_options={"synchronize_session": False})
    if paid is None:
        standing = session.scalar(select(Node.paid_until).where(Node.id == node_id)) or 0.0
        raise Throttled(retry_after=max(1, math.ceil(standing - moment - BURST)))


def charge(session: Session, node_id: str, tariff: Tariff, *, records: int) -> None:
    """Pay for records (or files) that a request has brought."""
    if tariff.record:
        paid = _later(time.time()) + records * tariff.record
        paying = update(Node).where(Node.id == node_id).values(paid_until=paid)
        session.execute(paying, execution_options={"synchronize_session": False})


def _later(moment: float) -> ColumnElement[float]:
    return case((Node.paid_until > moment, Node.paid_until), else_=moment)
