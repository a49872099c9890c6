"""Letting everything come to rest after a fault: as an institution, a reviewer and an operator would go on."""

from __future__ import annotations

import time

import requests
from sqlalchemy import func, select, update

from federation.database import unit_of_work
from federation.models.base import now
from federation.models.objects import Upload
from federation.models.resources import ResourceVersion
from federation.tasks import STALE
from nodes.models import LocalFile, OutboxEntry
from nodes.models import Version as LocalVersion
from shared.errors import HubAway
from tests.faults.invariants import IN_PROGRESS
from tests.faults.site import Member, Site, hub_status
from tests.support.processes import eventually

PATIENCE = 90.0
"""Seconds after which what has not come to rest counts as stuck; the checks then say what it is."""


def settle(site: Site, member: Member) -> None:
    """Bring up what was killed, and synchronise until nothing is under way any more."""
    site.hub.heal()
    revive(site)
    deadline, quiet = time.monotonic() + PATIENCE, 0
    # Twice quiet: the last events are read after the last thing has happened.
    while quiet < 2 and time.monotonic() < deadline:
        _let_time_pass(site)
        try:
            member.synchronise()
        except HubAway:
            # It is still on its way out or in.
            quiet = 0
            revive(site)
            continue
        quiet = 0 if _under_way(site, member) else quiet + 1
        time.sleep(0.2)
    eventually(lambda: _indexed(site), seconds=PATIENCE)


def revive(site: Site) -> None:
    """Start the hub if its supervisor was killed, which brings back the others by itself; wait until it serves."""
    with site.reviving:
        eventually(lambda: _ready(site), seconds=PATIENCE)


def _ready(site: Site) -> bool:
    process = site.hub.process.process
    if process is not None and process.poll() is not None:
        site.hub.process.start()
    try:
        return site.hub.process.get("/readyz").status_code == 200
    except requests.RequestException:
        return False


def _let_time_pass(site: Site) -> None:
    """The sweep takes up a verification of which nothing was heard for a minute: here it is over at once."""
    long_ago = now() - 2 * STALE
    with unit_of_work(site.app) as session:
        session.execute(update(Upload).where(Upload.state == "verifying").values(changed_at=long_ago))


def _under_way(site: Site, member: Member) -> bool:
    moving = select(func.count()).select_from(ResourceVersion).where(ResourceVersion.state.in_(IN_PROGRESS))
    live = select(func.count()).select_from(Upload).where(Upload.state.in_(("open", "verifying", "expiring")))
    with unit_of_work(site.app, read_only=True) as hub:
        if hub.scalar(moving) or hub.scalar(live):
            return True
    ours = LocalVersion.state.in_((*IN_PROGRESS, "registered"))
    waiting = (
        select(func.count()).select_from(OutboxEntry),
        select(func.count()).select_from(LocalFile).where(~LocalFile.sent),
        select(func.count()).select_from(LocalVersion).where(ours),
    )
    with member.workplace.database.unit_of_work(read_only=True) as node:
        return any(node.scalar(query) for query in waiting)


def _indexed(site: Site) -> bool:
    standing = hub_status(site)
    return bool(standing["search_index"] == standing["change_feed"])
