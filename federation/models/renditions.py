"""PDFs that the hub makes of office documents for looking at them, and the hosts that can make them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base, now


class Rendition(Base):
    """The PDF of a stored office document, or what is known of its making; `state` is waiting, ready or failed.

    `tries` counts the attempts that were begun and not let go. A worker that is at it holds it until `claimed_until`;
    with nobody at it, this is when the next attempt may begin. `size` is that of the PDF in bytes, `cause` says why
    there is none, and `maker` is the program that made it or could not.
    """

    __tablename__ = "renditions"
    __table_args__ = (Index("ix_renditions_state", "state", "wanted_at"),)

    sha256: Mapped[str] = mapped_column(ForeignKey("stored_objects.sha256"), primary_key=True)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    cause: Mapped[str] = mapped_column(String(20), default="")
    maker: Mapped[str] = mapped_column(String(100), default="")
    wanted_at: Mapped[datetime] = mapped_column(default=now)
    claimed_until: Mapped[datetime | None]


class Converter(Base):
    """A host with a worker: whether it can make renditions, and with what (`maker`).

    `hindrance` is empty when it can, else why not. `seen_at` is when its worker last said so.
    """

    __tablename__ = "converters"

    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    hindrance: Mapped[str] = mapped_column(String(20), default="")
    maker: Mapped[str] = mapped_column(String(100), default="")
    seen_at: Mapped[datetime] = mapped_column(default=now)
