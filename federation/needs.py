"""Which files the hub wants of a node: what waiting versions name and the store does not hold soundly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from federation.models.institutions import Node
from federation.models.objects import StoredObject
from federation.models.resources import Resource, ResourceVersion, VersionFile
from shared.errors import CommonsError, FileNotDeclared, FileTooLarge

WAITING = ("awaiting_files", "verifying")


@dataclass(frozen=True)
class Wanted:
    """A file that a node offers: SHA-256 and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Need:
    """What the hub keeps of some files, and which its institution's waiting versions name: SHA-256 and size."""

    stored: Mapping[str, int]
    declared: frozenset[tuple[str, int]]
    damaged: frozenset[str]
    max_file_bytes: int

    @classmethod
    def of(cls, session: Session, node: Node, digests: Sequence[str], *, max_file_bytes: int) -> Need:
        """What there is to know of the files with these digests."""
        found = list(session.scalars(select(StoredObject).where(StoredObject.sha256.in_(digests))))
        damaged = frozenset(one.sha256 for one in found if not one.sound)
        stored = {one.sha256: one.size for one in found if one.held}
        return cls(stored, _declared(session, node, digests, damaged=damaged), damaged, max_file_bytes)

    def sizes(self, sha256: str) -> set[int]:
        """The sizes that waiting versions give for this file; none when nobody awaits it."""
        return {size for declared, size in self.declared if declared == sha256}

    def has(self, offer: Wanted) -> bool:
        """Whether the hub keeps this file. Raises `FileNotDeclared` or `FileTooLarge` when it does not want it."""
        if self.stored.get(offer.sha256) == offer.size:
            return True
        if (offer.sha256, offer.size) not in self.declared:
            raise FileNotDeclared(sha256=offer.sha256)
        # A damaged copy was within the limit when it came: one that was lowered since must not keep it from healing.
        if offer.size > self.max_file_bytes and offer.sha256 not in self.damaged:
            raise FileTooLarge(limit=self.max_file_bytes, size=offer.size)
        return False

    def wants(self, offer: Wanted) -> bool:
        """Whether a node is to send this file."""
        try:
            return not self.has(offer)
        except CommonsError:
            return False


def _declared(
    session: Session, node: Node, digests: Sequence[str], *, damaged: Set[str]
) -> frozenset[tuple[str, int]]:
    """Which of these files waiting versions of the node's institution name, each with every size that is given.

    Whoever ever named a file whose copy here is damaged may bring it again.
    """
    rows = session.execute(
        select(VersionFile.sha256, VersionFile.size)
        .join(ResourceVersion)
        .join(Resource)
        .where(
            VersionFile.sha256.in_(digests),
            Resource.institution_id == node.institution_id,
            or_(ResourceVersion.state.in_(WAITING), VersionFile.sha256.in_(damaged)),
        )
    )
    return frozenset((row.sha256, row.size) for row in rows)
