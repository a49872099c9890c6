"""The node's table of sources: where resources are fetched from again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from nodes.models import Base, now


class HarvestSource(Base):
    """Somewhere that resources are fetched from again and again, how far that is, and what the last harvest came to.

    `kind` is oai, feed, page or folder; `name` is that of the `Source` of its resources, `title` is for people.
    `options` are those of `nodes.sources.Options`; `minutes` are between harvests by themselves, 0 for none. `place`
    is how far it was harvested, as each kind keeps it. `good` is None until a harvest has ended; `error` has a
    sentence for each language when it failed.
    """

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(300), default="")
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    minutes: Mapped[int] = mapped_column(default=0)
    paused: Mapped[bool] = mapped_column(default=False)
    place: Mapped[dict[str, Any]] = mapped_column(default=dict)
    added_at: Mapped[datetime] = mapped_column(default=now)
    begun_by: Mapped[str] = mapped_column(String(10), default="")
    started_at: Mapped[datetime | None]
    beat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    good: Mapped[bool | None]
    outcome: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[dict[str, Any]] = mapped_column(default=dict)
