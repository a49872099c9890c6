"""Resumption tokens (OAI-PMH 2.0 §3.5): all that the next part needs, sealed, so that the hub remembers nothing.

A token holds the verb, the format, the stretch of the feed that is left (from its place to the last entry of what
`from` and `until` let in, within one set, as of the snapshot), how many records came before it and how many there are
in all. It may be used again and again while it lasts, and always gives the same records.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from federation import sealing
from federation.feed_sets import Stretch
from federation.interop.oai_pmh import faults
from federation.interop.oai_pmh.faults import Refused

LIFE = timedelta(hours=48)
"""At least a day (DRIVER guidelines), so that a harvest outlasts a night in which either side is down."""
PURPOSE = "oai-pmh resumption token"


@dataclass(frozen=True)
class Place:
    """Where a list goes on."""

    verb: str
    prefix: str
    stretch: Stretch
    cursor: int
    size: int


def seal(place: Place, *, secret_key: str) -> str:
    """The token for a place in a list."""
    left = place.stretch
    values = [
        *(place.verb, place.prefix, place.cursor, place.size),
        *(left.set_spec, left.first, left.last, left.snapshot),
    ]
    return sealing.seal(json.dumps(values, separators=(",", ":")), secret_key=secret_key, purpose=PURPOSE)


def unseal(token: str, *, verb: str, secret_key: str) -> Place:
    """The place of a token. Raises `Refused` for what this hub has not given for this verb, or long ago."""
    try:
        text = sealing.unseal(token, secret_key=secret_key, purpose=PURPOSE, within=int(LIFE.total_seconds()))
    except sealing.CannotUnseal as error:
        raise Refused(faults.bad_token()) from error
    of, prefix, cursor, size, *stretch = json.loads(text)
    if of != verb:
        raise Refused(faults.bad_token())
    return Place(of, prefix, Stretch(*stretch), cursor, size)
