"""Reminding people by letter: reviewers and admins once a day at most, the manager of an institution once a week.

The row that says so is in the letter's own transaction, and there is one for each day or week.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from federation import entitlement, letters, mail, owing, policies, reminders
from federation.checklist import Policy
from federation.collections import reading
from federation.collections.reading import Gap
from federation.days import ZONE
from federation.letters import Letter, Line
from federation.models.people import User
from federation.models.reminders import Reminder
from federation.models.resources import ResourceVersion
from federation.owing import LATE, LISTED, Owed, Owing
from federation.reminders import Reviewing
from federation.roles import ADMIN, CHIEF_REVIEWER, MANAGER, REVIEWER
from federation.settings import HubSettings
from shared.canonical import best_text

KEPT = timedelta(days=60)
"""For how long it is known who was reminded."""
REVIEWERS = (REVIEWER, CHIEF_REVIEWER)
REMINDED = (*REVIEWERS, ADMIN, MANAGER)
"""Roles that are written to. Admins only of what is grave: they have all of it on their overview."""


def to_be_reminded(session: Session, *, moment: datetime) -> list[str]:
    """The ids of the people who have something to be reminded of and were not reminded of late."""
    today = select(Reminder.user_id).where(Reminder.period == period_of(REVIEWER, moment))
    lately = select(Reminder.user_id).where(Reminder.at > moment - LATE)
    wanted = select(User).where(User.active, User.reminded, User.email != "").order_by(User.id)
    found: list[User] = []
    if reminders.something_due(session, moment=moment):
        found += session.scalars(wanted.where(User.role.in_(REVIEWERS), User.id.not_in(today))).all()
    if reminders.grave(session):
        found += session.scalars(wanted.where(User.role == ADMIN, User.id.not_in(today))).all()
    found += session.scalars(wanted.where(User.role == MANAGER, User.id.not_in(lately))).all()
    rules = policies.current(session)
    return [person.id for person in found if _something(session, person, rules, moment)]


def remind(session: Session, user_id: str, *, settings: HubSettings, moment: datetime) -> bool:
    """Write to a person, if there is something still and nobody has done so in this day or week; whether it was.

    The row that says so is inserted first: of two who do this at the same moment one waits, and leaves it then.
    """
    person = session.get(User, user_id)
    if person is None or not (person.active and person.reminded and person.email):
        return False
    letter = _letter(session, person, settings, moment)
    if letter is None:
        return False
    try:
        with session.begin_nested():
            session.add(Reminder(user_id=person.id, period=period_of(person.role, moment), at=moment))
    except IntegrityError:
        return False
    session.execute(
        delete(Reminder).where(Reminder.at < moment - KEPT), execution_options={"synchronize_session": False}
    )
    return mail.write(session, letter, to=person.email, settings=settings)


def choose(person: User, *, wanted: bool) -> None:
    """Whether letters may remind a person, as they say themselves."""
    person.reminded = wanted


def period_of(role: str, moment: datetime) -> str:
    """The day or, for a manager, the week in which there is one letter at most, by the calendar in China."""
    day = moment.astimezone(ZONE).date()
    if role != MANAGER:
        return day.isoformat()
    year, week, _day = day.isocalendar()
    return f"{year}-W{week:02}"


def _something(session: Session, person: User, rules: Policy, moment: datetime) -> bool:
    if person.role == ADMIN:
        return True
    if person.role == MANAGER:
        own = person.institution_id
        return own is not None and bool(
            owing.owing(session, own, moment=moment) or reading.with_gaps(session, institution_id=own)
        )
    due = reminders.reviewing(session, entitlement.of(session, person, rules), moment=moment)
    return _concerns(person, due)


def _concerns(person: User, due: Reviewing) -> bool:
    return bool(due.due or (person.role == CHIEF_REVIEWER and due.unclaimed))


def _letter(session: Session, person: User, settings: HubSettings, moment: datetime) -> Letter | None:
    if person.role == MANAGER and person.institution_id is not None:
        owed = owing.owing(session, person.institution_id, moment=moment)
        gaps = reading.with_gaps(session, institution_id=person.institution_id)
        return _to_manager(person, owed, gaps, settings, moment) if owed or gaps else None
    if person.role == ADMIN:
        found = reminders.grave(session)
        return letters.admin_reminder(settings, name=person.display_name, counts=asdict(found)) if found else None
    if person.role not in REVIEWERS:
        return None
    mine = entitlement.of(session, person, policies.current(session))
    due = reminders.reviewing(session, mine, moment=moment)
    if not _concerns(person, due):
        return None
    return letters.review_reminder(
        settings,
        name=person.display_name,
        lines=[_due_line(*one, moment) for one in reminders.due_for(session, mine, moment=moment)],
        due=due.due,
        overdue=due.overdue,
        unclaimed=due.unclaimed if person.role == CHIEF_REVIEWER else 0,
    )


def _due_line(version: ResourceVersion, own: bool, moment: datetime) -> Line:
    owner, left = version.resource.institution, (version.due_at or moment) - moment
    chinese, english = letters.due_words(left)
    claimed = ("，您已领取", ", claimed by you") if own else ("", "")
    return (
        f"《{_plain(version.title('zh'))}》，{owner.name('zh')}，{chinese}{claimed[0]}",
        f"“{_plain(version.title('en'))}”, {owner.name('en')}, {english}{claimed[1]}",
    )


def _to_manager(person: User, owed: Owing, gaps: Sequence[Gap], settings: HubSettings, moment: datetime) -> Letter:
    since = (("returned", owed.returned), ("unanswered", owed.unanswered), ("feedback", owed.feedback))
    waiting = {name: ([_owed_line(one, moment) for one in part.listed], part.count) for name, part in since}
    waiting["broken"] = [_title_line(one.version) for one in owed.broken.listed], owed.broken.count
    waiting["expiring"] = [_expiring_line(one.version) for one in owed.expiring.listed], owed.expiring.count
    waiting["gaps"] = [_gap_line(one) for one in gaps[:LISTED]], len(gaps)
    return letters.institution_reminder(settings, name=person.display_name, waiting=waiting, days=LATE.days)


def _title_line(version: ResourceVersion) -> Line:
    return f"《{_plain(version.title('zh'))}》", f"“{_plain(version.title('en'))}”"


def _gap_line(one: Gap) -> Line:
    chinese, english = (_plain(best_text(one.content.title, language)) for language in ("zh", "en"))
    return f"“{chinese}”，{one.gone} 件", f"“{english}”, {one.gone}"


def _expiring_line(version: ResourceVersion) -> Line:
    day = version.expires_on.isoformat() if version.expires_on else ""
    return (f"《{_plain(version.title('zh'))}》，{day}", f"“{_plain(version.title('en'))}”, {day}")


def _owed_line(one: Owed, moment: datetime) -> Line:
    days = (moment - one.since).days
    return (
        f"《{_plain(one.version.title('zh'))}》，已 {days} 天",
        f"“{_plain(one.version.title('en'))}”, for {days} days",
    )


def _plain(title: str) -> str:
    """A title in one line, however it was written."""
    return " ".join(title.split())
