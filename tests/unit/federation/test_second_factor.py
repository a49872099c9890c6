"""The second factor: RFC 6238's own values, a step of drift, each code once, guesses slowed, recovery codes."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from federation import auditlog, person_sessions, roles, second_factor
from federation.models.events import AuditEvent
from federation.models.people import RecoveryCode, SecondFactor, User
from shared.errors import (
    AlreadyExists,
    CommonsError,
    NotFound,
    ReasonMissing,
    SecondFactorUnreadable,
    SecondFactorWrong,
    Throttled,
)
from tests.support.engines import Database
from tests.support.reviewing import SETTINGS, add_member, add_person, database

HERE = "203.0.113.7"
MOMENT = datetime(2026, 5, 20, 8, 0, 10, tzinfo=UTC)
REQUIRED = replace(SETTINGS, second_factor_required=True)


class Clock:
    """The time that the second factor goes by."""

    def __init__(self) -> None:
        self.moment = MOMENT

    def __call__(self) -> datetime:
        return self.moment

    def code(self, secret: str, *, steps: int = 0) -> str:
        """What an authenticator shows at a time that is `steps` of 30 s later."""
        return pyotp.TOTP(secret).at(self.moment + timedelta(seconds=30 * steps))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(second_factor, "now", made)
    return made


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with database(tmp_path) as opened:
        yield opened


@pytest.fixture
def user(session: Session) -> User:
    return add_person(session, "li")


def set_up(session: Session, user: User, clock: Clock) -> tuple[str, list[str]]:
    """A secret, set up one step ago, and the recovery codes."""
    secret = second_factor.new_secret()
    code = clock.code(secret, steps=-1)
    return secret, second_factor.set_up(session, user, secret=secret, code=code, address=HERE, settings=SETTINGS)


def confirm(session: Session, user: User, code: str) -> None:
    second_factor.confirm(session, user, code=code, address=HERE, settings=SETTINGS)


def refused(session: Session, user: User, code: str, error: type[CommonsError] = SecondFactorWrong) -> None:
    with pytest.raises(error):
        confirm(session, user, code)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (20000000000, "65353130")],
)
def test_the_values_of_rfc_6238_come_out(clock: Clock, seconds: int, code: str) -> None:
    """Appendix B has eight digits of which the last six are what six digits give (RFC 4226 §5.3)."""
    secret = base64.b32encode(b"12345678901234567890").decode()
    clock.moment = datetime.fromtimestamp(seconds, UTC)
    assert second_factor._step_of(secret, code[-6:]) == seconds // 30


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_one_step_either_way(
    session: Session, user: User, clock: Clock, steps: int, good: bool
) -> None:
    secret = set_up(session, user, clock)[0]
    clock.moment += timedelta(minutes=10)
    if good:
        confirm(session, user, clock.code(secret, steps=steps))
    else:
        refused(session, user, clock.code(secret, steps=steps))


def test_a_code_is_good_once_and_so_is_none_before_it(session: Session, user: User, clock: Clock) -> None:
    secret = set_up(session, user, clock)[0]
    refused(session, user, clock.code(secret, steps=-1))
    code = clock.code(secret, steps=1)
    confirm(session, user, code)
    refused(session, user, code)
    refused(session, user, clock.code(secret))
    clock.moment += timedelta(seconds=60)
    confirm(session, user, clock.code(secret))


@pytest.mark.parametrize("typed", ["{0} {1}", " {0}-{1} ", "{0}{1}\u3000"])
def test_a_code_is_read_as_people_type_it(session: Session, user: User, clock: Clock, typed: str) -> None:
    code = clock.code(set_up(session, user, clock)[0])
    full_width = code.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    confirm(session, user, typed.format(full_width[:3], full_width[3:]))


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "\ud800", "\u202e", "x" * 5000])
def test_anything_else_is_refused(session: Session, user: User, clock: Clock, typed: str) -> None:
    set_up(session, user, clock)
    refused(session, user, typed)


def test_guesses_are_slowed_down_and_the_right_password_does_not_forget_them(
    session: Session, user: User, clock: Clock
) -> None:
    secret = set_up(session, user, clock)[0]
    for _ in range(SETTINGS.sign_in_attempts):
        refused(session, user, "000000")
    refused(session, user, clock.code(secret), Throttled)
    assert "user.sign_in_throttled" in session.scalars(select(AuditEvent.action)).all()


def test_a_secret_is_set_up_by_showing_a_code_of_it_and_only_once(session: Session, user: User, clock: Clock) -> None:
    given = {"address": HERE, "settings": SETTINGS}
    secret = second_factor.new_secret()
    with pytest.raises(SecondFactorWrong):
        second_factor.set_up(session, user, secret=secret, code="000000", **given)
    assert second_factor.of(session, user) is None
    second_factor.set_up(session, user, secret=secret, code=clock.code(secret), **given)
    with pytest.raises(AlreadyExists):
        second_factor.set_up(session, user, secret=secret, code=clock.code(secret, steps=1), **given)


def test_the_database_has_neither_secret_nor_recovery_code(
    session: Session, user: User, clock: Clock, tmp_path: Path
) -> None:
    secret, codes = set_up(session, user, clock)
    session.commit()
    raw = Database(tmp_path / "hub.sqlite", session.connection().engine.url.database or "").content()
    for told in (secret, *codes, *(code.replace("-", "") for code in codes)):
        assert told.encode() not in raw


def test_another_secret_key_of_the_hub_is_said_and_recovery_codes_still_work(
    session: Session, user: User, clock: Clock
) -> None:
    secret, codes = set_up(session, user, clock)
    other = replace(SETTINGS, secret_key="another-key-0123456789-0123456789-0123")
    with pytest.raises(SecondFactorUnreadable):
        second_factor.confirm(session, user, code=clock.code(secret), address=HERE, settings=other)
    second_factor.confirm(session, user, code=codes[0], address=HERE, settings=other)


def test_a_recovery_code_is_good_once(session: Session, user: User, clock: Clock) -> None:
    _, codes = set_up(session, user, clock)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    confirm(session, user, codes[3].lower().replace("-", " "))
    refused(session, user, codes[3])
    assert second_factor.recovery_codes_left(session, user) == len(codes) - 1
    assert "user.recovery_code_used" in session.scalars(select(AuditEvent.action)).all()


def test_a_code_of_somebody_else_is_none_of_mine(session: Session, user: User, clock: Clock) -> None:
    other = add_person(session, "wang")
    secret, codes = set_up(session, other, clock)
    set_up(session, user, clock)
    for code in (codes[0], clock.code(secret)):
        refused(session, user, code)


def test_new_recovery_codes_void_the_old_ones(session: Session, user: User, clock: Clock) -> None:
    secret, old = set_up(session, user, clock)
    given = {"address": HERE, "settings": SETTINGS}
    new = second_factor.renew_recovery_codes(session, user, code=clock.code(secret), **given)
    refused(session, user, old[0])
    confirm(session, user, new[0])


def test_a_second_factor_is_removed_with_a_reason_and_sessions_end(
    session: Session, user: User, clock: Clock
) -> None:
    set_up(session, user, clock)
    token = person_sessions.begin(session, user, browser="", hours=1, second_factor=True)
    boss = auditlog.person(add_person(session, "boss", roles.ADMIN).id)
    with pytest.raises(ReasonMissing):
        second_factor.remove(session, user, actor=boss)
    second_factor.remove(session, user, actor=boss, reason="手机丢了")
    assert session.query(SecondFactor).count() == session.query(RecoveryCode).count() == 0
    assert person_sessions.standing(session, token) is None
    with pytest.raises(NotFound):
        second_factor.remove(session, user, actor=boss, reason="again")


@pytest.mark.parametrize("role", roles.ROLES)
def test_it_is_asked_of_whoever_sees_what_is_not_public_and_of_who_has_set_it_up(
    session: Session, clock: Clock, role: str
) -> None:
    of_member = role in roles.OF_AN_INSTITUTION
    person = add_person(session, "somebody", role, member=add_member(session, "nim") if of_member else None)
    assert second_factor.asked_of(session, person, REQUIRED) is not of_member
    assert not second_factor.asked_of(session, person, SETTINGS)
    set_up(session, person, clock)
    assert second_factor.asked_of(session, person, REQUIRED)
    assert second_factor.asked_of(session, person, SETTINGS)


def test_an_authenticator_reads_issuer_name_and_secret(user: User) -> None:
    secret = second_factor.new_secret()
    parts = urlsplit(second_factor.uri(secret, user=user, issuer="计量资源云"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parse_qs(parts.query) == {"secret": [secret], "issuer": ["计量资源云"]}
    assert len(base64.b32decode(secret)) == 20
