"""Putting right what the node holds, after the hub has said what it holds: nothing of ours is thrown away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from nodes import files, holdings, registration
from nodes.holdings import Finding, batched
from nodes.models import OutboxEntry, Resource, Version, now
from shared.errors import CommonsError
from shared.signing import SignedRecord, verify

if TYPE_CHECKING:
    from nodes.keys import Key


def own_record(finding: Finding, token: str, *, find_key: Callable[[str], Ed25519PublicKey]) -> SignedRecord | None:
    """The record that the hub gives for `finding`; None when it is another one, or does not bear our signature."""
    try:
        signed = verify(token, find_key=find_key)
    except CommonsError:
        return None
    record, theirs = signed.record, finding.theirs or {}
    name = (record.get("id"), record.get("version"), signed.sha256)
    return signed if name == (finding.record_id, finding.version, theirs.get("sha256")) else None


def mend(
    session: Session, found: Sequence[Finding], signed: Sequence[tuple[Finding, SignedRecord]], *, key: Key
) -> None:
    """Do what each finding asks for; `signed` are the records of those that the hub has and we have not."""
    by_kind: dict[str, list[Finding]] = {}
    highest: dict[str, int] = {}
    for finding in found:
        by_kind.setdefault(finding.kind, []).append(finding)
        highest[finding.record_id] = max(finding.version, highest.get(finding.record_id, 0))
    send_again(session, by_kind.get("absent_at_hub", ()), key=key)
    leave_elsewhere(session, by_kind.get("elsewhere", ()))
    for finding in by_kind.get("state_differs", ()):
        take_state(session, finding)
    # Ours makes way while it still is the latest here; what the hub has besides is taken after that.
    for finding, record in signed:
        if finding.kind == "content_differs":
            make_way(session, finding, record, key=key, after=highest[finding.record_id])
    take_versions(session, [pair for pair in signed if pair[0].kind == "absent_at_node"])


def send_again(session: Session, findings: Sequence[Finding], *, key: Key) -> None:
    """Put versions that the hub has not into the outbox, under the key in use, and have it asked for their files."""
    waiting = {(entry.resource_id, entry.number) for entry in session.scalars(select(OutboxEntry))}
    lost = sorted((finding.record_id, finding.version) for finding in findings)
    registration.to_send(session, [name for name in lost if name not in waiting])
    for record_id, number in lost:
        version = session.get_one(Version, (record_id, number))
        version.jws = key.sign_record(version.record.encode("utf-8"))
        _ask_for_files(session, version.content)


def send_all_again(session: Session) -> int:
    """Put all that the hub should have into the outbox: who cannot compare with it does not know what it has lost.

    Says how many were put there. Of their files none is offered again: the hub's answer says which it awaits.
    """
    waiting = {(entry.resource_id, entry.number) for entry in session.scalars(select(OutboxEntry))}
    ours = sorted((item.record_id, item.version) for item in holdings.items(session))
    lost = [name for name in ours if name not in waiting]
    registration.to_send(session, lost)
    return len(lost)


def leave_elsewhere(session: Session, findings: Sequence[Finding]) -> None:
    """Note that another node of the institution speaks for these resources now."""
    for ids in batched({finding.record_id for finding in findings}):
        session.execute(update(Resource).where(Resource.id.in_(ids)).values(elsewhere=True))


def take_state(session: Session, finding: Finding) -> None:
    """The hub's word on a version's state is the last."""
    theirs = finding.theirs or {}
    version = session.get_one(Version, (finding.record_id, finding.version))
    version.state, version.reason, version.changed_at = theirs["state"], theirs["reason"], now()
    version.effective_on = theirs.get("effective_on", "")
    version.errors, version.resource.elsewhere = [], False
    _take_ark(version.resource, theirs)
    if version.state == "awaiting_files":
        _ask_for_files(session, version.content)


def take_versions(session: Session, lost: Sequence[tuple[Finding, SignedRecord]]) -> None:
    """Take back versions that were lost here, all at once: it may be all that there ever was."""
    resources = {
        resource.id: resource
        for ids in batched({finding.record_id for finding, _ in lost})
        for resource in session.scalars(select(Resource).where(Resource.id.in_(ids)))
    }
    for finding, signed in lost:
        resource = resources.get(finding.record_id)
        if resource is None:
            resource = Resource(id=finding.record_id, latest_version=0, restored=True)
            resources[resource.id] = resource
            session.add(resource)
        resource.latest_version = max(resource.latest_version, finding.version)
        _take_ark(resource, finding.theirs or {})
        session.add(_version(finding, signed))


def make_way(session: Session, finding: Finding, signed: SignedRecord, *, key: Key, after: int) -> None:
    """The hub has another content under our version's number: ours becomes a new version above `after`.

    So it goes when a node restored from a backup used a number again. An older version of ours gives way.
    """
    ours = session.get_one(Version, (finding.record_id, finding.version))
    resource, content = ours.resource, ours.content
    latest = resource.latest_version == ours.number
    resource.elsewhere = False
    for name, value in _columns(finding, signed).items():
        setattr(ours, name, value)
    session.execute(
        OutboxEntry.__table__.delete().where(  # type: ignore[attr-defined]  # a table, not any selectable
            OutboxEntry.resource_id == finding.record_id, OutboxEntry.number == finding.version
        )
    )
    _take_ark(resource, finding.theirs or {})
    if latest and _meaning(content) != _meaning(signed.record):
        registration.add_version(session, resource, max(after, resource.latest_version) + 1, content, key)


def _meaning(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in ("id", "version")}


def _version(finding: Finding, signed: SignedRecord) -> Version:
    return Version(resource_id=finding.record_id, number=finding.version, **_columns(finding, signed))


def _columns(finding: Finding, signed: SignedRecord) -> dict[str, Any]:
    theirs = finding.theirs or {}
    return {
        "record": signed.payload.decode("utf-8"),
        "sha256": signed.sha256,
        "jws": signed.token,
        "state": theirs["state"],
        "reason": theirs["reason"],
        "effective_on": theirs.get("effective_on", ""),
        "errors": [],
        "changed_at": now(),
    }


def _take_ark(resource: Resource, theirs: Mapping[str, Any]) -> None:
    if theirs.get("ark"):
        resource.ark = theirs["ark"]


def _ask_for_files(session: Session, content: Mapping[str, Any]) -> None:
    files.offer_again(session, [entry["sha256"] for entry in content.get("files", ())])
