"""What findings on waiting versions compare them with."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base


class TextBand(Base):
    """One band of the MinHash of a public resource's text (`federation.findings.likeness`)."""

    __tablename__ = "text_bands"
    __table_args__ = (Index("ix_text_bands_band", "band"),)

    resource_id: Mapped[str] = mapped_column(ForeignKey("resources.id"), primary_key=True)
    band: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
