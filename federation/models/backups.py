"""The backups that were made, as far as the hub knows of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from federation.models.base import Base


class BackupMade(Base):
    """A backup by the hub's own command: what was decided after `at` is not in it.

    `lacking` counts the files whose bytes could not be copied; None when only the list of files was written.
    """

    __tablename__ = "backups_made"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    objects: Mapped[int]
    lacking: Mapped[int | None]
