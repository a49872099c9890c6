"""How often the public used an institution's resources, as it crosses the wire (docs/protocol.md)."""

from __future__ import annotations

from shared.messages import Flag
from shared.record import RecordId
from shared.validation import Many, Part, Strict, Text, Whole

MAX_USES = 1000


class UsesRequest(Strict):
    """The resources after that one, in the order of their ids; from the first on without it."""

    after = RecordId()


class UseCount(Strict):
    """How often one resource was used since it is public, by the rules of COUNTER 5.1 (docs/architecture.md)."""

    record_id = RecordId(required=True)
    views = Whole(0, required=True)
    downloads = Whole(0, required=True)


class UsesReply(Strict):
    """Resources of the institution that were used at all, and when they were counted; ask on while `more`."""

    uses = Many(Part(UseCount), MAX_USES, required=True)
    counted_at = Text(40, required=True)
    more = Flag(required=True)
