"""Accounts, passwords, and the slowing down of guesses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import guessing, people, person_sessions
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.people import SignInAttempt, User
from shared.errors import AlreadyExists, InvalidRequest, SignInFailed, Throttled
from tests.support.engines import Database
from tests.support.once import IN_EARNEST
from tests.support.reviewing import PASSWORD, SETTINGS, add_member, add_person, database

HERE = "203.0.113.7"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with database(tmp_path) as opened:
        yield opened


def enter(session: Session, name: str, password: str = PASSWORD, address: str = HERE) -> User:
    return people.sign_in(session, name=name, password=password, address=address, settings=SETTINGS)


def fail(session: Session, name: str, *, address: str = HERE, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(SignInFailed):
            enter(session, name, "not the password", address)


def entries(session: Session) -> list[dict[str, object]]:
    return [json.loads(event.entry) for event in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]


def actions(session: Session) -> list[object]:
    return [entry["action"] for entry in entries(session)]


def test_a_person_signs_in_with_the_password_and_it_is_remembered(session: Session) -> None:
    made = add_person(session, "li.lei")
    assert enter(session, "li.lei").id == made.id
    assert actions(session) == ["user.created", "user.signed_in"]


@pytest.mark.parametrize("typed", ["LI.LEI", "  li.lei ", "ｌｉ.ｌｅｉ"])
def test_a_name_is_the_same_in_any_width_and_case(session: Session, typed: str) -> None:
    add_person(session, "Li.Lei")
    assert enter(session, typed).name == "li.lei"


def test_a_password_is_the_same_however_its_characters_were_composed(session: Session) -> None:
    people.create_user(
        session, name="rene", display_name="René", password="caf\u00e9 au lait", role="auditor", actor="operator"
    )
    assert enter(session, "rene", "cafe\u0301 au lait").name == "rene"


def test_the_password_itself_is_nowhere_in_the_database(session: Session, tmp_path: Path) -> None:
    add_person(session, "li.lei")
    fail(session, "li.lei")
    session.commit()
    raw = Database(tmp_path / "hub.sqlite", session.connection().engine.url.database or "").content()
    assert PASSWORD.encode() not in raw
    assert b"not the password" not in raw
    assert b"$argon2id$" in raw


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "two words"}, "/name"),
        ({"name": "<b>"}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"display_name": "  "}, "/display_name"),
        ({"password": "short"}, "/password"),
        ({"password": "x" * 201}, "/password"),
        ({"role": "root"}, "/role"),
    ],
)
def test_a_bad_account_is_refused_by_its_field(session: Session, changes: dict[str, str], pointer: str) -> None:
    good = {"name": "new", "display_name": "New", "password": PASSWORD, "role": "reviewer"}
    with pytest.raises(InvalidRequest) as refused:
        people.create_user(session, **{**good, **changes}, actor="operator")
    assert [error.pointer for error in refused.value.errors] == [pointer]
    assert session.query(User).count() == 0


def test_a_name_can_be_taken_once(session: Session) -> None:
    add_person(session, "li.lei")
    with pytest.raises(AlreadyExists):
        add_person(session, "LI.LEI")
    assert session.query(User).count() == 1


def test_an_account_remembers_its_institution(session: Session) -> None:
    member = add_member(session, "nim")
    assert add_person(session, "li.lei", member=member).institution is member.institution


def test_a_wrong_password_and_an_unknown_name_are_refused_alike(session: Session) -> None:
    add_person(session, "li.lei")
    said = []
    for name in ("li.lei", "nobody"):
        with pytest.raises(SignInFailed) as refused:
            enter(session, name, "wrong password")
        said.append((refused.value.status, refused.value.message("zh")))
    assert said[0] == said[1]


def test_a_failure_with_an_unknown_name_leaves_no_name_behind(session: Session) -> None:
    fail(session, "secret-nickname")
    (entry,) = entries(session)
    assert entry["action"] == "user.sign_in_failed"
    assert "secret-nickname" not in json.dumps(entry)
    assert HERE not in json.dumps(entry)
    assert all("secret" not in attempt.subject for attempt in session.scalars(select(SignInAttempt)))


def test_too_many_failures_stop_even_the_right_password(session: Session) -> None:
    add_person(session, "li.lei")
    fail(session, "li.lei", times=3)
    with pytest.raises(Throttled) as refused:
        enter(session, "li.lei")
    assert 0 < (refused.value.retry_after or 0) <= SETTINGS.sign_in_window


def test_an_unknown_name_is_throttled_like_a_known_one(session: Session) -> None:
    fail(session, "nobody", times=3)
    with pytest.raises(Throttled):
        enter(session, "nobody")


def test_one_name_that_is_throttled_does_not_stop_another(session: Session) -> None:
    add_person(session, "li.lei")
    fail(session, "nobody", times=3)
    assert enter(session, "li.lei").name == "li.lei"


def test_an_address_that_tries_many_names_is_throttled_and_other_addresses_are_not(session: Session) -> None:
    add_person(session, "li.lei")
    for number in range(SETTINGS.sign_in_attempts * guessing.ADDRESS_SHARE):
        fail(session, f"guess{number}")
    with pytest.raises(Throttled):
        enter(session, "li.lei")
    assert enter(session, "li.lei", address="198.51.100.9").name == "li.lei"


def test_failures_older_than_the_window_count_no_more_and_are_forgotten(session: Session) -> None:
    add_person(session, "li.lei")
    fail(session, "li.lei", times=3)
    for attempt in session.scalars(select(SignInAttempt)):
        attempt.at = now() - timedelta(seconds=SETTINGS.sign_in_window + 1)
    session.flush()
    fail(session, "li.lei")
    assert session.query(SignInAttempt).count() == 2
    assert enter(session, "li.lei").name == "li.lei"


def test_the_right_password_forgets_the_failures_of_the_name(session: Session) -> None:
    add_person(session, "li.lei")
    fail(session, "li.lei", times=2)
    enter(session, "li.lei")
    fail(session, "li.lei", times=2)
    assert enter(session, "li.lei").name == "li.lei"


def test_a_refused_try_does_not_make_the_wait_longer_nor_fill_the_log(session: Session) -> None:
    fail(session, "nobody", times=3)
    before = session.query(SignInAttempt).count()
    for _ in range(5):
        with pytest.raises(Throttled):
            enter(session, "nobody")
    assert actions(session).count("user.sign_in_throttled") == 1
    assert session.query(SignInAttempt).count() == before + 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
    ],
)
def test_an_ipv6_caller_is_counted_by_the_network_it_commands(one: str, other: str, same: bool) -> None:
    assert (guessing.network(one) == guessing.network(other)) is same


def test_a_closed_account_is_refused_like_a_wrong_password_and_its_session_ends(session: Session) -> None:
    user = add_person(session, "li.lei")
    token = person_sessions.begin(session, user, browser="", hours=1)
    people.deactivate(session, user, actor="operator")
    people.deactivate(session, user, actor="operator")
    with pytest.raises(SignInFailed):
        enter(session, "li.lei")
    assert person_sessions.standing(session, token) is None
    assert actions(session).count("user.deactivated") == 1


def test_a_new_password_needs_the_old_one_and_ends_every_session(session: Session) -> None:
    user = add_person(session, "li.lei")
    token = person_sessions.begin(session, user, browser="", hours=1)
    with pytest.raises(SignInFailed):
        people.change_password(session, user, old="wrong", new="a new long one", address=HERE, settings=SETTINGS)
    assert person_sessions.standing(session, token) is not None
    people.change_password(session, user, old=PASSWORD, new="a new long one", address=HERE, settings=SETTINGS)
    assert person_sessions.standing(session, token) is None
    assert enter(session, "li.lei", "a new long one").id == user.id
    assert "user.password_changed" in actions(session)


def test_guessing_the_old_password_is_throttled_too(session: Session) -> None:
    user = add_person(session, "li.lei")
    for _ in range(3):
        with pytest.raises(SignInFailed):
            people.change_password(session, user, old="wrong", new="a new long one", address=HERE, settings=SETTINGS)
    with pytest.raises(Throttled):
        people.change_password(session, user, old=PASSWORD, new="a new long one", address=HERE, settings=SETTINGS)


def test_a_hash_of_older_parameters_is_renewed_at_the_next_sign_in(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In earnest a hash takes what RFC 9106 §4 asks of a machine with little memory."""
    monkeypatch.setattr(people, "HASHER", IN_EARNEST)
    user = add_person(session, "li.lei")
    weak = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    user.password_hash = weak
    session.flush()
    enter(session, "li.lei")
    assert user.password_hash != weak
    assert user.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert enter(session, "li.lei").id == user.id


def test_a_broken_hash_is_a_refusal_and_no_crash(session: Session) -> None:
    user = add_person(session, "li.lei")
    user.password_hash = "not a hash"
    session.flush()
    fail(session, "li.lei")


def test_attempts_are_hashed_with_the_hubs_secret(session: Session) -> None:
    subjects = []
    for secret in ("a" * 40, "b" * 40):
        with pytest.raises(SignInFailed):
            people.sign_in(
                session, name="x", password="y", address=HERE, settings=replace(SETTINGS, secret_key=secret)
            )
        subjects.append({attempt.subject for attempt in session.scalars(select(SignInAttempt))})
    assert len(subjects[1]) == 4
