"""People who sign in at the hub, and their attempts to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from federation.models.base import Base, now
from federation.models.institutions import Institution


class User(Base):
    """A person. The random id stands for the person in the audit log."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    display_name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(254), default="")
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"))
    active: Mapped[bool] = mapped_column(default=True)
    reminded: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether letters may remind the person of what waits."""
    created_at: Mapped[datetime] = mapped_column(default=now)

    institution: Mapped[Institution | None] = relationship()


class PersonSession(Base):
    """Somebody who is signed in, in one browser; of the token that it keeps only the SHA-256 is here.

    `browser` is its family in words; `second_factor` says whether more than a password was shown. To end a session
    is to delete its row.
    """

    __tablename__ = "person_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    browser: Mapped[str] = mapped_column(String(100), default="")
    second_factor: Mapped[bool] = mapped_column(default=False)
    begun_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)

    user: Mapped[User] = relationship()


class SecondFactor(Base):
    """A person's authenticator: its secret, sealed, and the step (RFC 6238) of the last code that was used."""

    __tablename__ = "second_factors"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(Text)
    last_step: Mapped[int] = mapped_column(BigInteger)
    set_up_at: Mapped[datetime] = mapped_column(default=now)


class RecoveryCode(Base):
    """A code that stands in for the authenticator once; only its SHA-256 is kept."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    code_sha256: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """A failed sign-in, by the salted hash of what was tried; counted to slow down guessing."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("ix_sign_in_attempts_subject", "subject", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now)


class AccountLink(Base):
    """A one-time link, of whose token only the SHA-256 is kept: an invitation, or a new password for an account.

    An invitation says whom it is for, which role they get, and in which institution; `user_id` is then the account
    that was made by it. `issuer_id` is None for the operator at the command line.
    """

    __tablename__ = "account_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(100), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    role: Mapped[str] = mapped_column(String(20), default="")
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    issuer_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    institution: Mapped[Institution | None] = relationship()
    user: Mapped[User | None] = relationship(foreign_keys=[user_id])
    issuer: Mapped[User | None] = relationship(foreign_keys=[issuer_id])
