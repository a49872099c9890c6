"""Where and when public resources belong, and how they point to each other: the timeline, the map, related ones."""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base


class Bearing(Base):
    """The time and the place that a public resource is about, out of its record's `coverage`.

    `since` and `until` are astronomical years (1 BC is 0), both inclusive; what has no beginning begins in -9999, and
    what goes on ends in 9999. `latitude` and `longitude` are degrees (WGS 84), `cell_row` and `cell_column` the cell
    of a tenth of a degree that they lie in, counted from the south pole and from 180° west. A pair is None where the
    record does not say.
    """

    __tablename__ = "bearings"
    __table_args__ = (
        Index("ix_bearings_years", "since", "until"),
        Index("ix_bearings_cell", "cell_row", "cell_column", "latitude", "longitude", "place_zh", "place_en"),
    )

    resource_id: Mapped[str] = mapped_column(ForeignKey("resources.id"), primary_key=True)
    since: Mapped[int | None]
    until: Mapped[int | None]
    latitude: Mapped[float | None] = mapped_column(Double)
    longitude: Mapped[float | None] = mapped_column(Double)
    cell_row: Mapped[int | None]
    cell_column: Mapped[int | None]
    place_zh: Mapped[str] = mapped_column(String(200), default="")
    place_en: Mapped[str] = mapped_column(String(200), default="")


class Pointer(Base):
    """That a public resource says to have a relation to another one, which need not be public, or known at all."""

    __tablename__ = "pointers"
    __table_args__ = (Index("ix_pointers_target", "target_id"),)

    resource_id: Mapped[str] = mapped_column(ForeignKey("resources.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(String(40))
    target_id: Mapped[str] = mapped_column(String(36))
