"""How much an institution may store and a node may have on its way, and how much that is now.

An institution's use is counted from what its versions name, whatever their state, since nothing that a version names
is ever removed: each stored object once, however many of its versions name it, and once for every institution that
names it, whoever sent the bytes. What its nodes were granted and have not finished counts as used already.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from federation import auditlog
from federation.garbage import LIVE_STATES
from federation.models.base import now
from federation.models.institutions import Institution, Node
from federation.models.objects import StoredObject, Upload
from federation.models.resources import Resource, ResourceVersion, VersionFile
from federation.needs import Wanted
from federation.settings import HubSettings
from shared.errors import CommonsError, FieldError, InvalidRequest, StorageQuotaExceeded, TooManyUploads

MOST = 2**62
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,3})?)\s*([kKMGTP]?)(i?)[bB]?")
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}


@dataclass(frozen=True)
class Limits:
    """What the settings say of files: the largest, an institution's quota, and how many may be on their way."""

    max_file_bytes: int
    quota_bytes: int = 0
    open_uploads: int = 200
    grant_seconds: int = 3600

    @classmethod
    def of(cls, settings: HubSettings) -> Limits:
        """Of these settings."""
        return cls(
            max_file_bytes=settings.max_file_bytes,
            quota_bytes=settings.institution_quota_bytes,
            open_uploads=settings.max_open_uploads,
            grant_seconds=settings.upload_grant_seconds,
        )


@dataclass(frozen=True)
class Room:
    """How much an institution uses and may use, in bytes; `allowed` is 0 without a limit."""

    used: int
    allowed: int

    def after(self, size: int) -> Room:
        """What is left when a file of this size comes, too. Raises `StorageQuotaExceeded`."""
        if self.allowed and self.used + size > self.allowed:
            raise StorageQuotaExceeded(used=self.used, allowed=self.allowed, needed=size)
        return replace(self, used=self.used + size)


def allowed(institution: Institution, default: int) -> int:
    """How many bytes an institution may use; 0 for no limit."""
    return default if institution.storage_quota is None else institution.storage_quota


def room(session: Session, institution: Institution, limits: Limits) -> Room:
    """How much the institution uses now, what is on its way included; nothing is counted without a limit."""
    most = allowed(institution, limits.quota_bytes)
    if not most:
        return Room(0, 0)
    return Room(_stored(session, institution.id) + _on_the_way(session, institution.id), most)


def used(session: Session) -> dict[int, int]:
    """How many bytes each institution's versions name, by its number; those that use nothing are left out."""
    return {institution_id: size for institution_id, (_files, size) in holdings(session).items()}


def holdings(session: Session) -> dict[int, tuple[int, int]]:
    """How many files each institution's versions name, and how many bytes these are; as `used`."""
    named = (
        select(Resource.institution_id, VersionFile.sha256)
        .join(ResourceVersion, ResourceVersion.resource_id == Resource.id)
        .join(VersionFile, VersionFile.version_id == ResourceVersion.id)
        .distinct()
        .subquery()
    )
    summed = (
        select(named.c.institution_id, func.count(), func.sum(StoredObject.size))
        .join(StoredObject, StoredObject.sha256 == named.c.sha256)
        .where(StoredObject.removing_at.is_(None))
        .group_by(named.c.institution_id)
    )
    return {row[0]: (row[1], int(row[2])) for row in session.execute(summed)}


def refusals(
    session: Session, node: Node, opening: Sequence[Wanted], limits: Limits, *, here: Collection[str]
) -> Mapping[str, CommonsError]:
    """Which of these files cannot have an upload now, and why; the institution is held (`hold`).

    `here` are files whose bytes count already: a damaged copy is replaced whatever the quota says.
    """
    if not opening:
        return {}
    left, free = room(session, node.institution, limits), limits.open_uploads - _open(session, node, limits)
    refused: dict[str, CommonsError] = {}
    for offer in opening:
        try:
            if free <= 0:
                raise TooManyUploads(open=limits.open_uploads - free, limit=limits.open_uploads)
            left = left if offer.sha256 in here else left.after(offer.size)
            free -= 1
        except CommonsError as error:
            refused[offer.sha256] = error
    return refused


def hold(session: Session, node: Node) -> Institution:
    """The node's institution, its row held to the end of the transaction; taken before uploads are."""
    held = select(Institution).where(Institution.id == node.institution_id).with_for_update(key_share=True)
    return session.scalars(held.execution_options(populate_existing=True)).one()


def set_quota(session: Session, institution: Institution, quota: int | None, *, actor: str) -> None:
    """Let an institution use so many bytes; 0 is no limit, None what the settings say. What is stored stays."""
    institution.storage_quota = quota
    session.flush()
    subject = f"institution:{institution.code}"
    auditlog.record(session, auditlog.Happening(actor, "institution.quota_set", subject, detail={"bytes": quota}))


def read_quota(text: str) -> int | None:
    """A quota as people write it: a number with or without a unit (`200 GB`, `1.5TiB`), or nothing for the default.

    Raises `InvalidRequest`.
    """
    text = text.strip()
    if not text:
        return None
    found = _SIZE.fullmatch(text)
    if found is None:
        raise InvalidRequest(errors=[FieldError("/quota", "bad_size", {"value": text[:40]})])
    base = 1024 if found[3] else 1000
    size = int(float(found[1]) * base ** _POWERS[found[2].upper()]) if found[2] else int(float(found[1]))
    if size > MOST:
        raise InvalidRequest(errors=[FieldError("/quota", "out_of_range", {"min": 0, "max": MOST})])
    return size


def written(quota: int | None) -> str:
    """A quota in the form in which `read_quota` reads it back to the byte."""
    if not quota:
        return "" if quota is None else "0"
    unit, power = next(((name, power) for name, power in reversed(_POWERS.items()) if quota % 1000**power == 0))
    return f"{quota // 1000**power} {unit}B".replace("KB", "kB")


def _stored(session: Session, institution_id: int) -> int:
    named = (
        select(VersionFile.sha256)
        .join(ResourceVersion, ResourceVersion.id == VersionFile.version_id)
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .where(Resource.institution_id == institution_id)
    )
    summed = select(func.sum(StoredObject.size)).where(
        StoredObject.removing_at.is_(None), StoredObject.sha256.in_(named)
    )
    return int(session.scalar(summed) or 0)


def _on_the_way(session: Session, institution_id: int) -> int:
    """Bytes that were granted, each file once; what replaces a copy that is here takes no more room than that one."""
    coming = (
        select(func.max(Upload.size).label("size"))
        .join(Node, Node.id == Upload.node_id)
        .outerjoin(StoredObject, StoredObject.sha256 == Upload.sha256)
        .where(Node.institution_id == institution_id, Upload.state.in_(LIVE_STATES), StoredObject.sha256.is_(None))
        .group_by(Upload.sha256)
        .subquery()
    )
    return int(session.scalar(select(func.sum(coming.c.size))) or 0)


def _open(session: Session, node: Node, limits: Limits) -> int:
    """How many uploads the node is at; one whose grant has run out without a byte more is left behind, not open."""
    since = now() - timedelta(seconds=limits.grant_seconds)
    counted = select(func.count()).select_from(Upload)
    counted = counted.where(Upload.node_id == node.id, Upload.state == "open", Upload.changed_at > since)
    return session.scalar(counted) or 0
