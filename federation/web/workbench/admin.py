"""The workbench's admin part: members with their nodes and invitations, and the people of the alliance."""

from __future__ import annotations

import secrets
from collections import defaultdict

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from federation import auditlog, enrolment, people, quotas, withdrawals
from federation.audience import ADMIN, guard
from federation.database import db
from federation.language import request_language
from federation.models.institutions import Institution, Node
from federation.models.people import User
from federation.models.reconciliations import Reconciliation
from federation.parts import parts
from federation.web.workbench import sessions, showing
from shared.errors import AlreadyExists, CommonsError, InvalidRequest, NotFound
from shared.vocabularies import vocabulary

workbench_admin = guard(
    Blueprint("workbench_admin", __name__, url_prefix="/workbench/admin"), ADMIN, sessions.check_admin
)
sessions.furnish(workbench_admin)
BAD_NAME = _l("用户名只能用文字、数字和 . @ + - _，不能有空格。")


@workbench_admin.get("/")
def institutions() -> ResponseReturnValue:
    """The members, their nodes, and the form for a new one."""
    return _institutions_page()


@workbench_admin.post("/")
def create_institution() -> ResponseReturnValue:
    """Make a member and its first invitation, whose token is shown this once."""
    form = request.form
    try:
        made = enrolment.create_institution(
            db.session(),
            code=form.get("code", "").strip(),
            kind=form.get("kind", ""),
            name_zh=form.get("name_zh", "").strip(),
            name_en=form.get("name_en", "").strip(),
            actor=_actor(),
        )
    except (AlreadyExists, InvalidRequest) as error:
        return _institutions_page(error)
    return _invited(made)


@workbench_admin.post("/institutions/<int(max=2147483647):institution_id>/invitation")
def invite(institution_id: int) -> ResponseReturnValue:
    """A further invitation, whose token is shown this once."""
    return _invited(_institution(institution_id))


@workbench_admin.post("/institutions/<int(max=2147483647):institution_id>/quota")
def set_quota(institution_id: int) -> ResponseReturnValue:
    """Say how much a member may store; an empty field means what the settings say."""
    found = _institution(institution_id)
    try:
        quota = quotas.read_quota(request.form.get("quota", ""))
    except InvalidRequest as error:
        return _institutions_page(error, of_quota=found)
    quotas.set_quota(db.session(), found, quota, actor=_actor())
    flash(_("已更改 %(name)s 的存储配额。", name=found.name(request_language())), "good")
    return redirect(url_for("workbench_admin.institutions"), 303)


@workbench_admin.get("/users")
def users() -> ResponseReturnValue:
    """The people who may sign in, and the form for a new one."""
    return _users_page()


@workbench_admin.post("/users")
def create_user() -> ResponseReturnValue:
    """Make an account with a random first password, which is shown this once."""
    form, password = request.form, secrets.token_urlsafe(12)
    chosen = form.get("institution", "")
    institution = _institution(int(chosen)) if chosen.isdecimal() and len(chosen) < 10 else None
    try:
        made = people.create_user(
            db.session(),
            name=form.get("name", ""),
            display_name=form.get("display_name", ""),
            password=password,
            role=form.get("role", ""),
            institution=institution,
            actor=_actor(),
        )
    except (AlreadyExists, InvalidRequest) as error:
        return _users_page(error)
    return _users_page(made=made, password=password)


@workbench_admin.post("/users/<user_id>/password")
def reset_password(user_id: str) -> ResponseReturnValue:
    """Give an account a new random password, which is shown this once; its sessions end."""
    user, password = _other_user(user_id), secrets.token_urlsafe(12)
    people.set_password(db.session(), user, password, actor=_actor())
    return _users_page(made=user, password=password)


@workbench_admin.post("/users/<user_id>/deactivation")
def deactivate(user_id: str) -> ResponseReturnValue:
    """Close an account; its sessions end, its decisions stay."""
    user = _other_user(user_id)
    people.deactivate(db.session(), user, actor=_actor())
    flash(_("已停用 %(name)s 的账户。", name=user.display_name), "good")
    return redirect(url_for("workbench_admin.users"), 303)


def _actor() -> str:
    return auditlog.person(sessions.me().id)


def _institution(institution_id: int) -> Institution:
    found = db.session.get(Institution, institution_id)
    if found is None:
        raise NotFound()
    return found


def _other_user(user_id: str) -> User:
    """Somebody else's account: nobody locks the own one from here."""
    user = db.session.get(User, user_id)
    if user is None or user.id == sessions.me().id:
        raise NotFound()
    return user


def _invited(institution: Institution) -> ResponseReturnValue:
    days = parts().settings.invitation_days
    token = enrolment.invite(db.session(), institution, days=days, actor=_actor())
    return _institutions_page(invited=institution, token=token)


def _institutions_page(
    error: CommonsError | None = None,
    invited: Institution | None = None,
    token: str = "",
    of_quota: Institution | None = None,
) -> ResponseReturnValue:
    nodes: dict[int, list[Node]] = defaultdict(list)
    for node in db.session.scalars(select(Node).order_by(Node.enrolled_at)):
        nodes[node.institution_id].append(node)
    page = render_template(
        "workbench/admin/institutions.html",
        institutions=db.session.scalars(select(Institution).order_by(Institution.code)).all(),
        nodes=nodes,
        held={one.node.id: one.count for one in withdrawals.held(db.session())},
        compared={one.node_id: one for one in db.session.scalars(select(Reconciliation))},
        kinds=vocabulary("institution-kinds"),
        days=parts().settings.invitation_days,
        used=quotas.used(db.session()),
        default_quota=parts().settings.institution_quota_bytes,
        of_quota=of_quota,
        written=quotas.written,
        invited=invited,
        token=token,
        hub=parts().settings.origin,
        **_said(error),
    )
    return page, error.status if error else 200


def _users_page(
    error: CommonsError | None = None, made: User | None = None, password: str = ""
) -> ResponseReturnValue:
    everybody = select(User).options(joinedload(User.institution)).order_by(User.active.desc(), User.name)
    page = render_template(
        "workbench/admin/users.html",
        users=db.session.scalars(everybody).all(),
        institutions=db.session.scalars(select(Institution).order_by(Institution.code)).all(),
        made=made,
        password=password,
        **_said(error),
    )
    return page, error.status if error else 200


def _said(error: CommonsError | None) -> dict[str, object]:
    """What the templates of this part share: the words for values, and the faults of the form by field."""
    language = request_language()
    faults: dict[str, str] = {}
    for one in error.errors if error else ():
        words = str(BAD_NAME) if one.code == "bad_user_name" else one.message(language)
        faults.setdefault(one.pointer.strip("/"), words)
    said = error.message(language) if error and not faults else ""
    return {"showing": showing, "error": said, "faults": faults}
