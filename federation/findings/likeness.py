"""Which published resources say nearly the same: MinHash over Chinese bigrams and words, found by bands.

Broder, "On the resemblance and containment of documents" (1997): two texts share a minimum of a random order of
their pieces as often as they share pieces. Bands of a few minima each (Leskovec, Rajaraman, Ullman, "Mining of
Massive Datasets", 3.4) let the database find the few that are worth comparing; those are compared piece by piece.

`text_bands` has the bands of what is public and follows the change feed, so that it can be made anew from it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from federation import sequences
from federation.models.base import insert_rows
from federation.models.events import Counter, FeedEntry
from federation.models.findings import TextBand
from federation.models.resources import ResourceVersion
from federation.publication import PUBLISHED
from federation.search.text import RUN, fold

ROWS, BANDS = 4, 10
"""Texts that share 8 pieces of 10 meet in a band with 99.5 %, those that share 1 of 10 with 0.1 %."""
NEAR = 0.6
"""Share of pieces from which two texts are called nearly the same."""
FEWEST_PIECES = 12
LONGEST = 4000
"""Characters of a text that are looked at."""
MOST_COMPARED, MOST_SAID = 20, 3
AT_A_TIME = 100
"""Changes that are taken up in one transaction."""
PRIME = (1 << 61) - 1


def _numbers(purpose: str) -> tuple[int, ...]:
    """Fixed random numbers, the same on every host and for ever: the bands are stored."""
    digests = (hashlib.sha256(f"{purpose} {number}".encode()).digest() for number in range(ROWS * BANDS))
    return tuple(1 + int.from_bytes(digest[:8], "big") % (PRIME - 1) for digest in digests)


FACTORS, SHIFTS = _numbers("factor"), _numbers("shift")


@dataclass(frozen=True)
class Like:
    """A published version that says nearly the same, and the share of pieces in common."""

    version: ResourceVersion
    share: float


@dataclass(frozen=True)
class News:
    """Changes of what is public that are to be taken up: where they start and end, and the bands of each resource."""

    start: int
    end: int
    bands: Mapping[str, Sequence[int]]


def pieces(record: Mapping[str, Any]) -> frozenset[int]:
    """The pieces of a record's title, summary and description: bigrams of Han characters, other words whole."""
    texts = [text for field in ("title", "summary", "description") for text in record.get(field, {}).values()]
    found: set[str] = set()
    for run in RUN.findall(fold("\n".join(texts)[:LONGEST])):
        found.update(map("".join, pairwise(run)) if not run.isascii() and len(run) > 1 else (run,))
    return frozenset(zlib.crc32(piece.encode()) for piece in found)


def bands(found: frozenset[int]) -> list[int]:
    """The bands of a text as signed numbers of 64 bits; none for one that is too short to say anything."""
    if len(found) < FEWEST_PIECES:
        return []
    minima = [
        min((factor * piece + shift) % PRIME for piece in found)
        for factor, shift in zip(FACTORS, SHIFTS, strict=True)
    ]
    rows = [minima[start : start + ROWS] for start in range(0, len(minima), ROWS)]
    digests = (hashlib.blake2b(repr(numbered).encode(), digest_size=8).digest() for numbered in enumerate(rows))
    return [int.from_bytes(digest, "big", signed=True) for digest in digests]


def share(one: frozenset[int], other: frozenset[int]) -> float:
    """Pieces in common, of all that either has (Jaccard); 0 to 1."""
    return len(one & other) / len(one | other) if one or other else 0.0


def alike(session: Session, records: Mapping[int, tuple[str, Mapping[str, Any]]]) -> dict[int, list[Like]]:
    """For each version (its resource and record): the public ones of other resources that say nearly the same.

    Two queries, however many are asked about.
    """
    mine = {number: pieces(record) for number, (_, record) in records.items()}
    wanted = {number: set(bands(found)) for number, found in mine.items()}
    meeting = _meeting(session, set().union(*wanted.values()) if wanted else set())
    candidates: dict[int, list[str]] = {}
    for number, (resource_id, _) in records.items():
        counts = Tally(other for band in wanted[number] for other in meeting.get(band, ()) if other != resource_id)
        candidates[number] = [other for other, _count in counts.most_common(MOST_COMPARED)]
    public = _public(session, {other for found in candidates.values() for other in found})
    texts = {resource_id: pieces(version.record) for resource_id, version in public.items()}
    found: dict[int, list[Like]] = {}
    for number, others in candidates.items():
        near = [Like(public[other], share(mine[number], texts[other])) for other in others if other in public]
        near = sorted((one for one in near if one.share >= NEAR), key=lambda one: -one.share)
        found[number] = near[:MOST_SAID]
    return found


def news(session: Session) -> News | None:
    """The next changes to take up, computed without holding anything; None when there are none."""
    start = session.scalar(select(Counter.value).where(Counter.name == sequences.LIKENESS)) or 0
    entries = session.execute(
        select(FeedEntry, ResourceVersion)
        .join(ResourceVersion, ResourceVersion.id == FeedEntry.version_id)
        .where(FeedEntry.seq > start)
        .order_by(FeedEntry.seq)
        .limit(AT_A_TIME)
    ).all()
    if not entries:
        return None
    found = {
        entry.resource_id: bands(pieces(version.record)) if entry.kind == PUBLISHED else []
        for entry, version in entries
        if entry.latest
    }
    return News(start, entries[-1][0].seq, found)


def take_up(session: Session, found: News) -> None:
    """Write the bands, unless another host was quicker."""
    taken = update(Counter).where(Counter.name == sequences.LIKENESS, Counter.value == found.start)
    done = session.execute(taken.values(value=found.end).returning(Counter.value)).first()
    if done is None:
        return
    session.execute(delete(TextBand).where(TextBand.resource_id.in_(found.bands)))
    rows = [
        {"resource_id": resource_id, "band": band}
        for resource_id, values in found.bands.items()
        for band in dict.fromkeys(values)
    ]
    insert_rows(session, TextBand, rows)


def _meeting(session: Session, wanted: set[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    query = select(TextBand.band, TextBand.resource_id).where(TextBand.band.in_(sorted(wanted)))
    for band, resource_id in session.execute(query):
        found.setdefault(band, []).append(resource_id)
    return found


def _public(session: Session, resource_ids: set[str]) -> dict[str, ResourceVersion]:
    query = (
        select(ResourceVersion)
        .join(FeedEntry, FeedEntry.version_id == ResourceVersion.id)
        .where(FeedEntry.latest, FeedEntry.kind == PUBLISHED, FeedEntry.resource_id.in_(sorted(resource_ids)))
    )
    return {version.resource_id: version for version in session.scalars(query)}
