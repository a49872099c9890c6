"""Links of versions: which are to be opened and by whom, and what was found.

Only links of what is in review or public are opened. Addresses are opened one at a time, and a server is left alone
for a while after each, over all hosts of the hub: both are read from the table, so that nothing is lost or done twice
with a worker that is killed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from federation.link_checker import BROKEN, OFFLINE, UNSURE, Outcome
from federation.models.base import insert_missing, insert_rows, now
from federation.models.links import LinkCheck, VersionLink
from federation.models.resources import ResourceVersion

LEASE = timedelta(minutes=2)
"""How long a worker holds the address that it opens."""
HOST_PAUSE = timedelta(seconds=5)
"""How long a server is left alone after one of its addresses was opened."""
IN_REVIEW = timedelta(days=7)
"""How old a check may be while somebody is to judge the version."""
DOUBTED = timedelta(days=1)
"""When an address is opened again that could not be judged the first time, or that hinders a version in review."""
MENDED = timedelta(days=7)
"""When the broken address of a public version is opened again: its institution may have put the page back."""
SURE_AFTER = 2
"""Checks in a row without an answer, after which it is said."""


@dataclass(frozen=True)
class Claim:
    """An address that is being opened; `until` tells later whether it is still this worker's."""

    url_sha256: str
    url: str
    until: datetime


def note_links(session: Session, records: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """Keep the links of new versions, by the version's id, so that they are opened when their time comes."""
    urls: dict[str, str] = {}
    rows = []
    for version_id, record in records:
        named = {_digest(link["url"]): link["url"] for link in record.get("links", ())}
        urls.update(named)
        rows += [{"version_id": version_id, "url_sha256": digest} for digest in named]
    found = [{"url_sha256": digest, "url": url, "host": _host(url)} for digest, url in sorted(urls.items())]
    insert_missing(session, LinkCheck, found)
    insert_rows(session, VersionLink, rows)


def is_due(session: Session, *, days: int) -> bool:
    """Whether any address is to be opened now; those of public versions again after `days`."""
    return session.scalar(select(LinkCheck.url_sha256).where(*_due(days)).limit(1)) is not None


def claim(session: Session, *, days: int) -> Claim | None:
    """Take the address that was never opened, or else longest ago; nobody else opens it meanwhile."""
    oldest = LinkCheck.checked_at.is_not(None), LinkCheck.checked_at, LinkCheck.url_sha256
    query = select(LinkCheck).where(*_due(days)).order_by(*oldest).limit(1).with_for_update(skip_locked=True)
    found = session.scalars(query).first()
    if found is None:
        return None
    found.claimed_until = now() + LEASE
    return Claim(found.url_sha256, found.url, found.claimed_until)


def conclude(session: Session, claimed: Claim, outcome: Outcome) -> None:
    """Note what was found, unless the address has been somebody else's since."""
    query = select(LinkCheck).where(LinkCheck.url_sha256 == claimed.url_sha256).with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).one()
    if found.claimed_until != claimed.until:
        return
    if outcome.cause == OFFLINE:
        # That is about the hub and says nothing of the address.
        found.in_a_row = 0
    else:
        found.in_a_row = found.in_a_row + 1 if found.outcome == outcome.kind else 1
    found.outcome, found.status, found.cause = outcome.kind, outcome.status, outcome.cause
    found.checked_at, found.claimed_until = now(), None


def of(session: Session, version_ids: Iterable[int]) -> dict[str, LinkCheck]:
    """What is known of the links of these versions, by address: only of those that were opened. One query."""
    query = select(LinkCheck).where(
        LinkCheck.checked_at.is_not(None),
        LinkCheck.url_sha256.in_(select(VersionLink.url_sha256).where(VersionLink.version_id.in_(list(version_ids)))),
    )
    return {check.url: check for check in session.scalars(query)}


def _due(days: int) -> Sequence[ColumnElement[bool]]:
    moment = now()
    # Asked once, and not anew for each of the thousands of addresses that one server may have.
    other = aliased(LinkCheck)
    busy = select(other.host).where(or_(other.claimed_until >= moment, other.checked_at > moment - HOST_PAUSE))
    doubted = and_(LinkCheck.outcome == UNSURE, LinkCheck.in_a_row < SURE_AFTER)
    named = (
        select(VersionLink.version_id)
        .join(ResourceVersion, ResourceVersion.id == VersionLink.version_id)
        .where(
            VersionLink.url_sha256 == LinkCheck.url_sha256,
            or_(
                and_(
                    ResourceVersion.state == "in_review",
                    or_(LinkCheck.outcome == BROKEN, doubted, _older(moment - IN_REVIEW)),
                ),
                and_(
                    ResourceVersion.state == "published",
                    or_(
                        and_(LinkCheck.outcome == BROKEN, _older(moment - MENDED)),
                        doubted,
                        _older(moment - timedelta(days=days)),
                    ),
                ),
            ),
        )
    )
    # Nothing is opened twice a day, whatever came of it.
    return _older(moment - DOUBTED), LinkCheck.host.not_in(busy), named.exists()


def _older(moment: datetime) -> ColumnElement[bool]:
    return or_(LinkCheck.checked_at.is_(None), LinkCheck.checked_at < moment)


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def _host(url: str) -> str:
    """The server's name, which has at most 253 characters (RFC 1035, 2.3.4); of what is no address, none."""
    try:
        return (urlsplit(url).hostname or "")[:253]
    except ValueError:
        return ""
