"""The node's tables for batches: a table that was uploaded and what became of it, and the mappings it remembers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from nodes.models import Base, now

READING, MAPPING, CHECKED, REGISTERING, DONE, FAILED = (
    "reading",
    "mapping",
    "checked",
    "registering",
    "done",
    "failed",
)
"""Where a batch stands: being looked at, waiting for its columns to be assigned, previewed, being registered,
registered, or not readable as a whole."""
AT_WORK = (READING, REGISTERING)


class RememberedMapping(Base):
    """How tables with one set of headings are read: `choices` are those of the mapping screen."""

    __tablename__ = "remembered_mappings"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    headings: Mapped[list[Any]]
    choices: Mapped[dict[str, Any]]
    made_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime] = mapped_column(default=now)


class Batch(Base):
    """One table with its files, from the upload to the registration.

    `source` with a row's identifier says which resource the row is; with `source_given` a person chose it. `folder`
    is where the files lie. `seen` is what the table holds (see `nodes.importers.surveys`), `counts` what its rows
    would become or became, `preview` the first rows, `faults` the first rows with faults. `error` has a sentence for
    each language when the whole could not be read.
    """

    __tablename__ = "batches"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    source: Mapped[str] = mapped_column(String(200), default="")
    source_given: Mapped[bool] = mapped_column(default=False)
    folder: Mapped[str] = mapped_column(Text, default="")
    phase: Mapped[str] = mapped_column(String(12), default=READING)
    mapping_id: Mapped[int | None] = mapped_column(ForeignKey("remembered_mappings.id", ondelete="SET NULL"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    beat_at: Mapped[datetime] = mapped_column(default=now)
    rows_done: Mapped[int] = mapped_column(default=0)
    seen: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    preview: Mapped[list[Any]] = mapped_column(default=list)
    faults: Mapped[list[Any]] = mapped_column(default=list)
    error: Mapped[dict[str, Any]] = mapped_column(default=dict)
