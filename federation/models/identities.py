"""Sign-in through an institution's own accounts (OpenID Connect): its provider, and whose account there is whose."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from federation.models.base import Base, now
from federation.models.institutions import Institution
from federation.models.people import User


class IdentityProvider(Base):
    """An institution's OpenID provider, as the operator has set it; the client's secret is sealed."""

    __tablename__ = "identity_providers"

    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(200))
    sealed_secret: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(default=now)

    institution: Mapped[Institution] = relationship()


class ExternalIdentity(Base):
    """An account at a provider (its issuer and subject) that stands for an account here; it gives no right itself."""

    __tablename__ = "external_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    bound_at: Mapped[datetime] = mapped_column(default=now)

    user: Mapped[User] = relationship()
