"""Making and changing collections: a change is a further revision, which the public does not see until it is shown.

Whoever leads the review curates for the alliance, the manager of an institution for that institution alone, under
its name. Nobody edits the words of another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from federation import auditlog, catalogue
from federation.collections import content as contents
from federation.collections.content import Content
from federation.interop import oembed
from federation.models.base import now
from federation.models.collections import Collection, CollectionRevision
from federation.models.events import FeedEntry
from federation.models.people import User
from federation.models.resources import Resource, ResourceVersion
from federation.roles import Permission, may
from shared.canonical import canonical, digest
from shared.errors import (
    AlreadyDone,
    AlreadyExists,
    CollectionChanged,
    FieldError,
    Forbidden,
    InvalidRequest,
    NotFound,
)
from shared.identifiers import fresh_id
from shared.validation import plain

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_SLUG = 64
MAX_ADDED = 50
"""Addresses that are taken at a time."""


@dataclass(frozen=True)
class Draft:
    """A collection with its latest revision."""

    collection: Collection
    content: Content


def reads(user: User, collection: Collection) -> bool:
    """Whether the person sees it in the workbench: readers of the desk all, a manager the own institution's."""
    return may(user, Permission.READ_DESK) or _is_of(user, collection)


def edits(user: User, collection: Collection) -> bool:
    """Whether the person may change its words and its resources."""
    if may(user, Permission.LEAD_REVIEW):
        return collection.institution_id is None
    return _is_of(user, collection)


def create(session: Session, *, by: User, kind: str, slug: str, title: str) -> Collection:
    """Begin a collection for whoever the person curates for, with its Chinese title.

    `slug` is its address for good; an empty one is made from its id. Raises `Forbidden`, `InvalidRequest` naming each
    fault, `AlreadyExists` for an address that is taken.
    """
    leads = may(by, Permission.LEAD_REVIEW)
    if not may(by, Permission.CURATE) or (not leads and by.institution_id is None):
        raise Forbidden()
    collection_id = fresh_id()
    slug = slug.strip().lower() or f"c-{collection_id.replace('-', '')[-10:]}"
    faults = _faults(kind, slug)
    try:
        first = contents.read({"title": {"zh": plain(title).strip()}})
    except InvalidRequest as error:
        faults += error.errors
    if faults:
        raise InvalidRequest(errors=faults)
    made = Collection(id=collection_id, slug=slug, kind=kind, institution_id=None if leads else by.institution_id)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        raise AlreadyExists(what=slug) from error
    _add(session, made, first, by)
    detail = {"slug": slug, "kind": kind, "for": made.institution.code if made.institution else ""}
    happening = auditlog.Happening(auditlog.person(by.id), "collection.created", subject(made), detail=detail)
    auditlog.record(session, happening)
    return made


def find(session: Session, collection_id: str, *, by: User) -> Collection:
    """A collection that the person may see. Raises `NotFound`."""
    wanted = select(Collection).where(Collection.id == collection_id).options(joinedload(Collection.institution))
    found = session.scalar(wanted)
    if found is None or not reads(by, found):
        raise NotFound()
    return found


def discard(session: Session, collection: Collection, *, by: User, based_on: int) -> None:
    """Throw a draft away that the public never saw; its address is free again. Raises `Forbidden`, `AlreadyDone`."""
    if not edits(by, collection):
        raise Forbidden()
    hold(session, collection, based_on=based_on)
    if collection.shown_revision is not None:
        raise AlreadyDone()
    session.execute(delete(CollectionRevision).where(CollectionRevision.collection_id == collection.id))
    session.delete(collection)
    session.flush()
    happening = auditlog.Happening(
        auditlog.person(by.id), "collection.discarded", subject(collection), detail={"slug": collection.slug}
    )
    auditlog.record(session, happening)


def how_many_wait(session: Session) -> int:
    """How many wait for the alliance to show them or send them back."""
    waiting = select(func.count()).select_from(Collection).where(Collection.proposed_revision.is_not(None))
    return session.scalar(waiting) or 0


def find_to_edit(session: Session, collection_id: str, *, by: User) -> Collection:
    """The same, for one who may change it. Raises `NotFound` or `Forbidden`."""
    found = find(session, collection_id, by=by)
    if not edits(by, found):
        raise Forbidden()
    return found


def revision(session: Session, collection: Collection, number: int) -> CollectionRevision:
    """One of its revisions. Raises `NotFound`."""
    found = session.get(CollectionRevision, (collection.id, number))
    if found is None:
        raise NotFound()
    return found


def latest(session: Session, collection: Collection) -> Content:
    """What its latest revision says."""
    return contents.read(revision(session, collection, collection.revision).content)


def hold(session: Session, collection: Collection, *, based_on: int) -> None:
    """Keep it from others to the end of the transaction. Raises `CollectionChanged` for who read another revision.

    Two editors who save the same revision come one after the other, and the second learns of the first.
    """
    session.refresh(collection, with_for_update={"of": Collection})
    if collection.revision != based_on:
        raise CollectionChanged(number=collection.revision)


