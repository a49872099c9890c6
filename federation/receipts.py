"""The receipt for a bundle: what became of it, what happened at the hub since, and what the node has lost."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from federation import giving_back, node_status
from federation.bundles import Answers, Bundle, Work
from federation.giving_back import SIGN_BYTES
from federation.models.base import now
from federation.models.institutions import Node
from federation.settings import HubSettings
from federation.transparency.keys import log_keys
from shared.carrying import MAX_EVENT_BYTES, MAX_RECEIPT_EVENTS
from shared.messages import PROTOCOL
from shared.status_messages import MAX_EVENTS

EVENT_BYTES = 500
"""What an event takes beside its reason, at most."""


def receipt(work: Work, bundle: Bundle, answers: Answers, settings: HubSettings) -> dict[str, Any]:
    """The answers, what happened to the node's records after its cursor, and what it lacks (`BundleReceipt`)."""
    with work(read_only=True) as session:
        node = session.get_one(Node, bundle.said["node_id"])
        page = _news(session, node, after=bundle.said["after"])
        carried = {(answer["id"], answer["version"]) for answer in answers.records}
        held = giving_back.holdings(session, node, bundle.said["holdings"], carried=carried)
    return {
        "protocol": PROTOCOL,
        "bundle_id": bundle.id,
        "node_id": bundle.said["node_id"],
        "hub": settings.origin,
        "hub_key": log_keys(settings).jwk,
        "created": now().isoformat(timespec="seconds"),
        "records": answers.records,
        "files": answers.files,
        **({"words": answers.words} if answers.words is not None else {}),
        "holdings": held,
        "after": bundle.said["after"],
        **page,
    }


def _news(session: Session, node: Node, *, after: int) -> dict[str, Any]:
    """The node's events with a number above `after`, as many as go into one receipt (`StatusReply`).

    After the last one it goes on at the hub's own number, which is a later one if the hub was restored from a backup:
    a node without a network learns of that by the step, even before anything has happened.
    """
    number, room = node.event_seq, MAX_EVENT_BYTES
    events: list[dict[str, Any]] = []
    page: dict[str, Any] = {"last": after, "more": True}
    while page["more"] and room > 0 and len(events) + MAX_EVENTS <= MAX_RECEIPT_EVENTS:
        page = node_status.events_after(session, node.id, after=page["last"], limit=MAX_EVENTS)
        room -= sum(EVENT_BYTES + SIGN_BYTES * len(event["reason"]) for event in page["events"])
        events += page["events"]
    last = page["last"] if page["more"] else max(page["last"], number)
    return {"events": events, "last": last, "more": page["more"]}
