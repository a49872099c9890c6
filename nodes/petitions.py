"""What the institution asks of the alliance: written down here, sent with the next round, answered later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from nodes.models import Petition, Resource, Version
from nodes.workplace import Workplace
from shared.characters import VISIBLE
from shared.errors import FieldError, InvalidRequest, NotFound, PetitionNotOpen, PetitionStands, ReasonMissing
from shared.identifiers import fresh_id
from shared.petitioning import ABOUT, KINDS, MAX_PETITIONS, MAX_TEXT, REFUSED, RENEWAL, RENEWED_BEFORE, PetitionsReply
from shared.validation import plain

if TYPE_CHECKING:
    from nodes.hub_client import HubClient


def make(session: Session, record_id: str, *, kind: str, text: str) -> Petition:
    """Write a petition about the newest version down, to be sent with the next round.

    Raises `NotFound` for a resource that there is not, `ReasonMissing`, `InvalidRequest` for a long text,
    `PetitionNotOpen` when the newest version leaves nothing to ask for, or `PetitionStands`.
    """
    resource = session.get(Resource, record_id)
    if resource is None:
        raise NotFound()
    version = session.get_one(Version, (record_id, resource.latest_version))
    text = plain(text).strip()
    if not VISIBLE.search(text):
        raise ReasonMissing()
    if len(text) > MAX_TEXT:
        raise InvalidRequest(errors=[FieldError("/text", "too_long", {"max": MAX_TEXT, "length": len(text)})])
    if kind not in open_kinds(version):
        raise PetitionNotOpen(days=RENEWED_BEFORE.days)
    if _waits(session, version, kind):
        raise PetitionStands()
    found = Petition(id=fresh_id(), resource_id=record_id, number=version.number, kind=kind, text=text)
    session.add(found)
    session.flush()
    return found


def open_kinds(version: Version) -> list[str]:
    """What can be asked for about a version as the hub last spoke of it; whether its term ends soon the hub knows."""
    return [kind for kind in KINDS if version.state in ABOUT[kind] and (kind != RENEWAL or _has_term(version))]


def of_resource(session: Session, record_id: str) -> list[Petition]:
    """All petitions about a resource, the latest first."""
    query = select(Petition).where(Petition.resource_id == record_id)
    return list(session.scalars(query.order_by(Petition.made_at.desc(), Petition.id)))


def recent(session: Session, *, limit: int) -> list[Petition]:
    """The last petitions, about whichever resources."""
    return list(session.scalars(select(Petition).order_by(Petition.made_at.desc(), Petition.id).limit(limit)))


def note(session: Session, events: Sequence[Mapping[str, Any]]) -> None:
    """Note the answers among status events; one to a petition that this node has lost is passed over."""
    for event in events:
        if event.get("petition_id"):
            said = {"outcome": event.get("petition", ""), "reason": event.get("reason", ""), "sent": True}
            session.execute(update(Petition).where(Petition.id == event["petition_id"]).values(**said))


def send(workplace: Workplace, client: HubClient) -> int:
    """Send the petitions that the hub does not have; how many it has taken. It may be repeated at any point."""
    taken = 0
    while True:
        with workplace.database.unit_of_work(read_only=True) as session:
            asked = unsent(session)
        if not asked:
            return taken
        reply = client.ask("/petitions", {"petitions": asked}, PetitionsReply)["petitions"]
        with workplace.database.unit_of_work() as session:
            taken += note_outcomes(session, reply)


def unsent(session: Session) -> list[dict[str, Any]]:
    """Petitions that the hub does not have, as many as one message takes (`PetitionMessage`)."""
    found = select(Petition).where(~Petition.sent).order_by(Petition.id).limit(MAX_PETITIONS)
    return [
        {
            "petition_id": one.id,
            "record_id": one.resource_id,
            "version": one.number,
            "kind": one.kind,
            "text": one.text,
        }
        for one in session.scalars(found)
    ]


def send_again(session: Session) -> int:
    """Let the unanswered ones go out once more, to a hub that may have lost some; how many."""
    sent = update(Petition).where(Petition.sent, Petition.outcome == "").values(sent=False).returning(Petition.id)
    return len(session.scalars(sent, execution_options={"synchronize_session": False}).all())


def note_outcomes(session: Session, reply: Sequence[Mapping[str, str]]) -> int:
    """Note whether the hub has taken petitions; how many it has. One that this node has lost is passed over."""
    for said in reply:
        known = session.get(Petition, said["petition_id"])
        if known is not None:
            known.sent = True
            if said["outcome"] == REFUSED:
                known.outcome, known.reason = REFUSED, said.get("detail", "")
    return sum(said["outcome"] != REFUSED for said in reply)


def _has_term(version: Version) -> bool:
    return version.state == "expired" or bool(version.effective_on)


def _waits(session: Session, version: Version, kind: str) -> bool:
    same = (Petition.resource_id == version.resource_id, Petition.number == version.number, Petition.kind == kind)
    unanswered = select(Petition.id).where(*same, Petition.outcome == "")
    return session.scalar(unanswered.limit(1)) is not None
