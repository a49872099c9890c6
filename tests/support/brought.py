"""Harvesting in a test: a source at an address, run without waiting, and what the node has of it then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import and_, func, select

from nodes import sources
from nodes.harvesting import running
from nodes.harvesting.intake import Outcome
from nodes.models import Resource, Version
from nodes.source_models import HarvestSource
from nodes.sources import Options
from nodes.workplace import Workplace

CONSTANTS = {"license": "CC-BY-4.0", "type": "article", "themes": ["knowledge"]}


def source_at(workplace: Workplace, address: str, kind: str = sources.OAI, **options: Any) -> int:
    """The number of the source at an address, which is added when it is new."""
    given = Options(**{"constants": CONSTANTS, **options})
    with workplace.database.unit_of_work() as session:
        name = sources.name_of(address) if kind != sources.FOLDER else Path(address).name
        return sources.remember(session, kind=kind, address=address, name=name, options=given).id


def harvested(workplace: Workplace, address: str, kind: str = sources.OAI, **options: Any) -> Outcome:
    """What a harvest of the address came to, for which waiting takes no time."""
    sleep = options.pop("sleep", lambda _: None)
    return running.run(workplace, source_at(workplace, address, kind, **options), pause=0, sleep=sleep)


def standing(workplace: Workplace, address: str = "") -> dict[str, dict[str, Any]]:
    """The latest version of each resource (from an address) by its identifier there, without id and version."""
    ours = Resource.source == sources.name_of(address) if address else Resource.id.is_not(None)
    latest = and_(Version.resource_id == Resource.id, Version.number == Resource.latest_version)
    with workplace.database.unit_of_work(read_only=True) as session:
        rows = session.execute(select(Resource.source_id, Version.record).join(Version, latest).where(ours)).all()
        count = session.scalar(select(func.count()).select_from(Resource).where(ours))
    found = {}
    for identifier, record in rows:
        content = json.loads(record)
        found[identifier] = {name: value for name, value in content.items() if name not in ("id", "version")}
    assert len(found) == count, "a resource stands twice"
    return found


def remembered(workplace: Workplace, number: int) -> HarvestSource:
    """The source as it is kept."""
    with workplace.database.unit_of_work(read_only=True) as session:
        return sources.get(session, number)
