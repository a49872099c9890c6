"""Pictures that the hub makes of stored files, and the beginnings of those that are text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base, now


class Derivative(Base):
    """What was made of a stored object for looking at it; `state` is waiting, ready, stale (shown, and
    waiting to be made anew) or failed.

    `kind` says what is made: pictures of a picture, of pages or of a film, or the head of a text. `pictures` are
    name, width, height, offset and length of each in the ZIP beside the object, of `size` bytes. `facts` are width,
    height, pages and whether it moves; of a text its charset and whether `head` is all of it. `recipe` is the number
    of the way in which it was made. `tries`, `claimed_until`, `cause` and `maker` are as those of a rendition.
    """

    __tablename__ = "derivatives"
    __table_args__ = (Index("ix_derivatives_state", "state", "wanted_at"),)

    sha256: Mapped[str] = mapped_column(ForeignKey("stored_objects.sha256"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    recipe: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    cause: Mapped[str] = mapped_column(String(20), default="")
    maker: Mapped[str] = mapped_column(String(100), default="")
    pictures: Mapped[list[Any]] = mapped_column(default=list)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    head: Mapped[str] = mapped_column(Text, default="", deferred=True)
    wanted_at: Mapped[datetime] = mapped_column(default=now)
    claimed_until: Mapped[datetime | None]
