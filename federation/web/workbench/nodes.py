"""The workbench's page on one node: its keys, whether it and the hub hold the same, and what may stop it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from federation import auditlog, key_register, withdrawals
from federation.audience import ADMIN, guard
from federation.database import db
from federation.language import request_language
from federation.models.base import now
from federation.models.institutions import Institution, Node, NodeKey
from federation.models.reconciliations import Reconciliation
from federation.naming import KEY_STATES
from federation.web.workbench import sessions, showing
from shared.errors import CommonsError, InvalidRequest, MoveNotAllowed, NotFound, ReasonMissing

workbench_nodes = guard(
    Blueprint("workbench_nodes", __name__, url_prefix="/workbench/admin"), ADMIN, sessions.check_admin
)
sessions.furnish(workbench_nodes)
HOURS = 24
"""How long a member may withdraw as much as it wants after somebody has said yes."""
FINDINGS_SHOWN = 200
MOVE_NAMES = {"active": _l("恢复使用"), "suspended": _l("暂停"), "revoked": _l("吊销")}
FINDINGS = {
    "absent_at_hub": _l("平台缺少，节点已重新送出"),
    "absent_at_node": _l("节点缺少，已从平台取回"),
    "content_differs": _l("同一版本号内容不同，节点已改为新版本"),
    "state_differs": _l("状态不同，节点已改用平台的状态"),
    "elsewhere": _l("已由本单位另一节点发布"),
    "unverified": _l("平台所存的不是该节点签的，没有取回"),
    "refused": _l("平台不接收"),
    "held": _l("撤回已被平台拦下，等联盟管理员同意"),
}


@workbench_nodes.get("/nodes/<node_id>")
def node(node_id: str) -> ResponseReturnValue:
    """One node."""
    return _page(_node(node_id))


@workbench_nodes.post("/nodes/<node_id>/keys/<key_id>")
def set_key_state(node_id: str, key_id: str) -> ResponseReturnValue:
    """Suspend, revoke or re-activate a key of the node, with a reason."""
    found = _node(node_id)
    key = db.session.get(NodeKey, key_id)
    if key is None or key.node_id != found.id:
        raise NotFound()
    state = request.form.get("state", "")
    if state not in MOVE_NAMES:
        raise InvalidRequest()
    try:
        key_register.set_key_state(
            db.session(), key_id, state=state, reason=request.form.get("reason", ""), actor=_actor()
        )
    except (ReasonMissing, InvalidRequest, MoveNotAllowed) as error:
        return _page(found, error)
    flash(_("已改变密钥的状态。"), "good")
    return redirect(url_for("workbench_nodes.node", node_id=found.id), 303)


@workbench_nodes.post("/institutions/<int(max=2147483647):institution_id>/withdrawals")
def allow_withdrawals(institution_id: int) -> ResponseReturnValue:
    """Let a member withdraw as much as it wants for a day: somebody has asked whether it means it."""
    member = db.session.get(Institution, institution_id)
    if member is None:
        raise NotFound()
    withdrawals.allow(db.session(), member, hours=HOURS, actor=_actor())
    flash(_("%(hours)s 小时之内，%(name)s可以大量撤回。", hours=HOURS, name=member.name(request_language())), "good")
    return redirect(url_for("workbench_admin.institutions"), 303)


def _actor() -> str:
    return auditlog.person(sessions.me().id)


def _node(node_id: str) -> Node:
    found = db.session.get(Node, node_id)
    if found is None:
        raise NotFound()
    return found


def _page(found: Node, error: CommonsError | None = None) -> ResponseReturnValue:
    keys = select(NodeKey).where(NodeKey.node_id == found.id).order_by(NodeKey.created_at.desc())
    until = found.institution.withdrawals_allowed_until
    page = render_template(
        "workbench/admin/node.html",
        node=found,
        keys=db.session.scalars(keys).all(),
        compared=db.session.get(Reconciliation, found.id),
        held=[one for one in withdrawals.held(db.session()) if one.node.institution_id == found.institution_id],
        allowed_until=until if until is not None and until > now() else None,
        showing=showing,
        key_states=KEY_STATES,
        moves={
            state: [to for to in MOVE_NAMES if to in allowed] for state, allowed in key_register.KEY_MOVES.items()
        },
        move_names=MOVE_NAMES,
        findings=FINDINGS,
        findings_shown=FINDINGS_SHOWN,
        hours=HOURS,
        error=error.message(request_language()) if error else "",
    )
    return page, error.status if error else 200
