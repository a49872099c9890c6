"""The second factor: a code from an authenticator (TOTP, RFC 6238), or one of the recovery codes.

The secret of an authenticator is kept sealed, recovery codes only as hashes. A code is good within one step of
30 seconds either way, for clocks that differ (§5.2), and only once: the step of the last one used is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from federation import auditlog, guessing, letters, mail, person_sessions, sealing
from federation.models.base import now
from federation.models.people import RecoveryCode, SecondFactor, User
from federation.roles import WITH_SECOND_FACTOR
from federation.settings import HubSettings
from shared.errors import AlreadyExists, NotFound, ReasonMissing, SecondFactorUnreadable, SecondFactorWrong
from shared.validation import plain

STEP, DRIFT, DIGITS = 30, 1, 6
"""Seconds of a step (X), steps of drift that are allowed, digits of a code: the values of RFC 6238 §4 and §5.2."""
PURPOSE = "second factor"
RECOVERY_CODES = 10
ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"
"""Crockford's base 32: none of its signs is taken for another."""
RECOVERY_LENGTH = 16
"""Signs of a recovery code: 80 bits, which nobody guesses from a hash either."""


def required(user: User, settings: HubSettings) -> bool:
    """Whether people of that role must show a second factor here."""
    return settings.second_factor_required and user.role in WITH_SECOND_FACTOR


def of(session: Session, user: User) -> SecondFactor | None:
    """The person's second factor, if one is set up."""
    return session.get(SecondFactor, user.id)


def asked_of(session: Session, user: User, settings: HubSettings) -> bool:
    """Whether a password is not enough for that person: whoever has set up a second factor shows it always."""
    return required(user, settings) or of(session, user) is not None


def new_secret() -> str:
    """A secret for an authenticator, base 32: 160 bits, as long as RFC 4226 §4 (R6) recommends."""
    return pyotp.random_base32(32)


