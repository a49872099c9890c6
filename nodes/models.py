"""The node's tables: its membership, its resources and their versions, and what is to be sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import JSON, TypeDecorator

from nodes import acting

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

    `title`, `kind`, `state` and `changed_at` say again what the latest version says, so that lists and counts need
    not look into the records. The database itself writes them, by the triggers of migration 0011: nobody else does. A
    migration that makes one of the two tables anew (as Alembic's batch mode may) must make the triggers anew, too.
    """

    __tablename__ = "resources"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index("ix_resources_changed", "changed_at", "id"),
        Index("ix_resources_state", "state", "changed_at", "id"),
        Index("ix_resources_kind", "kind", "changed_at", "id"),
        Index("ix_resources_source", "source", "changed_at", "id"),
        Index("ix_resources_created", "created_at", "id"),
        Index("ix_resources_title", "title", "id"),
        Index("ix_resources_ark", "ark"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    latest_version: Mapped[int] = mapped_column(default=1)
    source: Mapped[str | None] = mapped_column(String(200))
    source_id: Mapped[str | None] = mapped_column(String(500))
    ark: Mapped[str] = mapped_column(String(100), default="")
    elsewhere: Mapped[bool] = mapped_column(default=False)
    restored: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    title: Mapped[str] = mapped_column(Text, default="", server_default="")
    """The titles in all languages, the Chinese one first, divided by line feeds."""
    kind: Mapped[str] = mapped_column(String(64), default="", server_default="")
    state: Mapped[str] = mapped_column(String(20), default="", server_default="")
    changed_at: Mapped[datetime | None]


class Version(Base):
    """One signed version and what the hub last said of it."""

    __tablename__ = "versions"
    __table_args__ = (Index("ix_versions_term", "state", "effective_on", sqlite_where=text("effective_on != ''")),)

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
    registered_by: Mapped[str] = mapped_column(String(64), default=acting.name, server_default="")
    """Who registered it, by the name of their account; empty where there are no accounts."""

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
    __table_args__ = (
        Index("ix_questions_resource", "resource_id"),
        Index("ix_questions_open", "asked_at", "id", sqlite_where=text("answer = ''")),
        Index("ix_questions_asked", "asked_at", "id"),
    )

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
    answered_by: Mapped[str] = mapped_column(String(64), default="", server_default="")


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
    made_by: Mapped[str] = mapped_column(String(64), default=acting.name, server_default="")


class UseCount(Base):
    """How often the public used a resource, as the hub last counted."""

    __tablename__ = "use_counts"
    __table_args__ = (Index("ix_use_counts_together", text("(views + downloads)"), "resource_id"),)

    resource_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    views: Mapped[int]
    downloads: Mapped[int]


class LocalFile(Base):
    """Where the bytes with a SHA-256 lie on this machine, how the file looked when read, and how far it is sent.

    `resource_id` is the resource that registered it last; empty when that is not known. `priority` (see `Priority`)
    and `paused` are a person's word. `arrived` bytes are at the hub as far as it has said or the store confirmed.
    While the file is being sent, `beat_at` is renewed every second: then `passing` bytes of parts are on their way,
    and `rate` is the speed of the last seconds in bytes a second. Otherwise these two mean nothing.
    """

    __tablename__ = "local_files"
    __table_args__ = (
        # The last two only so that counting reads nothing else.
        Index("ix_local_files_queue", "sent", "priority", "size", "sha256", "paused", "arrived"),
        Index("ix_local_files_sent_at", "sent_at"),
        Index("ix_local_files_problem", "path", sqlite_where=text("problem != ''")),
        Index("ix_local_files_path", "path"),
        Index("ix_local_files_beat", "beat_at", sqlite_where=text("beat_at IS NOT NULL")),
    )

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    path: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    sent: Mapped[bool] = mapped_column(default=False)
    problem: Mapped[str] = mapped_column(Text, default="")
    resource_id: Mapped[str] = mapped_column(String(36), default="", server_default="")
    priority: Mapped[int] = mapped_column(default=1, server_default="1")
    paused: Mapped[bool] = mapped_column(default=False, server_default=false())
    arrived: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    passing: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    rate: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    beat_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]

    @property
    def percent(self) -> int:
        """How much of it the hub has, in whole per cent."""
        return 100 if self.sent or not self.size else min(99, self.arrived * 100 // self.size)


class Priority(IntEnum):
    """When a file's turn is, before its size counts."""

    FIRST, NORMAL, LAST = range(3)


class Line(Base):
    """How this node uses its line (one row, which is always there).

    `paused` stops all files. `limits` are the windows of `nodes.limits` that were set in the page, None while those
    of the settings hold. While files are being sent, `beat_at` is renewed every second and `rate` is the speed of the
    last seconds, of all files together, in bytes a second.
    """

    __tablename__ = "line"

    id: Mapped[int] = mapped_column(primary_key=True)
    paused: Mapped[bool] = mapped_column(default=False)
    limits: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    rate: Mapped[int] = mapped_column(BigInteger, default=0)
    beat_at: Mapped[datetime | None]


class Account(Base):
    """A person of the institution who signs in to the page; `stamp` changes with the password and ends sessions."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(10))
    password: Mapped[str] = mapped_column(String(255))
    """As `werkzeug.security` writes it: the method, its parameters, the salt and the digest."""
    stamp: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(default=now)


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
