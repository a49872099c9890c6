"""The list of all resources: looking for some, and doing one thing for several."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from nodes import deeds, listing, queries
from nodes.deeds import Batch
from nodes.listing import Wanted
from nodes.web import language
from nodes.web.frame import in_order, workplace
from nodes.web.language import gettext as _
from nodes.web.language import ngettext
from shared.errors import CommonsError, FieldError, InvalidRecord, InvalidRequest, NothingChosen, ReasonMissing

resources = Blueprint("listing", __name__)
MAX_TEXT = 200
"""Characters of what is looked for."""
SAID = 5
"""How many resources are named for which something could not be done."""


@resources.get("/resources")
def overview() -> ResponseReturnValue:
    """The resources that are wanted, a page of them."""
    return _page()


@resources.post("/resources/batch")
def batch() -> ResponseReturnValue:
    """Withdraw the chosen resources, or ask that they stay public; what was filled in stays if it will not do."""
    chosen, text = request.form.getlist("id"), request.form.get("reason", "")
    renewing = request.form.get("deed") == "renew"
    try:
        with workplace().database.unit_of_work() as session:
            if renewing:
                done = deeds.renew(session, chosen, text=text)
            elif request.form.get("deed") != "withdraw":
                # What cannot be undone is done only when it is named.
                raise InvalidRequest(errors=[FieldError("/deed", "required")])
            else:
                done = deeds.withdraw(session, chosen, reason=text, key=workplace().key)
    except (NothingChosen, ReasonMissing, InvalidRecord, InvalidRequest) as error:
        return _page(error), error.status
    _say(done, renewing=renewing)
    query: dict[str, Any] = _wanted(request.form).as_query()
    return redirect(url_for("listing.overview", **query))


def _say(done: Batch, *, renewing: bool) -> None:
    count = len(done.done)
    if count and renewing:
        said = ngettext(
            "已为 %(num)s 件申请续期，下次同步时送出。", "已为 %(num)s 件申请续期，下次同步时送出。", count
        )
        flash(said % {"num": count})
    elif count:
        said = ngettext("已登记撤回 %(num)s 件，下次同步时生效。", "已登记撤回 %(num)s 件，下次同步时生效。", count)
        flash(said % {"num": count})
    with workplace().database.unit_of_work(read_only=True) as session:
        titles = queries.titles(session, [one for one, _why in done.left[:SAID]], language=language.current())
    for record_id, why in done.left[:SAID]:
        told = {"title": titles.get(record_id, record_id), "why": why.message(language.current())}
        flash(_("%(title)s：%(why)s") % told, "bad")
    if len(done.left) > SAID:
        flash(_("还有 %(count)s 件没有办成，原因相同或类似。") % {"count": len(done.left) - SAID}, "bad")


def _wanted(values: Any) -> Wanted:
    sort = values.get("sort", "")
    return Wanted(
        values.get("text", "").strip()[:MAX_TEXT],
        values.get("state", ""),
        values.get("kind", ""),
        values.get("source", ""),
        sort if sort in listing.SORTS else listing.SORTS[0],
        "1" if values.get("ending") else "",
    )


def _page(error: CommonsError | None = None) -> str:
    wanted = _wanted(request.values)
    with workplace().database.unit_of_work(read_only=True) as session:
        counts = in_order(queries.states(session))
        page = listing.page(
            session,
            wanted,
            number=request.values.get("page", 1, type=int),
            language=language.current(),
        )
        kinds, sources = listing.kinds(session), listing.sources(session)
    return render_template(
        "listing.html",
        counts=counts,
        page=page,
        wanted=wanted,
        query=wanted.as_query(),
        kinds=kinds,
        sources=sources,
        faults=(error.errors or [error]) if error else (),
        chosen=request.form.getlist("id"),
    )
