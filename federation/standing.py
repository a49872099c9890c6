"""How the hub is: its parts, the versions in each state, the stored files, what is under way."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from federation import fixity, operations, schema, under_way
from federation.database import unit_of_work
from federation.derivatives import making as derivatives
from federation.models.events import Counter
from federation.models.resources import ResourceVersion
from federation.parts import parts
from federation.renditions import making as renditions
from federation.sequences import FEED
from federation.settings import HubSettings


def status(app: Flask) -> dict[str, Any]:
    """How the hub is: its parts, the versions in each state, and how far the search index has come."""
    found: dict[str, Any] = {"database": False, "schema": False, "store": parts(app).store.ready()}
    try:
        found["schema"] = schema.is_current(app)
        with unit_of_work(app, read_only=True) as session:
            found["states"] = dict(
                operations.pairs(session, select(ResourceVersion.state, func.count()).group_by(ResourceVersion.state))
            )
            found |= _storage(session, parts(app).settings)
            found["renditions"] = dataclasses.asdict(renditions.standing(session))
            found["derivatives"] = dataclasses.asdict(derivatives.standing(session))
            found["change_feed"] = session.scalar(select(Counter.value).where(Counter.name == FEED))
        found["database"] = True
    except SQLAlchemyError:
        found["states"], found["change_feed"] = {}, None
    index = parts(app).index
    index.reload()
    found["search_index"] = index.position()
    found["ready"] = bool(found["database"] and found["schema"] and found["store"])
    return found


def _storage(session: Session, settings: HubSettings) -> dict[str, Any]:
    """How the stored files are, in a few figures, and whose they are; and what each member waits for."""
    standing = fixity.standing(session, days=settings.fixity_days)
    members = operations.institutions(session, quota=settings.institution_quota_bytes)
    return {
        "institutions": {
            one["code"]: {name: one[name] for name in ("bytes", "quota", "withdrawals_held")} for one in members
        },
        "objects": standing.objects,
        "objects_bytes": standing.size,
        "objects_damaged": standing.damaged,
        "objects_overdue": standing.overdue,
        "under_way": {
            one.state: {"uploads": one.count, "bytes": one.size, "silent_seconds": one.silent_seconds}
            for one in under_way.uploads(session)
        },
    }
