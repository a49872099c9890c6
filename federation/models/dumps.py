"""The dumps of the whole public catalogue."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base


class Dump(Base):
    """The newest dump in one form (`kind`): what it is, and up to which entry of the change feed it reaches.

    `sha256` is empty before the first one is done; `former` is the one before, which goes with the next. A worker
    that writes one holds it until `claimed_until`. `opens_on` is the first day on which an embargo in it ends: from
    then on the dump is not true any more, although nothing was published.
    """

    __tablename__ = "dumps"

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    former: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    resources: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    opens_on: Mapped[date | None]
