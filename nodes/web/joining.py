"""Joining on the page, in three steps: what this computer is called, the invitation, done. Or by files on a stick."""

from __future__ import annotations

import socket
from http import HTTPStatus
from io import BytesIO
from typing import Any

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from nodes import background, invitations
from nodes import membership as memberships
from nodes.models import Membership
from nodes.web import language, uploads
from nodes.web.frame import workplace
from nodes.web.language import gettext as _
from shared.errors import InvitationUnreadable

joining = Blueprint("joining", __name__)
REQUEST = "join-request.jws"
MAX_NAME = 100


@joining.get("/join")
def welcome() -> ResponseReturnValue:
    """The first step: what this is, and what this computer is called."""
    return redirect(url_for("joining.done")) if _membership() else first_step()


def first_step() -> str:
    """The page of the first step."""
    return render_template("join_welcome.html", name=_name())


@joining.get("/join/invitation")
def invitation() -> ResponseReturnValue:
    """The second step: a place to paste the invitation into."""
    return redirect(url_for("joining.done")) if _membership() else _second_step()


@joining.post("/join/invitation")
def join() -> ResponseReturnValue:
    """Join; what was pasted stays when it will not do, with what is wrong and what to do."""
    text = request.form.get("invitation", "")
    try:
        found = invitations.read(text)
    except InvitationUnreadable as error:
        return _second_step(error.message(language.current())), error.status
    said = _joined({"hub": found.hub, "token": found.token, "name": _name()})
    if said and not _membership():
        return _second_step(said[language.current()], code=said["code"]), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("joining.done"))


@joining.get("/join/done")
def done() -> ResponseReturnValue:
    """The third step: whose member one is, and what comes next."""
    return render_template("join_done.html") if _membership() else redirect(url_for("joining.welcome"))


@joining.get("/join/carried")
def carried() -> ResponseReturnValue:
    """Joining without a network: a file that is carried to the hub, and its reply brought back."""
    return _carried()


@joining.post("/join/carried/request")
def write_request() -> ResponseReturnValue:
    """The request to join as a file."""
    try:
        token = invitations.token_of(request.form.get("invitation", ""))
    except InvitationUnreadable as error:
        return _carried(request_fault=error.message(language.current())), error.status
    target = workplace().folder / REQUEST
    said = _joined({"request": str(target), "token": token, "name": _name()})
    if said:
        return _carried(request_fault=said[language.current()]), HTTPStatus.UNPROCESSABLE_ENTITY
    # Read whole: it has some hundred bytes, and an open file would keep Windows from writing it again.
    content = BytesIO(target.read_bytes())
    return send_file(content, mimetype="application/jose", as_attachment=True, download_name=REQUEST)


@joining.post("/join/carried/reply")
def take_reply() -> ResponseReturnValue:
    """Join as the hub's reply says."""
    brought = uploads.take(request)
    if not brought:
        return _carried(reply_fault=_("请选择联盟给的答复文件。")), HTTPStatus.UNPROCESSABLE_ENTITY
    said = _joined({"reply": str(brought[0]), "hub_key": request.form.get("hub_key", "").strip()})
    for path in brought:
        path.unlink(missing_ok=True)
        path.parent.rmdir()
    if said:
        return _carried(reply_fault=said[language.current()]), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("joining.done"))


def _joined(asked: dict[str, Any]) -> dict[str, Any]:
    return background.join(workplace().settings, asked, language=language.current())


def _second_step(fault: str = "", *, code: str = "") -> str:
    text = request.form.get("invitation", "")
    return render_template("join_invitation.html", name=_name(), text=text, fault=fault, code=code)


def _carried(*, request_fault: str = "", reply_fault: str = "") -> str:
    return render_template("join_carried.html", name=_name(), request_fault=request_fault, reply_fault=reply_fault)


def _name() -> str:
    return request.values.get("name", "").strip()[:MAX_NAME] or socket.gethostname()[:MAX_NAME]


def _membership() -> Membership | None:
    with workplace().database.unit_of_work(read_only=True) as session:
        return memberships.find(session)
