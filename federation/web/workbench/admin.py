"""The workbench's admin part: members with their nodes and invitations."""

from __future__ import annotations

from collections import defaultdict

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from federation import auditlog, enrolment, quotas, withdrawals
from federation.audience import ADMIN, guard
from federation.database import db
from federation.language import request_language
from federation.models.institutions import Institution, Node
from federation.models.reconciliations import Reconciliation
from federation.parts import parts
from federation.transparency.keys import log_keys
from federation.web.workbench import forms, sessions
from shared.errors import AlreadyExists, CommonsError, InvalidRequest, NotFound
from shared.vocabularies import vocabulary

workbench_admin = guard(
    Blueprint("workbench_admin", __name__, url_prefix="/workbench/admin"), ADMIN, sessions.check_admin
)
sessions.furnish(workbench_admin)


@workbench_admin.get("/institutions")
def institutions() -> ResponseReturnValue:
    """The members, their nodes, and the form for a new one."""
    return _institutions_page()


@workbench_admin.post("/institutions")
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


def _actor() -> str:
    return auditlog.person(sessions.me().id)


def _institution(institution_id: int) -> Institution:
    found = db.session.get(Institution, institution_id)
    if found is None:
        raise NotFound()
    return found


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
        fingerprint=log_keys(parts().settings).fingerprint if token else "",
        hub=parts().settings.origin,
        **forms.said(error),
    )
    return page, error.status if error else 200