def uri(secret: str, *, user: User, issuer: str) -> str:
    """The address that an authenticator reads from a QR code (`otpauth://totp/…`)."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP).provisioning_uri(name=user.name, issuer_name=issuer)


def set_up(session: Session, user: User, *, secret: str, code: str, address: str, settings: HubSettings) -> list[str]:
    """Keep the secret of the authenticator that has just shown `code`; the recovery codes, told this once.

    Raises `AlreadyExists` when there is one; `SecondFactorWrong` and `Throttled` (commit in both cases).
    """
    guard = _guard(session, user, address, settings)
    guard.refuse_if_too_many(about=auditlog.person(user.id))
    if of(session, user) is not None:
        raise AlreadyExists(what=user.name)
    step = _step_of(secret, _typed(code))
    if step is None:
        guard.count_failure()
        raise SecondFactorWrong()
    guard.forget_failures()
    sealed = sealing.seal(secret, secret_key=settings.secret_key, purpose=PURPOSE)
    session.add(SecondFactor(user_id=user.id, secret=sealed, last_step=step))
    session.flush()
    mail.notify(session, user, letters.FACTOR_SET_UP, settings=settings)
    _remember(session, user, "user.second_factor_set_up")
    return _new_recovery_codes(session, user)


def confirm(session: Session, user: User, *, code: str, address: str, settings: HubSettings) -> None:
    """Check a code from the authenticator, or use up a recovery code.

    Raises `SecondFactorWrong`, `SecondFactorUnreadable`, or `Throttled` after too many failures. Each leaves its
    traces in the session (attempts, audit event): the caller must commit in any case.
    """
    guard = _guard(session, user, address, settings)
    guard.refuse_if_too_many(about=auditlog.person(user.id))
    typed = _typed(code)
    by_authenticator = len(typed) == DIGITS
    good = _use_code(session, user, typed, settings) if by_authenticator else _use_recovery_code(session, user, typed)
    if not good:
        guard.count_failure()
        _remember(session, user, "user.second_factor_refused")
        raise SecondFactorWrong()
    guard.forget_failures()
    if not by_authenticator:
        _remember(session, user, "user.recovery_code_used")


def renew_recovery_codes(
    session: Session, user: User, *, code: str, address: str, settings: HubSettings
) -> list[str]:
    """Other recovery codes in the place of all former ones. Raises what `confirm` raises."""
    confirm(session, user, code=code, address=address, settings=settings)
    _remember(session, user, "user.recovery_codes_renewed")
    return _new_recovery_codes(session, user)


def recovery_codes_left(session: Session, user: User) -> int:
    """How many recovery codes the person has not used."""
    unused = (RecoveryCode.user_id == user.id) & RecoveryCode.used_at.is_(None)
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(unused)) or 0


def remove(session: Session, user: User, *, actor: str, reason: str = "") -> None:
    """Forget the person's second factor and end all sessions: at the next sign-in another one is set up.

    Raises `NotFound` when there is none, `ReasonMissing` from all but the operator.
    """
    reason = plain(reason).strip()
    if not reason and actor != auditlog.OPERATOR:
        raise ReasonMissing()
    found = of(session, user)
    if found is None:
        raise NotFound()
    session.delete(found)
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    person_sessions.drop_all(session, user)
    subject = auditlog.person(user.id)
    auditlog.record(session, auditlog.Happening(actor, "user.second_factor_removed", subject, reason))


def _use_code(session: Session, user: User, code: str, settings: HubSettings) -> bool:
    """Whether the code is right and its step later than the last one used, which the database itself decides."""
    found = of(session, user)
    if found is None:
        return False
    try:
        secret = sealing.unseal(found.secret, secret_key=settings.secret_key, purpose=PURPOSE)
    except sealing.CannotUnseal as error:
        raise SecondFactorUnreadable() from error
    step = _step_of(secret, code)
    if step is None:
        return False
    later = update(SecondFactor).where(SecondFactor.user_id == user.id, SecondFactor.last_step < step)
    done = session.execute(
        later.values(last_step=step).returning(SecondFactor.user_id),
        execution_options={"synchronize_session": False},
    )
    return done.first() is not None


def _use_recovery_code(session: Session, user: User, code: str) -> bool:
    unused = update(RecoveryCode).where(
        RecoveryCode.user_id == user.id, RecoveryCode.code_sha256 == _hash(code), RecoveryCode.used_at.is_(None)
    )
    done = session.execute(
        unused.values(used_at=now()).returning(RecoveryCode.id), execution_options={"synchronize_session": False}
    )
    return done.first() is not None


def _step_of(secret: str, code: str) -> int | None:
    """The step whose code this is, now or one step off; None for a wrong code. All are compared, in equal time."""
    totp, current = pyotp.TOTP(secret, digits=DIGITS, interval=STEP), int(now().timestamp()) // STEP
    steps = range(current - DRIFT, current + DRIFT + 1)
    right = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), code)]
    return right[-1] if right else None


def _new_recovery_codes(session: Session, user: User) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user.id, code_sha256=_hash(code)) for code in codes)
    session.flush()
    return ["-".join(re.findall("....", code)) for code in codes]


def _typed(code: str) -> str:
    """What was typed, in any width and case, without blanks and hyphens; ASCII only, for nothing else is right."""
    folded = unicodedata.normalize("NFKC", code[:100]).upper()
    return re.sub(r"[^A-Z0-9]", "", folded)


def _guard(session: Session, user: User, address: str, settings: HubSettings) -> guessing.Guard:
    """Codes are counted apart from passwords: the right password must not forget the wrong codes."""
    return guessing.Guard(session, settings, name=f"second factor\n{user.id}", address=address)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("ascii")).hexdigest()


def _remember(session: Session, user: User, action: str) -> None:
    person = auditlog.person(user.id)
    auditlog.record(session, auditlog.Happening(person, action, person))
