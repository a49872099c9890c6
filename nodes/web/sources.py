"""The pages of sources: what is fetched from elsewhere, a first look at another, and what each harvest came to."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from nodes import background, harvest_report
from nodes import sources as remembered
from nodes.models import now
from nodes.source_models import HarvestSource
from nodes.sources import Options
from nodes.web import language
from nodes.web.forms import Faults
from nodes.web.frame import choices_of, languages_of, workplace
from nodes.web.harvester import Harvester
from nodes.web.language import gettext as _
from shared.errors import CommonsError, InvalidRequest, InvalidSourceAddress, SourceAway
from shared.wording import Words

LOOK_SECONDS = 90.0
"""How long a person waits for a first look at the utmost."""
MAX_MINUTES = 10080
TEXTS = ("license", "type", "rights_holder")
LISTS = ("themes", "language", "audiences")
TOO_SLOW = Words(f"no first answer within {LOOK_SECONDS:.0f} seconds", f"{LOOK_SECONDS:.0f} 秒内没有看完")

pages = Blueprint("sources", __name__)


def harvester() -> Harvester:
    """The harvests of the application at hand."""
    return cast("Harvester", current_app.config["HARVESTER"])


@pages.get("/sources")
def overview() -> ResponseReturnValue:
    """All sources, and how the last harvest of each went."""
    with workplace().database.unit_of_work(read_only=True) as session:
        found = remembered.every(session)
    return render_template("sources.html", rows=[_shown(one) for one in found], kinds=harvest_report.KINDS)


@pages.get("/sources/new")
def blank() -> ResponseReturnValue:
    """The form in which an address is named; with `from`, that of a source that is to be read otherwise."""
    number = request.args.get("from", type=int)
    if number is None:
        return _form({"kind": remembered.OAI, "options": Options().as_dict()})
    with workplace().database.unit_of_work(read_only=True) as session:
        source = remembered.get(session, number)
    return _form({"kind": source.kind, "address": source.address, "options": source.options}, minutes=source.minutes)


@pages.post("/sources/look")
def look() -> ResponseReturnValue:
    """Look at a source; nothing is kept."""
    asked = _asked(request.form)
    seen, error = _seen(asked)
    if seen is None:
        return _form(asked, error=error), HTTPStatus.UNPROCESSABLE_ENTITY
    return _form(asked, seen=seen)


@pages.post("/sources")
def add() -> ResponseReturnValue:
    """Remember a source and harvest it."""
    asked = _asked(request.form)
    try:
        name = _name(asked)
        with workplace().database.unit_of_work() as session:
            made = remembered.remember(
                session,
                kind=asked["kind"],
                address=asked["address"],
                name=name,
                title=request.form.get("title", ""),
                options=Options(**asked["options"]),
                minutes=_minutes(request.form),
            )
    except (InvalidSourceAddress, InvalidRequest) as fault:
        return _form(asked, error=_in_words(fault)), fault.status
    if not harvester().start(made.id):
        flash(_("已加入。另一个来源正在采集，等它做完再点“现在采集”。"))
    return redirect(url_for("sources.one", number=made.id))


@pages.get("/sources/<int:number>")
def one(number: int) -> ResponseReturnValue:
    """One source: how it is harvested, how far a harvest is, and what is wrong with which entry."""
    with workplace().database.unit_of_work(read_only=True) as session:
        source = remembered.get(session, number)
    shown = _shown(source)
    still = "still" in request.args
    return render_template(
        "source.html",
        **shown,
        kinds=harvest_report.KINDS,
        intervals=_intervals(source.minutes),
        reasons=harvest_report.by_reason(source.outcome.get("faults", ()), language.current()),
        still=still,
    )


@pages.post("/sources/<int:number>/run")
def run(number: int) -> ResponseReturnValue:
    """Harvest it now."""
    with workplace().database.unit_of_work(read_only=True) as session:
        remembered.get(session, number)
    if not harvester().start(number):
        flash(_("正在采集一个来源，一次只采集一个。"))
    return redirect(url_for("sources.one", number=number))


@pages.post("/sources/<int:number>/settings")
def change(number: int) -> ResponseReturnValue:
    """Harvest it more often, less often, by hand only; or pause it, or go on."""
    with workplace().database.unit_of_work() as session:
        source = remembered.get(session, number)
        source.minutes = _minutes(request.form)
        remembered.pause(session, number, paused="paused" in request.form)
    flash(_("已保存。"))
    return redirect(url_for("sources.one", number=number))


@pages.post("/sources/<int:number>/remove")
def remove(number: int) -> ResponseReturnValue:
    """Forget it; its resources stay."""
    with workplace().database.unit_of_work() as session:
        remembered.remove(session, number)
    flash(_("已移除。已登记的资源都留着；再加上同一个来源，会认出它们。"))
    return redirect(url_for("sources.overview"))


def _shown(source: HarvestSource) -> dict[str, Any]:
    """A source for a template."""
    moment = now()
    running = harvester().runs(source.id) or remembered.is_running(source, moment)
    error = {} if running else remembered.error_of(source, moment) or harvester().hindrance(source)
    return {"source": source, "running": running, "error": error, "outcome": source.outcome}


def _asked(form: MultiDict[str, str]) -> dict[str, Any]:
    kind = form.get("kind", "")
    constants: dict[str, Any] = {name: form[name].strip() for name in TEXTS if form.get(name, "").strip()}
    constants |= {name: form.getlist(name) for name in LISTS if form.getlist(name)}
    options = Options(
        chosen_set=form.get("chosen_set", "").strip(),
        prefix=form.get("prefix", "").strip() or "oai_dc",
        since=form.get("since", "").strip(),
        mapping=form.get("mapping", "").strip(),
        files="files" in form,
        constants=constants,
    )
    kind = kind if kind in remembered.KINDS else remembered.OAI
    return {"kind": kind, "address": form.get("address", "").strip(), "options": options.as_dict()}


def _name(asked: Mapping[str, Any]) -> str:
    """The name of what comes from there. Raises `InvalidSourceAddress`, or `InvalidRequest`."""
    remembered.checked_since(asked["options"]["since"])
    if asked["kind"] != remembered.FOLDER:
        return remembered.name_of(remembered.checked_address(asked["address"]))
    # A manifest may name its source, and reading one is for a process of its own.
    seen, error = _seen(asked)
    if seen is None:
        raise InvalidSourceAddress(address=asked["address"][:200], cause=Words(error["en"], error["zh"].rstrip("。")))
    return str(seen["name"])[: remembered.MAX_NAME]


def _seen(asked: Mapping[str, Any]) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """What a first look sees, or why it sees nothing: a sentence for each language."""
    try:
        remembered.checked_since(asked["options"]["since"])
        if asked["kind"] != remembered.FOLDER:
            remembered.checked_address(asked["address"])
    except (InvalidSourceAddress, InvalidRequest) as fault:
        return None, _in_words(fault)
    answer = background.first_look(workplace().settings, dict(asked), seconds=LOOK_SECONDS)
    slow = SourceAway(address=asked["address"][:200], cause=TOO_SLOW)
    return answer.get("seen"), answer.get("error") or _in_words(slow)


def _in_words(error: CommonsError) -> dict[str, str]:
    sentences = error.errors or [error]
    return {spoken: " ".join(one.message(spoken) for one in sentences) for spoken in remembered.LANGUAGES}


def _minutes(form: MultiDict[str, str]) -> int:
    return min(MAX_MINUTES, max(0, form.get("minutes", 0, type=int)))


def _intervals(present: int) -> list[tuple[int, str]]:
    said = {0: _("只在我点的时候"), 60: _("每小时"), 1440: _("每天"), 10080: _("每周")}
    more = {} if present in said else {present: _("每 %(minutes)s 分钟") % {"minutes": present}}
    return sorted({**said, **more}.items())


def _form(
    asked: Mapping[str, Any],
    *,
    minutes: int | None = None,
    seen: Mapping[str, Any] | None = None,
    error: Mapping[str, str] | None = None,
) -> str:
    minutes = _minutes(request.form) if minutes is None else minutes
    return render_template(
        "source_form.html",
        asked={"address": "", **asked},
        seen=seen,
        error=error,
        kinds=harvest_report.KINDS,
        intervals=_intervals(minutes),
        minutes=minutes,
        fields=asked["options"]["constants"],
        faults=Faults(),
        choices_of=choices_of,
        languages_of=languages_of,
    )
