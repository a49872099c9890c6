"""What a node is told of its records, as it crosses the wire (docs/protocol.md)."""

from __future__ import annotations

from shared.feedback import FEEDBACK_WORDS
from shared.messages import Flag, OneOf
from shared.petitioning import DISMISSED, GRANTED
from shared.record import ONE_DAY, Day, RecordId
from shared.validation import Many, Part, Said, Strict, Text, Whole

MAX_EVENTS = 500


class StatusEvent(Strict):
    """Something happened to a record of this node; `seq` has no gaps."""

    seq = Whole(1, required=True)
    at = Text(40, required=True)
    record_id = RecordId(required=True)
    version = Whole(1, required=True)
    state = Text(40, required=True)
    reason = Said(5000, minimum=0)
    ark = Text(100)
    sha256 = Text(64)
    question_id = Text(36)
    feedback = OneOf(FEEDBACK_WORDS)
    petition_id = Text(36)
    petition = OneOf((GRANTED, DISMISSED))
    effective_on = Day(10, pattern=ONE_DAY)


class StatusReply(Strict):
    """Events after the cursor, oldest first; ask again after `last` while `more`."""

    events = Many(Part(StatusEvent), MAX_EVENTS, required=True)
    last = Whole(0, required=True)
    more = Flag(required=True)
