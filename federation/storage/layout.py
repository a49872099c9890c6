"""Where objects stand in the store and how a file is cut into parts.

S3 allows 1 to 10,000 parts of 5 MiB to 5 GiB; only the last may be smaller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from federation.storage.errors import PartOutOfRange, TooManyParts
from federation.storage.settings import MIB

MAX_PARTS = 10_000
MIN_PART = 5 * MIB
MAX_PART = 5 * 1024 * MIB
INCOMING_PREFIX = "uploads/"
KEPT_PREFIX = "sha256/"
RENDITION_PREFIX, RENDITION_SUFFIX = "renditions/", ".pdf"
DERIVATIVE_PREFIX, DERIVATIVE_SUFFIX = "derivatives/", ".zip"
DUMP_PREFIX = "dumps/"

_DIGEST = re.compile(r"[0-9a-f]{64}")
_UPLOAD_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,127}")


@dataclass(frozen=True)
class PartGrant:
    """Leave to send one part: PUT `size` bytes of the file from `offset` to `url`."""

    number: int
    url: str
    offset: int
    size: int


@dataclass(frozen=True)
class PartDone:
    """One part that the store holds."""

    number: int
    size: int
    etag: str


def incoming_key(upload_id: str) -> str:
    """Key of what is sent under an upload; `upload_id` is the hub's own, never the sender's words."""
    if not _UPLOAD_ID.fullmatch(upload_id):
        raise ValueError("an upload id has letters, digits, - and _ only")
    return INCOMING_PREFIX + upload_id


def is_digest(text: str) -> bool:
    """Whether this is a SHA-256 as keys have it."""
    return _DIGEST.fullmatch(text) is not None


def kept_key(sha256: str) -> str:
    """Content-addressed key of verified bytes: `sha256/ab/cd/<64 hexadecimal digits>`."""
    if not _DIGEST.fullmatch(sha256):
        raise ValueError("a digest is 64 lower-case hexadecimal digits")
    return f"{KEPT_PREFIX}{sha256[:2]}/{sha256[2:4]}/{sha256}"


def rendition_key(sha256: str) -> str:
    """Key of the PDF made of the document with that digest: `renditions/ab/cd/<64 hexadecimal digits>.pdf`."""
    return RENDITION_PREFIX + kept_key(sha256).removeprefix(KEPT_PREFIX) + RENDITION_SUFFIX


def derivative_key(sha256: str) -> str:
    """Key of the pictures made of the object with that digest: `derivatives/ab/cd/<64 hexadecimal digits>.zip`."""
    return DERIVATIVE_PREFIX + kept_key(sha256).removeprefix(KEPT_PREFIX) + DERIVATIVE_SUFFIX


def dump_key(sha256: str) -> str:
    """Key of a dump of the catalogue with that digest: `dumps/<64 hexadecimal digits>`."""
    if not _DIGEST.fullmatch(sha256):
        raise ValueError("a digest is 64 lower-case hexadecimal digits")
    return DUMP_PREFIX + sha256


def part_size_for(size: int, *, preferred: int = 16 * MIB) -> int:
    """Bytes of each part but the last for a file of `size` bytes: whole MiB, `preferred` if it suffices.

    Raises TooManyParts above 10,000 times 5 GiB.
    """
    least = -(-size // MAX_PARTS)
    whole = -(-least // MIB) * MIB
    chosen = max(preferred, MIN_PART, whole)
    if chosen > MAX_PART:
        raise TooManyParts(size)
    return chosen


def part_count(size: int, part_size: int) -> int:
    """Number of parts; an empty file has one, which is empty."""
    return max(1, -(-size // part_size))


def part_span(number: int, *, size: int, part_size: int) -> tuple[int, int]:
    """Offset and length in bytes of part `number`, counted from 1; raises PartOutOfRange."""
    count = part_count(size, part_size)
    if not 1 <= number <= count:
        raise PartOutOfRange(number, count)
    offset = (number - 1) * part_size
    return offset, min(part_size, size - offset)


def missing_parts(parts: Iterable[PartDone], *, size: int, part_size: int) -> tuple[int, ...]:
    """Numbers of the parts that are not there or have not the length that they must have."""
    held = {part.number: part.size for part in parts}
    numbers = range(1, part_count(size, part_size) + 1)
    return tuple(n for n in numbers if held.get(n) != part_span(n, size=size, part_size=part_size)[1])
