"""The workbench's admin part on people: who may sign in, invitations, and each person's account."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from federation import account_links, appointing, auditlog, letters, mail, people, person_sessions, second_factor
from federation.audience import ADMIN, guard
from federation.database import db
from federation.models.institutions import Institution
from federation.models.people import User
from federation.parts import parts
from federation.roles import may_manage
from federation.web.workbench import forms, sessions
from shared.errors import CommonsError, Forbidden, InvalidRequest, NotFound, ReasonMissing

workbench_people = guard(
    Blueprint("workbench_people", __name__, url_prefix="/workbench/admin/users"), ADMIN, sessions.check_admin
)
sessions.furnish(workbench_people)


@workbench_people.get("")
def users() -> ResponseReturnValue:
    """The people who may sign in, the open invitations, and the form for a new one."""
    return _users_page()


@workbench_people.post("")
def invite() -> ResponseReturnValue:
    """Invite somebody; the link is shown this once."""
    form, settings = request.form, parts().settings
    try:
        token = account_links.invite(
            db.session(),
            display_name=form.get("display_name", ""),
            role=form.get("role", ""),
            institution=_institution(form.get("institution", "")),
            days=settings.invitation_days,
            issuer=sessions.me(),
            email=form.get("email", ""),
        )
    except InvalidRequest as error:
        return _users_page(error)
    link, sent = account_links.send_invitation(db.session(), token, settings=settings)
    return _users_page(link=link, mailed=sent)


@workbench_people.post("/invitations/<int(max=2147483647):link_id>")
def withdraw_invitation(link_id: int) -> ResponseReturnValue:
    """Take an open invitation back."""
    try:
        account_links.withdraw(db.session(), link_id, issuer=sessions.me(), reason=request.form.get("reason", ""))
    except ReasonMissing as error:
        return _users_page(error)
    flash(_("邀请已收回，链接不能再用。"), "good")
    return redirect(url_for("workbench_people.users"), 303)


@workbench_people.get("/<user_id>")
def person(user_id: str) -> ResponseReturnValue:
    """One person's account."""
    return _person_page(_user(user_id))


@workbench_people.post("/<user_id>/password")
def offer_password(user_id: str) -> ResponseReturnValue:
    """A link by which the person chooses a new password; it is shown this once."""
    user, settings = _other(user_id), parts().settings
    try:
        token = account_links.offer_password(
            db.session(), user, hours=settings.password_link_hours, issuer=sessions.me()
        )
    except Forbidden as error:
        return _person_page(user, error)
    link, sent = account_links.send_password_link(db.session(), token, settings=settings)
    return _person_page(user, link=link, mailed=sent)


@workbench_people.post("/<user_id>/sessions")
def end_sessions(user_id: str) -> ResponseReturnValue:
    """End one of the person's sessions, or all."""
    user, chosen = _other(user_id), request.form.get("session", "")
    if chosen == "all":
        person_sessions.end_all(db.session(), user, actor=_actor())
    else:
        person_sessions.end(db.session(), user, sessions.number(chosen), actor=_actor())
    flash(_("已结束所选的登录。"), "good")
    return redirect(url_for("workbench_people.person", user_id=user.id), 303)


@workbench_people.post("/<user_id>/second-factor")
def remove_second_factor(user_id: str) -> ResponseReturnValue:
    """Forget a person's second factor (a lost phone); they set up another one at the next sign-in."""
    user = _other(user_id)
    try:
        second_factor.remove(db.session(), user, actor=_actor(), reason=request.form.get("reason", ""))
    except ReasonMissing as error:
        return _person_page(user, error)
    mail.notify(db.session(), user, letters.FACTOR_REMOVED, settings=parts().settings)
    flash(_("已撤销第二重验证，%(name)s 下次登录时重新设置。", name=user.display_name), "good")
    return redirect(url_for("workbench_people.person", user_id=user.id), 303)


