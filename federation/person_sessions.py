"""Who is signed in and where: sessions that are kept here by the hash of their token, and end when they are ended."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, joinedload

from federation import auditlog
from federation.models.base import now
from federation.models.people import PersonSession, User
from shared.errors import NotFound, SignInFailed

NOTED_EVERY = timedelta(minutes=5)
"""How exactly it is known when a session was last used: more would make a write of each look at a page."""


def begin(session: Session, user: User, *, browser: str, hours: int, second_factor: bool = False) -> str:
    """A new session's token, which the browser keeps.

    The account is held meanwhile: who is closed out or gets another password at the same moment ends this session
    too. Raises `SignInFailed` when that has just happened.
    """
    known = user.password_hash
    session.flush()
    session.refresh(user, with_for_update=True)
    if not user.active or user.password_hash != known:
        raise SignInFailed()
    token = secrets.token_urlsafe(32)
    session.add(
        PersonSession(
            user_id=user.id,
            token_sha256=_hash(token),
            browser=browser[:100],
            second_factor=second_factor,
            expires_at=now() + timedelta(hours=hours),
        )
    )
    session.flush()
    return token


def standing(session: Session, token: str) -> PersonSession | None:
    """The session of a token with its person, unless it was ended, its time is over, or the account is closed."""
    wanted = select(PersonSession).where(PersonSession.token_sha256 == _hash(token))
    found = session.scalar(wanted.options(joinedload(PersonSession.user)))
    return found if found is not None and found.user.active and found.expires_at > now() else None


def note_use(session: Session, session_id: int) -> None:
    """Note that a session was used just now, unless somebody has noted that a moment ago."""
    session.execute(
        update(PersonSession)
        .where(PersonSession.id == session_id, PersonSession.last_used_at < now() - NOTED_EVERY)
        .values(last_used_at=now()),
        execution_options={"synchronize_session": False},
    )


def note_second_factor(session: Session, found: PersonSession) -> None:
    """The person has shown a second factor in this session."""
    found.second_factor = True
    session.flush()


def due_to_note(found: PersonSession) -> bool:
    """Whether it is time to note again that the session is used."""
    return found.last_used_at < now() - NOTED_EVERY


def sessions_of(session: Session, user: User) -> Sequence[PersonSession]:
    """A person's standing sessions, the one that was used last first."""
    wanted = select(PersonSession).where(PersonSession.user_id == user.id, PersonSession.expires_at > now())
    return session.scalars(wanted.order_by(PersonSession.last_used_at.desc(), PersonSession.id.desc())).all()


def sign_out(session: Session, found: PersonSession) -> None:
    """End one's own session in the browser at hand."""
    person = auditlog.person(found.user_id)
    session.delete(found)
    auditlog.record(session, auditlog.Happening(person, "user.signed_out", person))


def end(session: Session, user: User, session_id: int, *, actor: str) -> None:
    """End one session of the person. Raises `NotFound` for one that is not theirs, or that has ended already."""
    gone = delete(PersonSession).where(PersonSession.id == session_id, PersonSession.user_id == user.id)
    done = session.execute(gone.returning(PersonSession.id), execution_options={"synchronize_session": "fetch"}).all()
    if not done:
        raise NotFound()
    auditlog.record(session, auditlog.Happening(actor, "user.session_ended", auditlog.person(user.id)))


def end_all(session: Session, user: User, *, actor: str, but: PersonSession | None = None) -> int:
    """End all sessions of the person, `but` one; how many there were."""
    count = drop_all(session, user, but=but)
    if count:
        happening = auditlog.Happening(
            actor, "user.sessions_ended", auditlog.person(user.id), detail={"count": count}
        )
        auditlog.record(session, happening)
    return count


def drop_all(session: Session, user: User, *, but: PersonSession | None = None) -> int:
    """End all sessions of the person as part of something that the log tells of itself."""
    gone = delete(PersonSession).where(PersonSession.user_id == user.id)
    if but is not None:
        gone = gone.where(PersonSession.id != but.id)
    # What the person is changed to goes first: whoever signs in at this moment waits for it, and then finds it.
    session.flush()
    done = session.execute(gone.returning(PersonSession.id), execution_options={"synchronize_session": "fetch"})
    return len(done.all())


def drop_everybodys(session: Session) -> None:
    """End all sessions of all people: after a restore, those that were ended since would be good again."""
    session.execute(delete(PersonSession), execution_options={"synchronize_session": False})


def forget_expired(session: Session) -> None:
    """Drop the sessions whose time is over."""
    session.execute(
        delete(PersonSession).where(PersonSession.expires_at < now()),
        execution_options={"synchronize_session": False},
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
