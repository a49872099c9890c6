"""Letters to people: put into a table in the transaction of what they tell of, sent from there by the worker.

A letter is sent at least once: a worker that is killed just after the mail server took it sends it again, with the
same Message-ID (RFC 5322 §3.6.4), by which mailboxes know it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from federation import auditlog, letters, sealing
from federation.letters import Letter
from federation.models.base import now
from federation.models.mail import OutgoingMail
from federation.models.people import User
from federation.settings import HubSettings
from shared.errors import FieldError
from shared.identifiers import fresh_id

PURPOSE = "mail"
BEING_SENT = timedelta(minutes=10)
"""For how long nobody else sends what somebody has begun to send: far longer than a mail server takes."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""How long to wait after each attempt that failed for now; after the last of them a letter is given up."""
GIVEN_UP = "letter.given_up"
"""What the audit log calls it."""
MAX_CAUSE = 500
MAX_ADDRESS = 254
"""RFC 5321 §4.5.3.1.3: a path has 256 octets with its brackets."""
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{1,63}")
"""The addresses that HTML's forms take too, of a domain with a dot in it."""


@dataclass(frozen=True)
class Claimed:
    """A letter that is this worker's to send; `sealed` as the table has it."""

    id: str
    address: str
    sealed: str
    attempts: int


def address_faults(address: str) -> list[FieldError]:
    """What is wrong with an e-mail address; none at all is good."""
    good = not address or (len(address) <= MAX_ADDRESS and ADDRESS.fullmatch(address))
    return [] if good else [FieldError("/email", "bad_email")]


def write(session: Session, letter: Letter, *, to: str, settings: HubSettings) -> bool:
    """Have a letter sent, if there is an address and a mail server; whether there are."""
    if not to or not settings.smtp_host:
        return False
    text = json.dumps([letter.subject, letter.body], ensure_ascii=False)
    sealed = sealing.seal(text, secret_key=settings.secret_key, purpose=PURPOSE)
    session.add(OutgoingMail(id=fresh_id(), address=to, sealed=sealed))
    session.flush()
    return True


def notify(session: Session, user: User, happened: str, *, settings: HubSettings, to: str = "") -> None:
    """Tell a person that something about the account has changed, at `to` or at the address of the account."""
    letter = letters.notice(settings, name=user.display_name, happened=happened)
    write(session, letter, to=to or user.email, settings=settings)


def is_due(session: Session) -> bool:
    """Whether there is a letter to send now."""
    return session.scalar(select(OutgoingMail.id).where(OutgoingMail.next_try_at <= now()).limit(1)) is not None


def claim(session: Session) -> Claimed | None:
    """Take the letter that is due longest; nobody else takes it for some minutes. None when there is none."""
    due = OutgoingMail.next_try_at <= now()
    first = select(OutgoingMail.id).where(due).order_by(OutgoingMail.next_try_at).limit(1).scalar_subquery()
    taken = update(OutgoingMail).where(OutgoingMail.id == first, due)
    found = session.execute(
        taken.values(next_try_at=now() + BEING_SENT, attempts=OutgoingMail.attempts + 1).returning(
            OutgoingMail.id, OutgoingMail.address, OutgoingMail.sealed, OutgoingMail.attempts
        ),
        execution_options={"synchronize_session": False},
    ).first()
    return Claimed(*found) if found else None


def compose(claimed: Claimed, settings: HubSettings) -> EmailMessage:
    """The message itself. Raises `sealing.CannotUnseal` for one that was sealed with another key of the hub."""
    subject, body = json.loads(sealing.unseal(claimed.sealed, secret_key=settings.secret_key, purpose=PURPOSE))
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.mail_from
    message["To"] = claimed.address
    message["Subject"] = subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<{claimed.id}@{settings.mail_from.rpartition('@')[2]}>"
    # RFC 3834 §5: no machine is to answer this.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body, cte="base64")
    return message


def drop(session: Session, letter_id: str) -> None:
    """The letter was sent: it is kept no longer."""
    session.execute(delete(OutgoingMail).where(OutgoingMail.id == letter_id))


def give_up(session: Session, claimed: Claimed, *, cause: str) -> None:
    """The letter never will be sent: the audit log says so, with whose account has that address if it is one's."""
    drop(session, claimed.id)
    owners = session.scalars(select(User.id).where(User.email == claimed.address).limit(2)).all()
    subject = auditlog.person(owners[0]) if len(owners) == 1 else f"letter:{claimed.id}"
    auditlog.record(session, auditlog.Happening(auditlog.WORKER, GIVEN_UP, subject, cause[:MAX_CAUSE]))


def drop_all(session: Session) -> None:
    """No letter is sent any more: after a restore, what they tell of was told, or is no longer so."""
    session.execute(delete(OutgoingMail), execution_options={"synchronize_session": False})


def put_off(session: Session, claimed: Claimed, *, cause: str) -> bool:
    """Try again later; False when it was tried often enough, and the letter is given up."""
    if claimed.attempts > len(PAUSES):
        give_up(session, claimed, cause=cause)
        return False
    later = now() + PAUSES[claimed.attempts - 1]
    session.execute(
        update(OutgoingMail).where(OutgoingMail.id == claimed.id).values(next_try_at=later),
        execution_options={"synchronize_session": False},
    )
    return True