def revise(session: Session, collection: Collection, said: Content, *, based_on: int, by: User) -> bool:
    """Write down a further revision; False when it says the same as the one before.

    What waited for the alliance is taken back: it judges the latest. Raises `Forbidden`, `CollectionChanged`, or
    `InvalidRequest` for a further resource that is not public.
    """
    if not edits(by, collection):
        raise Forbidden()
    hold(session, collection, based_on=based_on)
    before = latest(session, collection)
    if said.document() == before.document():
        return False
    _refuse_hidden(session, said, before.resource_ids)
    collection.proposed_revision = None
    kept = _add(session, collection, said, by)
    happening = auditlog.Happening(
        auditlog.person(by.id),
        "collection.revised",
        subject(collection),
        after=kept.sha256,
        detail={"revision": kept.number, "resources": len(said.items)},
    )
    auditlog.record(session, happening)
    return True


def resources_named(session: Session, text: str, *, origin: str) -> list[str]:
    """The ids of the public resources that a text names, by ARK or by address, one a line or after a blank.

    Raises `InvalidRequest` naming the first that is none.
    """
    words = text.split()[: MAX_ADDED + 1]
    if len(words) > MAX_ADDED:
        raise InvalidRequest(errors=[FieldError("/add", "too_many", {"max": MAX_ADDED, "length": len(text.split())})])
    arks = [catalogue.normal_ark(word) or oembed.ark_of(word, origin) for word in words]
    wanted = select(Resource.ark, Resource.id).where(Resource.ark.in_([ark for ark in arks if ark]))
    known = {one.ark: one.id for one in session.execute(wanted)}
    public = catalogue.public_among(session, list(known.values()))
    ids = [known.get(ark) for ark in arks]
    for word, resource_id in zip(words, ids, strict=True):
        if resource_id not in public:
            raise InvalidRequest(errors=[FieldError("/add", "no_resource_there", {"value": word[:80]})])
    return [one for one in ids if one is not None]


def subject(collection: Collection) -> str:
    """How the audit log calls it."""
    return f"collection:{collection.id}"


def listed(session: Session, *, by: User) -> Sequence[Draft]:
    """What the person may see in the workbench, what waits for the alliance first, then what changed last."""
    wanted = (
        select(Collection, CollectionRevision)
        .join(
            CollectionRevision,
            (CollectionRevision.collection_id == Collection.id) & (CollectionRevision.number == Collection.revision),
        )
        .options(joinedload(Collection.institution))
        .order_by(Collection.proposed_revision.is_(None), Collection.changed_at.desc(), Collection.id)
    )
    if not may(by, Permission.READ_DESK):
        wanted = wanted.where(Collection.institution_id == by.institution_id)
    return [Draft(collection, contents.read(kept.content)) for collection, kept in session.execute(wanted.limit(200))]


def standing_of(session: Session, resource_ids: Sequence[str]) -> dict[str, ResourceVersion]:
    """The version of each of these resources that is public, or was last: nothing of what waits for review."""
    last = select(ResourceVersion).join(FeedEntry, FeedEntry.version_id == ResourceVersion.id)
    wanted = last.where(FeedEntry.resource_id.in_(set(resource_ids)), FeedEntry.latest.is_not(False))
    loaded = joinedload(ResourceVersion.resource).joinedload(Resource.institution)
    return {one.resource_id: one for one in session.scalars(wanted.options(loaded))}


def _is_of(user: User, collection: Collection) -> bool:
    own = collection.institution_id is not None and user.institution_id == collection.institution_id
    return own and may(user, Permission.CURATE)


def _faults(kind: str, slug: str) -> list[FieldError]:
    faults: list[FieldError] = []
    if kind not in contents.KINDS:
        said = {"value": kind[:40], "vocabulary": "collections", "allowed": ", ".join(contents.KINDS)}
        faults.append(FieldError("/kind", "unknown_term", said))
    if len(slug) > MAX_SLUG or not SLUG.fullmatch(slug):
        faults.append(FieldError("/slug", "bad_code"))
    return faults


def _add(session: Session, collection: Collection, said: Content, by: User) -> CollectionRevision:
    document = said.document()
    collection.revision += 1
    collection.changed_at = now()
    kept = CollectionRevision(
        collection_id=collection.id,
        number=collection.revision,
        content=document,
        sha256=digest(canonical(document)),
        author_id=by.id,
    )
    session.add(kept)
    session.flush()
    return kept


def _refuse_hidden(session: Session, said: Content, before: Sequence[str]) -> None:
    """Raise `InvalidRequest` for a resource that is not public and was not there before: nobody learns of it here."""
    public = catalogue.public_among(session, said.resource_ids) | set(before)
    faults = [
        FieldError(f"/items/{number}/resource", "no_resource_there", {"value": one})
        for number, one in enumerate(said.resource_ids)
        if one not in public
    ]
    if faults:
        raise InvalidRequest(errors=faults)
