"""The node's tables: its membership, its resources and their versions, and what is to be sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, ForeignKey, MetaData, String, Text, UniqueConstraint, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import JSON, TypeDecorator

REGISTERED = "registered"
"""The state of a version that the hub has not answered yet; every other state is the hub's own word."""
REFUSED = "refused"
"""The state of a version that the hub did not take; its errors say why."""


class Instant(TypeDecorator[datetime]):
    """A moment, always aware and UTC in Python."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From SQLite, which keeps no zone."""
        return value.replace(tzinfo=UTC) if value is not None else None


class Base(DeclarativeBase):
    """Parent of the node's tables."""

    metadata = MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"})
    type_annotation_map = {datetime: Instant, dict[str, Any]: JSON, list[Any]: JSON}


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


class Membership(Base):
    """The hub that this node has joined (one row), and how far it has read the hub's events.

    It has asked not to be asked for anything before `held_until`, because of `held_for`.
    """

    __tablename__ = "membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column(String(2048))
    node_id: Mapped[str] = mapped_column(String(36))
    institution_code: Mapped[str] = mapped_column(String(64))
    institution_name: Mapped[dict[str, Any]]
    hub_name: Mapped[dict[str, Any]]
    batch_records: Mapped[int]
    batch_bytes: Mapped[int]
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    cursor: Mapped[int] = mapped_column(default=0)
    joined_at: Mapped[datetime] = mapped_column(default=now)
    synced_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    """When the hub last counted how often the public used what is ours."""
    held_until: Mapped[datetime | None]
    held_for: Mapped[str] = mapped_column(Text, default="")


class Resource(Base):
    """A resource by its record id; `source` and `source_id` say where an importer found it.

    `elsewhere` is true when another node of the institution has published it since: that node compares it.
    `restored` is true when it came back from the hub, without the memory of where an importer had found it.
    """

    __tablename__ = "resources"
    __table_args__ = (UniqueConstraint("source", "source_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    latest_version: Mapped[int] = mapped_column(default=1)
    source: Mapped[str | None] = mapped_column(String(200))
    source_id: Mapped[str | None] = mapped_column(String(500))
    ark: Mapped[str] = mapped_column(String(100), default="")
    elsewhere: Mapped[bool] = mapped_column(default=False)
    restored: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Version(Base):
    """One signed version and what the hub last said of it."""

    __tablename__ = "versions"

    resource_id: Mapped[str] = mapped_column(ForeignKey("resources.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    record: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    jws: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), default=REGISTERED, index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    effective_on: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """The day on which the hub makes it public, or ends that; empty for none."""
    errors: Mapped[list[Any]] = mapped_column(default=list)
    registered_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)

    resource: Mapped[Resource] = relationship()

    @property
    def content(self) -> dict[str, Any]:
        """The record as a dictionary."""
        found: dict[str, Any] = json.loads(self.record)
        return found


class Question(Base):
    """A question on a version, and the answer given here; `sent` once the hub has answered to it.

    A reviewer asks it; or the public, then `feedback` says of which kind it is, and with `private` its answer is for
    the alliance alone. `problem` is the hub's word for an answer that it did not take: `conflict` (another stands)
    or `unknown`; or `hidden`, when the alliance has taken it away from the public.
    """

    __tablename__ = "questions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    resource_id: Mapped[str] = mapped_column(String(36))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]
    sent: Mapped[bool] = mapped_column(default=False)
    problem: Mapped[str] = mapped_column(String(20), default="")
    feedback: Mapped[str] = mapped_column(String(10), default="", server_default="")
    private: Mapped[bool] = mapped_column(default=False, server_default=false())


class Petition(Base):
    """What the institution asks of the alliance about a version; `sent` once the hub has taken or refused it.

    `outcome` is empty while the alliance has not answered, then granted or dismissed, or refused by the hub itself;
    `reason` says why.
    """

    __tablename__ = "petitions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    resource_id: Mapped[str] = mapped_column(String(36), index=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(default=now)
    sent: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str] = mapped_column(String(10), default="")
    reason: Mapped[str] = mapped_column(Text, default="")


class UseCount(Base):
    """How often the public used a resource, as the hub last counted."""

    __tablename__ = "use_counts"

    resource_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    views: Mapped[int]
    downloads: Mapped[int]


class LocalFile(Base):
    """Where the bytes with a SHA-256 lie on this machine, and how the file looked when it was read."""

    __tablename__ = "local_files"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    path: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    sent: Mapped[bool] = mapped_column(default=False, index=True)
    problem: Mapped[str] = mapped_column(Text, default="")


class FormDraft(Base):
    """A form that somebody has begun and not registered yet: everything typed, as the browser sent it.

    It becomes the version after `after` of the record (0: a new resource). `revision` counts how often it was
    saved: who saves over what another has saved since is told so.
    """

    __tablename__ = "form_drafts"

    record_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    after: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    title: Mapped[str] = mapped_column(Text, default="")
    form: Mapped[dict[str, Any]]
    """The values of each field by its name."""
    saved_at: Mapped[datetime] = mapped_column(default=now, index=True)


class Upload(Base):
    """A file that a form has brought: measured when all of it was here (until then `sha256` is empty).

    `facts` are what was read from it (`nodes.extraction`), empty until then.
    """

    __tablename__ = "form_uploads"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    mtime_ns: Mapped[int] = mapped_column(BigInteger, default=0)
    media_type: Mapped[str] = mapped_column(String(255), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class OutboxEntry(Base):
    """A version that is to be sent; written in the transaction that registers it, gone when the hub has answered."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    resource_id: Mapped[str] = mapped_column(String(36))
    number: Mapped[int]


@dataclass
class Task:
    """A part of a round by its name: how many steps of how many are done."""

    name: str
    total: int
    done: int = 0

    @property
    def percent(self) -> int:
        """Whole per cent, at most 100."""
        return min(100, self.done * 100 // self.total) if self.total else 100


class Round(Base):
    """One round with the hub: who began it, how far it is while it runs, and what it came to.

    `kind` is sync or reconcile; `begun_by` is command, page or schedule. `tasks` are the fields of each `Task`.
    `good` is None until it has ended; `error` has a sentence for each language when it failed.
    """

    __tablename__ = "rounds"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    begun_by: Mapped[str] = mapped_column(String(10))
    started_at: Mapped[datetime] = mapped_column(default=now)
    beat_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    tasks: Mapped[list[Any]] = mapped_column(default=list)
    good: Mapped[bool | None]
    outcome: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Reconciliation(Base):
    """The last comparison with the hub (one row): what each held, what differed, and when both were last equal."""

    __tablename__ = "reconciliation"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    node_count: Mapped[int]
    hub_count: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    differing: Mapped[int]
    findings: Mapped[list[Any]] = mapped_column(default=list)
    equal_at: Mapped[datetime | None]

    @property
    def equal(self) -> bool:
        """Whether the last comparison found no difference."""
        return self.differing == 0
