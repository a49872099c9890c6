"""Sessions of people: begun, noted when used, ended one by one or all, and gone when their time is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from federation import auditlog, people, person_sessions
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.people import PersonSession, User
from federation.web.workbench.browsers import family
from shared.errors import NotFound, SignInFailed
from tests.support.reviewing import add_person, database


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with database(tmp_path) as opened:
        yield opened


def begin(session: Session, user: User) -> str:
    return person_sessions.begin(session, user, browser="Firefox · Linux", hours=1)


def row(session: Session, token: str) -> PersonSession:
    found = person_sessions.standing(session, token)
    assert found is not None
    return found


def test_a_session_is_known_by_its_token_of_which_only_the_hash_is_kept(session: Session) -> None:
    user = add_person(session, "li")
    token = begin(session, user)
    assert row(session, token).user is user
    assert token not in str(vars(row(session, token)))
    for other in ("", token[:-1], row(session, token).token_sha256, "\ud800"):
        assert person_sessions.standing(session, other) is None


def test_a_session_ends_by_time_and_is_then_forgotten(session: Session) -> None:
    user = add_person(session, "li")
    token, other = begin(session, user), begin(session, user)
    row(session, token).expires_at = now()
    session.flush()
    assert person_sessions.standing(session, token) is None
    person_sessions.forget_expired(session)
    assert list(session.scalars(select(PersonSession))) == [row(session, other)]


def test_use_is_noted_at_most_once_in_some_minutes(session: Session) -> None:
    token = begin(session, add_person(session, "li"))
    found = row(session, token)
    before = found.last_used_at
    person_sessions.note_use(session, found.id)
    session.refresh(found)
    assert found.last_used_at == before
    found.last_used_at = before - person_sessions.NOTED_EVERY - timedelta(seconds=1)
    session.flush()
    assert person_sessions.due_to_note(found)
    person_sessions.note_use(session, found.id)
    session.refresh(found)
    assert found.last_used_at >= before


def test_one_session_is_ended_and_the_others_stand(session: Session) -> None:
    user = add_person(session, "li")
    first, second = begin(session, user), begin(session, user)
    ended = row(session, first).id
    person_sessions.end(session, user, ended, actor=auditlog.person(user.id))
    assert person_sessions.standing(session, first) is None
    assert [one.id for one in person_sessions.sessions_of(session, user)] == [row(session, second).id]
    with pytest.raises(NotFound):
        person_sessions.end(session, user, ended, actor=auditlog.person(user.id))


def test_nobody_ends_the_session_of_another_as_their_own(session: Session) -> None:
    user, other = add_person(session, "li"), add_person(session, "wang")
    token = begin(session, other)
    with pytest.raises(NotFound):
        person_sessions.end(session, user, row(session, token).id, actor=auditlog.person(user.id))
    assert person_sessions.standing(session, token) is not None


def test_all_but_this_one_are_ended_and_the_log_has_it_once(session: Session) -> None:
    user, other = add_person(session, "li"), add_person(session, "wang")
    tokens, foreign = [begin(session, user) for _ in range(3)], begin(session, other)
    this = row(session, tokens[0])
    assert person_sessions.end_all(session, user, actor="x", but=this) == 2
    assert person_sessions.end_all(session, user, actor="x", but=this) == 0
    assert [person_sessions.standing(session, token) is not None for token in [*tokens, foreign]] == [
        True,
        False,
        False,
        True,
    ]
    actions = list(session.scalars(select(AuditEvent.action)))
    assert actions.count("user.sessions_ended") == 1


@pytest.mark.parametrize("change", [{"active": False}, {"password_hash": "another"}])
def test_no_session_begins_for_an_account_that_was_closed_or_changed_just_now(
    session: Session, change: dict[str, object]
) -> None:
    """Somebody else did so after the password was checked and before the session begins."""
    user = add_person(session, "li")
    session.flush()
    session.execute(update(User).values(**change), execution_options={"synchronize_session": False})
    with pytest.raises(SignInFailed):
        begin(session, user)
    assert session.query(PersonSession).count() == 0


def test_closing_an_account_and_a_new_password_end_all_sessions(session: Session) -> None:
    user = add_person(session, "li")
    begin(session, user)
    people.set_password(session, user, "a new long one", actor="operator")
    assert session.query(PersonSession).count() == 0
    begin(session, user)
    people.deactivate(session, user, actor="operator")
    assert session.query(PersonSession).count() == 0


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0", "Firefox · Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
            "Chrome · Windows",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.0 Safari/605.1.15", "Safari · macOS"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat · Android"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_by_family_and_system(sent: str, words: str) -> None:
    assert family(sent) == words
