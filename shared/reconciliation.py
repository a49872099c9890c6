"""Proving that two sides hold the same: 256 digests over (record id, version, digest, state).

Each side puts its versions into buckets by the last byte of the record id (random in a UUIDv7), writes one line a
version, sorts the lines, and hashes each bucket. Equal digests prove equal content; unequal ones name the few
buckets that must be looked at (docs/protocol.md, 对账).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

BUCKETS = 256


class Item(NamedTuple):
    """One version as both sides must know it; `state` is the hub's word for it."""

    record_id: str
    version: int
    sha256: str
    state: str


def bucket_of(record_id: str) -> int:
    """The bucket of a record: the last byte of its id."""
    return int(record_id[-2:], 16)


def bucket_digests(items: Iterable[tuple[str, int, str, str]]) -> list[str]:
    """The SHA-256 of each bucket, as hexadecimal; the order of `items` does not matter."""
    lines: list[list[str]] = [[] for _ in range(BUCKETS)]
    for record_id, version, sha256, state in items:
        lines[int(record_id[-2:], 16)].append(f"{record_id} {version} {sha256} {state}\n")
    return [hashlib.sha256("".join(sorted(bucket)).encode("ascii")).hexdigest() for bucket in lines]


def content_digests(items: Iterable[tuple[str, int, str]]) -> list[str]:
    """The same of contents alone (record id, version, digest), the state left empty.

    So two compare that exchange bags: what happened since the last one would make every state another.
    """
    return bucket_digests((record_id, version, sha256, "") for record_id, version, sha256 in items)


def overall_digest(digests: Sequence[str]) -> str:
    """One digest for all: the SHA-256 over the buckets' digests, a line each."""
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode("ascii")).hexdigest()


def differing(ours: Sequence[str], theirs: Sequence[str]) -> list[int]:
    """The buckets whose digests are not the same."""
    return [number for number, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1]]
