"""The page of files on their way: what waits, how far it is and how fast, pausing, and whose turn it is."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from nodes import limits, line, queries, underway
from nodes import membership as memberships
from nodes.limits import MEGA
from nodes.line import Turn
from nodes.models import LocalFile, Priority
from nodes.underway import FAILED, PAUSED, SENDING, SENT, WAITING
from nodes.web import language
from nodes.web.frame import syncer, workplace
from nodes.web.language import gettext as _
from nodes.web.language import ngettext
from nodes.wording import PRIORITIES, TRANSFER_LISTS, TRANSFER_STATES
from shared.errors import FieldError, InvalidRequest, NotFound
from shared.wording import file_size

PER_PAGE = 50
TONES = {SENDING: "good", WAITING: "wait", PAUSED: "done", FAILED: "bad", SENT: "good"}
TURNS = {priority.name.lower(): priority for priority in Priority}
HALTS = {"pause": True, "resume": False}
_PLACE = re.compile(r"([012])-(\d{1,18})-([0-9a-f]{64})")

transfers = Blueprint("transfers", __name__, url_prefix="/transfers")


@transfers.get("/")
def show() -> ResponseReturnValue:
    """All that waits, or the files of one resource; `?still` does not renew itself."""
    which = request.args.get("show", WAITING)
    which = which if which in underway.SHOWN else WAITING
    moment, place, settings = datetime.now().astimezone(), workplace(), workplace().settings
    record_id = request.args.get("resource", "")
    told = {"language": language.current()}
    after = _turn(request.args.get("after", ""))
    with place.database.unit_of_work(read_only=True) as session:
        ordered = line.line(session)  # held, so that it is read once
        totals = underway.totals(session, settings, moment)
        digests = line.files_of(session, record_id) if record_id else None
        title = queries.titles(session, [record_id], **told).get(record_id, "") if record_id else ""
        heads = which == WAITING and digests is None and after is None and totals.sending
        moving = underway.sending(session, settings, moment, **told) if heads else []
        found = underway.listed(
            session, settings, moment, which=which, digests=digests, after=after, limit=PER_PAGE + 1, **told
        )
        windows = line.limits_of(ordered, settings)
    at_top = {one.file.sha256 for one in moving}
    return render_template(
        "transfers.html",
        totals=totals,
        rows=moving + [one for one in found[:PER_PAGE] if one.file.sha256 not in at_top],
        following=_after(found[PER_PAGE - 1].file) if len(found) > PER_PAGE and which != SENT else "",
        which=which,
        record_id=record_id,
        title=title,
        first=after is None,
        has_limits=bool(windows),
        still="still" in request.args,
        at=moment,
        running=syncer().progress.running,
        lists=TRANSFER_LISTS,
        states=TRANSFER_STATES,
        priorities=PRIORITIES,
        tones=TONES,
        lasts=lasts,
        speed=speed,
        limit_said=limit_said,
        changes_at=limits.changes_at(windows, moment),
    )


@transfers.post("/line")
def order_all() -> ResponseReturnValue:
    """Pause all files, or let them go on. Raises `InvalidRequest` for no button of ours."""
    wanted = request.form.get("do", "")
    if wanted not in HALTS:
        raise InvalidRequest(errors=[FieldError("/do", "unknown_field")])
    with workplace().database.unit_of_work() as session:
        line.pause_all(session, paused=HALTS[wanted])
    flash(_("已全部暂停。正在传的这一段传完就停。") if HALTS[wanted] else _("已继续。"))
    _go_on()
    return _back()


@transfers.post("/files/<sha256>")
def order_file(sha256: str) -> ResponseReturnValue:
    """Pause a file, let it go on, or say when its turn is."""
    with workplace().database.unit_of_work() as session:
        if session.get(LocalFile, sha256) is None:
            raise NotFound()
        _order(session, [sha256])
    _go_on()
    return _back()


@transfers.post("/resources/<record_id>")
def order_resource(record_id: str) -> ResponseReturnValue:
    """The same for all files of a resource."""
    with workplace().database.unit_of_work() as session:
        _order(session, line.files_of(session, record_id))
    _go_on()
    return _back()


def speed(rate: int) -> str:
    """Bytes a second for people: `2.1 MB/s`."""
    return f"{file_size(rate)}/s"


def limit_said(rate: int) -> str:
    """A limit in megabytes a second, with what the contract of a line calls it."""
    if not rate:
        return _("不传文件")
    words = _("最多 %(bytes)s MB/s（合 %(bits)s Mbit/s）")
    return words % {"bytes": f"{rate / MEGA:g}", "bits": f"{rate * 8 / MEGA:g}"}


def lasts(seconds: int) -> str:
    """A time that is left, no finer than anybody could know."""
    minutes, hours = round(seconds / 60), seconds / 3600
    if seconds < 60:
        return _("不到 1 分钟")
    if minutes < 60:
        return ngettext("约 %(num)s 分钟", "约 %(num)s 分钟", minutes) % {"num": minutes}
    if hours < 48:
        return _("约 %(hours)s 小时 %(minutes)s 分") % {"hours": minutes // 60, "minutes": minutes % 60}
    days = round(hours / 24)
    return ngettext("约 %(num)s 天", "约 %(num)s 天", days) % {"num": days}


def _order(session: Session, digests: Collection[str]) -> None:
    """Do what the button says. Raises `InvalidRequest` for no button of ours."""
    wanted = request.form.get("do", "")
    if wanted in HALTS:
        line.pause(session, digests, paused=HALTS[wanted])
    elif wanted in TURNS:
        line.prioritise(session, digests, TURNS[wanted])
    else:
        raise InvalidRequest(errors=[FieldError("/do", "unknown_field")])


def _go_on() -> None:
    """Whoever lets files go on wants to see them go, not to wait for the schedule."""
    if request.form.get("do") != "resume":
        return
    place = workplace()
    with place.database.unit_of_work(read_only=True) as session:
        ready = memberships.find(session) is not None
        ready = ready and line.has_waiting(session, place.settings, datetime.now().astimezone())
    if ready:
        syncer().start()


def _back() -> ResponseReturnValue:
    return redirect(language.local_path(request.form.get("back", "") or url_for("transfers.show")))


def _after(file: LocalFile) -> str:
    return f"{file.priority}-{file.size}-{file.sha256}"


def _turn(said: str) -> Turn | None:
    """The place in the list that `_after` names; None for anything else, which is its beginning."""
    found = _PLACE.fullmatch(said)
    return Turn(int(found[1]), int(found[2]), found[3]) if found else None
