"""Making public and taking away: the change feed, which alone tells every reader what is published."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from federation import bearings, days, feed_sets, lifecycle, sequences, validity
from federation.models.events import FeedEntry
from federation.models.resources import Resource, ResourceVersion

PUBLISHED, REMOVED = "published", "removed"
BETANUMERIC = "0123456789bcdfghjkmnpqrstvwxz"
BLADE_LENGTH = 8


def check_character(naan_and_name: str) -> str:
    """The NCDA check character (Noid Check Digit Algorithm) over `NAAN/name`; other signs count as zero."""
    total = sum(
        place * (BETANUMERIC.index(sign) if sign in BETANUMERIC else 0)
        for place, sign in enumerate(naan_and_name, start=1)
    )
    return BETANUMERIC[total % len(BETANUMERIC)]


def mint_ark(naan: str, shoulder: str) -> str:
    """A new random ARK name with its check character: `ark:NAAN/shoulder+blade+check`."""
    name = f"{naan}/{shoulder}" + "".join(secrets.choice(BETANUMERIC) for _ in range(BLADE_LENGTH))
    return f"ark:{name}{check_character(name)}"


def restore_ark(session: Session, resource: Resource, ark: str, *, naan: str) -> bool:
    """Give a resource the ARK back that it had before this hub was restored from a backup; whether it was done.

    Only a name that this hub can have given is taken: of its NAAN and the member's shoulder, with a good check
    character, and free.
    """
    name = ark.removeprefix("ark:")
    start = f"{naan}/{resource.institution.shoulder}"
    blade = name.removeprefix(start)
    if resource.ark is not None or not name.startswith(start) or len(blade) != BLADE_LENGTH + 1:
        return False
    if not set(blade) <= set(BETANUMERIC) or check_character(name[:-1]) != name[-1]:
        return False
    if session.scalar(select(Resource.id).where(Resource.ark == f"ark:{name}")) is not None:
        return False
    resource.ark = f"ark:{name}"
    session.flush()
    return True


def publish(
    session: Session, versions: Sequence[ResourceVersion], *, naan: str, actor: str, reason: str = ""
) -> None:
    """Make reviewed versions public; what was public of the same resources before becomes superseded.

    Nothing is copied: the verified objects stand under their SHA-256 already, so this is one transaction.
    """
    validity.give(session, versions)
    older = _public_versions(session, [version.resource_id for version in versions])
    lifecycle.advance(session, older, to="superseded", actor=actor)
    for version in versions:
        if version.resource.ark is None:
            version.resource.ark = _free_ark(session, naan, version.resource.institution.shoulder)
    lifecycle.advance(session, versions, to="published", actor=actor, reason=reason)
    _enter(session, versions)


def remove(session: Session, versions: Sequence[ResourceVersion], *, to: str, actor: str, reason: str) -> None:
    """End the life of versions as `withdrawn`, `taken_down` or `expired`; those that were public leave the feed."""
    public = [version for version in versions if version.state == "published"]
    lifecycle.advance(session, versions, to=to, actor=actor, reason=reason)
    _append(session, public, REMOVED, reason)


def put_back(session: Session, versions: Sequence[ResourceVersion], *, actor: str, reason: str) -> None:
    """Make versions public again that were taken down or had expired; they keep their permanent identifiers."""
    lifecycle.advance(session, versions, to="published", actor=actor, reason=reason)
    _enter(session, versions)


def open_files(session: Session, versions: Sequence[ResourceVersion]) -> None:
    """Tell everybody who follows the feed that the files of public versions may be had from today on.

    A mirror or a harvester comes by an entry once; without a new one it would never learn of them.
    """
    _enter(session, versions)


def _public_versions(session: Session, resource_ids: Sequence[str]) -> list[ResourceVersion]:
    return list(
        session.scalars(
            select(ResourceVersion).where(
                ResourceVersion.resource_id.in_(resource_ids),
                ResourceVersion.state.in_(("published", "taken_down", "expired")),
            )
        )
    )


def _free_ark(session: Session, naan: str, shoulder: str) -> str:
    while True:
        ark = mint_ark(naan, shoulder)
        if session.scalar(select(Resource.id).where(Resource.ark == ark)) is None:
            return ark


def _enter(session: Session, versions: Sequence[ResourceVersion]) -> None:
    """Put public versions into the feed, and note from when the files may be had of those that are embargoed."""
    today = days.today().isoformat()
    for version in versions:
        until = version.record.get("embargo_until", "")
        version.opens_on = date.fromisoformat(until) if until > today else None
    _append(session, versions, PUBLISHED, "")


def _append(session: Session, versions: Sequence[ResourceVersion], kind: str, reason: str) -> None:
    if not versions:
        return
    numbers = sequences.next_numbers(session, sequences.FEED, len(versions))
    session.execute(
        update(FeedEntry)
        .where(FeedEntry.latest, FeedEntry.resource_id.in_([version.resource_id for version in versions]))
        .values(latest=False)
        .execution_options(synchronize_session=False)
    )
    moment = _moment(session, numbers[0] - 1)
    session.execute(
        insert(FeedEntry),
        [
            {
                "seq": number,
                "resource_id": version.resource_id,
                "version_id": version.id,
                "kind": kind,
                "reason": reason,
                "latest": True,
                "at": moment,
            }
            for number, version in zip(numbers, versions, strict=True)
        ],
    )
    feed_sets.enter(session, numbers)
    if kind == PUBLISHED:
        bearings.enter(session, versions)
    else:
        bearings.leave(session, versions)


def _moment(session: Session, before: int) -> datetime:
    """When entries enter the feed: not before the last one, whatever the clock does, nor before it is held.

    So moments follow the numbers, and whoever looks while holding the feed has seen all that is older.
    """
    last = session.scalar(select(FeedEntry.at).where(FeedEntry.seq == before))
    moment = sequences.moment(session)
    return max(last, moment) if last else moment
