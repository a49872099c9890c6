"""What happened: the change feed, the nodes' status events, and the append-only audit log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base, now


class Counter(Base):
    """A named gapless sequence: the row's lock makes numbers follow the order of commits."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


class FeedEntry(Base):
    """One change of what is public: published (also a new version) or removed, by a gapless number.

    `latest` is true on the last entry of each resource, so that the catalogue reads the feed and nothing else.
    """

    __tablename__ = "change_feed"
    __table_args__ = (
        Index("ix_change_feed_resource", "resource_id", "seq"),
        Index("ix_change_feed_latest", "latest", "kind"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    resource_id: Mapped[str] = mapped_column(ForeignKey("resources.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("resource_versions.id"))
    kind: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text, default="")
    latest: Mapped[bool] = mapped_column(default=True)
    at: Mapped[datetime] = mapped_column(default=now)


class NodeEvent(Base):
    """A change that a node must learn of; `seq` is gapless for each node."""

    __tablename__ = "node_events"
    __table_args__ = (UniqueConstraint("node_id", "seq"), Index("ix_node_events_version", "resource_id", "version"))

    id: Mapped[int] = mapped_column(primary_key=True)
    node_id: Mapped[str] = mapped_column(ForeignKey("nodes.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    resource_id: Mapped[str] = mapped_column(String(36))
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text, default="")
    ark: Mapped[str] = mapped_column(String(64), default="")
    sha256: Mapped[str] = mapped_column(String(64), default="")
    question_id: Mapped[str] = mapped_column(String(36), default="", server_default="")
    feedback: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """Of which kind that question is, if the public asks it."""
    petition_id: Mapped[str] = mapped_column(String(36), default="", server_default="")
    petition: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """What became of that petition: granted or dismissed."""
    effective_on: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """The day on which the version becomes public, or ends being so."""
    at: Mapped[datetime] = mapped_column(default=now)


class AuditEvent(Base):
    """An entry of the audit log: its canonical JSON (`entry`) is what a Merkle leaf is made of.

    `seal` shows that the hub wrote it: whoever can only reach the database cannot make one. The database refuses
    UPDATE and DELETE here (triggers in the second migration). `person_id` is who did it, None for a machine, of which
    no index is kept: what nodes publish is most of the log.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index(
            "ix_audit_events_person",
            "person_id",
            "id",
            sqlite_where=text("person_id IS NOT NULL"),
            postgresql_where=text("person_id IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    action: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(120), index=True)
    person_id: Mapped[str | None] = mapped_column(String(36))
    entry: Mapped[str] = mapped_column(Text)
    seal: Mapped[str] = mapped_column(String(64))
