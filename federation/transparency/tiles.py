"""The tree and its entries as C2SP tlog-tiles has them: static pieces of 256, from which any proof is computed."""

from __future__ import annotations

import base64
import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from federation.models.auditing import AuditLeaf
from federation.models.events import AuditEvent
from federation.transparency import checkpoints
from federation.transparency.numbering import read_hashes
from shared.errors import NotFound
from shared.merkle import WIDTH, place_of

_PLACE = re.compile(r"((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
MAX_LEVEL = 63


def tile(session: Session, level: int, place: str) -> bytes:
    """The hashes of a tile; `place` is `<N>[.p/<W>]`. Raises `NotFound` for what no checkpoint covers."""
    low, high = _span(place)
    if level > MAX_LEVEL or high > checkpoints.latest(session).size // WIDTH**level:
        raise NotFound()
    return b"".join(read_hashes(session, level, low, high))


def bundle(session: Session, place: str) -> bytes:
    """The entries of a tile of level 0, each after its length in two bytes. Raises `NotFound` as `tile` does."""
    low, high = _span(place)
    if high > checkpoints.latest(session).size:
        raise NotFound()
    entries = (entry.encode() for entry in entries_between(session, low, high))
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def entries_between(session: Session, low: int, high: int) -> list[str]:
    """The entries at the places `[low, high)`, in their order."""
    found = select(AuditEvent.entry).join(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
    found = found.where(AuditLeaf.number >= low, AuditLeaf.number < high).order_by(AuditLeaf.number)
    return list(session.scalars(found))


def proof(session: Session, index: int) -> str:
    """An offline proof that the entry at `index` is in the log (C2SP tlog-proof), with the entry as its extra data.

    Raises `NotFound` for a place that no checkpoint covers yet.
    """
    checkpoint = checkpoints.holding(session, index)
    [entry] = entries_between(session, index, index + 1)
    path = checkpoints.tree(session, checkpoint.size).inclusion(index)
    lines = ["c2sp.org/tlog-proof@v1", f"extra {_to_base64(entry.encode())}", f"index {index}"]
    return "\n".join([*lines, *map(_to_base64, path), "", str(checkpoint)])


def _span(place: str) -> tuple[int, int]:
    found = _PLACE.fullmatch(place)
    width = int(found[2] or WIDTH) if found else 0
    if found is None or width > WIDTH or (found[2] and width == WIDTH):
        raise NotFound()
    number = int(found[1].replace("x", "").replace("/", ""))
    if place_of(number) != found[1]:
        raise NotFound()
    return number * WIDTH, number * WIDTH + width


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
