"""The people of the own institution: its manager invites contributors, and closes and opens their accounts."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from federation import account_links, auditlog, letters, mail, people
from federation.audience import MANAGER, guard
from federation.database import db
from federation.models.people import User
from federation.parts import parts
from federation.roles import CONTRIBUTOR, OF_AN_INSTITUTION, Permission, may_manage
from federation.web.workbench import forms, sessions
from federation.web.workbench.own import institution_id
from shared.errors import CommonsError, InvalidRequest, NotFound, ReasonMissing

workbench_team = guard(
    Blueprint("workbench_team", __name__, url_prefix="/workbench/own/people"),
    MANAGER,
    sessions.only(Permission.MANAGE_OWN_PEOPLE),
)
sessions.furnish(workbench_team)


@workbench_team.get("")
def team() -> ResponseReturnValue:
    """The own institution's contributors and managers, the open invitations, and the form for a new one."""
    return _page()


@workbench_team.post("")
def invite() -> ResponseReturnValue:
    """Invite a contributor; the link is shown this once."""
    me, settings = sessions.me(), parts().settings
    try:
        token = account_links.invite(
            db.session(),
            display_name=request.form.get("display_name", ""),
            role=CONTRIBUTOR,
            institution=me.institution,
            days=settings.invitation_days,
            issuer=me,
            email=request.form.get("email", ""),
        )
    except InvalidRequest as error:
        return _page(error)
    link, sent = account_links.send_invitation(db.session(), token, settings=settings)
    return _page(link=link, mailed=sent)


@workbench_team.post("/invitations/<int(max=2147483647):link_id>")
def withdraw_invitation(link_id: int) -> ResponseReturnValue:
    """Take back an open invitation of a contributor."""
    try:
        account_links.withdraw(db.session(), link_id, issuer=sessions.me(), reason=request.form.get("reason", ""))
    except ReasonMissing as error:
        return _page(error)
    flash(_("邀请已收回，链接不能再用。"), "good")
    return redirect(url_for("workbench_team.team"), 303)


@workbench_team.post("/<user_id>/deactivation")
def deactivate(user_id: str) -> ResponseReturnValue:
    """Close the account of a contributor."""
    user = _contributor(user_id)
    try:
        people.deactivate(db.session(), user, actor=_actor(), reason=request.form.get("reason", ""))
    except ReasonMissing as error:
        return _page(error)
    mail.notify(db.session(), user, letters.CLOSED, settings=parts().settings)
    flash(_("已停用 %(name)s 的账户。", name=user.display_name), "good")
    return redirect(url_for("workbench_team.team"), 303)


@workbench_team.post("/<user_id>/reactivation")
def reactivate(user_id: str) -> ResponseReturnValue:
    """Open the account of a contributor again."""
    user = _contributor(user_id)
    try:
        people.reactivate(db.session(), user, actor=_actor(), reason=request.form.get("reason", ""))
    except ReasonMissing as error:
        return _page(error)
    mail.notify(db.session(), user, letters.OPENED, settings=parts().settings)
    flash(_("已恢复 %(name)s 的账户。", name=user.display_name), "good")
    return redirect(url_for("workbench_team.team"), 303)


def _actor() -> str:
    return auditlog.person(sessions.me().id)


def _contributor(user_id: str) -> User:
    """A contributor of the own institution. Raises `NotFound` for anybody else."""
    found = db.session.get(User, user_id)
    if found is None or not may_manage(sessions.me(), found):
        raise NotFound()
    return found


def _page(error: CommonsError | None = None, link: str = "", mailed: bool = False) -> ResponseReturnValue:
    owner, me = institution_id(), sessions.me()
    of_ours = select(User).where(User.institution_id == owner, User.role.in_(OF_AN_INSTITUTION))
    users = db.session.scalars(of_ours.order_by(User.active.desc(), User.name)).all()
    invitations = [one for one in account_links.open_invitations(db.session(), owner) if one.role == CONTRIBUTOR]
    page = render_template(
        "workbench/own/people.html",
        users=users,
        manageable={user.id for user in users if may_manage(me, user)},
        invitations=invitations,
        days=parts().settings.invitation_days,
        link=link,
        mailed=mailed,
        mails=bool(parts().settings.smtp_host),
        **forms.said(error),
    )
    return page, error.status if error else 200