@workbench_people.post("/<user_id>/appointment")
def appoint(user_id: str) -> ResponseReturnValue:
    """Give the person another role or institution."""
    user, form = _other(user_id), request.form
    try:
        changed = appointing.appoint(
            db.session(),
            user,
            role=form.get("role", ""),
            institution=_institution(form.get("institution", "")),
            actor=_actor(),
            reason=form.get("reason", ""),
        )
    except (InvalidRequest, ReasonMissing) as error:
        return _person_page(user, error)
    if changed:
        mail.notify(db.session(), user, letters.APPOINTED, settings=parts().settings)
    flash(_("%(name)s 的角色和单位已保存。", name=user.display_name), "good")
    return redirect(url_for("workbench_people.person", user_id=user.id), 303)


@workbench_people.post("/<user_id>/deactivation")
def deactivate(user_id: str) -> ResponseReturnValue:
    """Close an account; its sessions end, its decisions stay."""
    user = _other(user_id)
    try:
        people.deactivate(db.session(), user, actor=_actor(), reason=request.form.get("reason", ""))
    except ReasonMissing as error:
        return _person_page(user, error)
    mail.notify(db.session(), user, letters.CLOSED, settings=parts().settings)
    flash(_("已停用 %(name)s 的账户。", name=user.display_name), "good")
    return redirect(url_for("workbench_people.person", user_id=user.id), 303)


@workbench_people.post("/<user_id>/reactivation")
def reactivate(user_id: str) -> ResponseReturnValue:
    """Open a closed account again."""
    user = _other(user_id)
    try:
        people.reactivate(db.session(), user, actor=_actor(), reason=request.form.get("reason", ""))
    except ReasonMissing as error:
        return _person_page(user, error)
    mail.notify(db.session(), user, letters.OPENED, settings=parts().settings)
    flash(_("已恢复 %(name)s 的账户。", name=user.display_name), "good")
    return redirect(url_for("workbench_people.person", user_id=user.id), 303)


def _actor() -> str:
    return auditlog.person(sessions.me().id)


def _institution(chosen: str) -> Institution | None:
    """The institution that a form names by its number. Raises `NotFound` for one that there is not."""
    if not chosen:
        return None
    found = db.session.get(Institution, int(chosen)) if chosen.isdecimal() and len(chosen) < 10 else None
    if found is None:
        raise NotFound()
    return found


def _institutions() -> Sequence[Institution]:
    return db.session.scalars(select(Institution).order_by(Institution.code)).all()


def _user(user_id: str) -> User:
    found = db.session.get(User, user_id)
    if found is None:
        raise NotFound()
    return found


def _other(user_id: str) -> User:
    """Somebody else's account: nobody locks the own one from here."""
    found = _user(user_id)
    if not may_manage(sessions.me(), found):
        raise NotFound()
    return found


def _users_page(error: CommonsError | None = None, link: str = "", mailed: bool = False) -> ResponseReturnValue:
    everybody = select(User).options(joinedload(User.institution)).order_by(User.active.desc(), User.name)
    page = render_template(
        "workbench/admin/users.html",
        users=db.session.scalars(everybody).all(),
        invitations=account_links.open_invitations(db.session()),
        institutions=_institutions(),
        days=parts().settings.invitation_days,
        link=link,
        mailed=mailed,
        mails=bool(parts().settings.smtp_host),
        **forms.said(error),
    )
    return page, error.status if error else 200


def _person_page(
    user: User, error: CommonsError | None = None, link: str = "", mailed: bool = False
) -> ResponseReturnValue:
    page = render_template(
        "workbench/admin/person.html",
        user=user,
        manageable=may_manage(sessions.me(), user),
        institutions=_institutions(),
        factor=second_factor.of(db.session(), user),
        codes_left=second_factor.recovery_codes_left(db.session(), user),
        standing=person_sessions.sessions_of(db.session(), user),
        hours=parts().settings.password_link_hours,
        link=link,
        mailed=mailed,
        mails=bool(parts().settings.smtp_host),
        **forms.said(error),
    )
    return page, error.status if error else 200
