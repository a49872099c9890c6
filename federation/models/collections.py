"""Collections and campaigns: what somebody chose from the catalogue, in order and with a word on each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from federation.models.base import Base, now
from federation.models.institutions import Institution
from federation.models.people import User


class Collection(Base):
    """A collection, or a campaign, by its random id; `slug` is its public address and never changes.

    `institution_id` is the institution that curates it, None for the alliance. `revision` is the number of the latest
    revision, `shown_revision` of the one that the public reads, `proposed_revision` of the one that waits for the
    alliance. `occasion` and the days are those of what is shown. `remark` is the last reason that the alliance gave,
    for those who curate; `hidden_because` the one that the public reads where the collection was.
    """

    __tablename__ = "collections"
    __table_args__ = (Index("ix_collections_state", "state", "ends_on"), Index("ix_collections_occasion", "occasion"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), default="draft")
    revision: Mapped[int] = mapped_column(default=0)
    proposed_revision: Mapped[int | None]
    shown_revision: Mapped[int | None]
    occasion: Mapped[str] = mapped_column(String(64), default="")
    begins_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    remark: Mapped[str] = mapped_column(Text, default="")
    hidden_because: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime] = mapped_column(default=now)
    shown_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(default=now)

    institution: Mapped[Institution | None] = relationship()


class CollectionRevision(Base):
    """One revision of a collection as `federation.collections.content` writes it; it is never changed."""

    __tablename__ = "collection_revisions"

    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(String(64))
    author_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(default=now)

    author: Mapped[User] = relationship()
