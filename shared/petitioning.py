"""What an institution asks of the alliance about one of its versions, as it crosses the wire (docs/protocol.md)."""

from __future__ import annotations

from datetime import timedelta

from shared.messages import OneOf
from shared.record import RecordId
from shared.validation import Many, Part, Said, Strict, Text, Whole

APPEAL, RENEWAL = "appeal", "renewal"
KINDS = (APPEAL, RENEWAL)
GRANTED, DISMISSED = "granted", "dismissed"
ABOUT = {APPEAL: ("changes_requested", "rejected", "taken_down"), RENEWAL: ("published", "expired")}
"""The states in which a version can be asked about."""
RENEWED_BEFORE = timedelta(days=60)
"""How long before the end of its term a renewal can be asked for."""
MAX_PETITIONS, MAX_TEXT = 100, 2000
"""Petitions in one message, and characters of one."""
ACCEPTED, DUPLICATE, REFUSED = "accepted", "duplicate", "refused"


class PetitionMessage(Strict):
    """One petition by the id that the node has minted: sent again it changes nothing."""

    petition_id = RecordId(required=True)
    record_id = RecordId(required=True)
    version = Whole(1, required=True)
    kind = OneOf(KINDS, required=True)
    text = Text(MAX_TEXT, required=True)


class PetitionsRequest(Strict):
    """Petitions of the node's institution."""

    petitions = Many(Part(PetitionMessage), MAX_PETITIONS, minimum=1, required=True)


class PetitionOutcome(Strict):
    """Whether one petition was taken; what the alliance says to it comes later, as a status event."""

    petition_id = RecordId(required=True)
    outcome = OneOf((ACCEPTED, DUPLICATE, REFUSED), required=True)
    code = Text(100)
    detail = Said(5000)


class PetitionsReply(Strict):
    """An outcome for each petition, in the order of the request."""

    petitions = Many(Part(PetitionOutcome), MAX_PETITIONS, required=True)
