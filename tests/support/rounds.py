"""Rounds of a node as its database has them, for tests of what is shown of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete

from nodes.models import Round, now
from nodes.workplace import Workplace


def task(name: str, total: int, done: int) -> dict[str, Any]:
    """A part of a round: so many steps of so many."""
    return {"name": name, "total": total, "done": done}


def round_of(**values: Any) -> dict[str, Any]:
    """The values of a round; it has ended when `good` is told."""
    return {"kind": "sync", "begun_by": "page", **values}


def put_round(workplace: Workplace, values: dict[str, Any]) -> None:
    """Make it the only round that the node remembers, heard of just now."""
    with workplace.database.unit_of_work() as session:
        session.execute(delete(Round))
        session.add(Round(**values, finished_at=now() if "good" in values else None))
