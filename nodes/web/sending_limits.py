"""The form for limits on sending by time of day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from nodes import limits, line
from nodes.limits import FASTEST, MEGA, MOST_WINDOWS, SLOWEST, Limits, Window
from nodes.web.forms import Faults, Form
from nodes.web.frame import workplace
from nodes.web.language import gettext as _
from nodes.web.transfers import limit_said
from shared.errors import FieldError, InvalidRequest

SPARE = 2
"""Empty rows below those that are set."""
COLUMNS = ("begin", "end", "rate")
_TIME = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)(?::\d\d)?")
_NUMBER = re.compile(r"\d{1,6}(?:\.\d{1,6})?")

Row = Mapping[str, str]

sending_limits = Blueprint("sending_limits", __name__, url_prefix="/transfers/limits")


@sending_limits.get("/")
def edit() -> ResponseReturnValue:
    """The windows that hold, and room for more."""
    with workplace().database.unit_of_work(read_only=True) as session:
        windows = line.limits_of(line.line(session), workplace().settings)
    return _page([_as_row(window) for window in windows], Faults())


@sending_limits.post("/")
def save() -> ResponseReturnValue:
    """Set the limits, or let those of the settings hold again; what was typed stays when it will not do."""
    windows: Limits | None = None
    if request.form.get("do") != "settings":
        rows = _rows(request.form)
        windows, faults = _read(rows)
        if faults:
            return _page(rows, Faults(faults)), InvalidRequest.status
    with workplace().database.unit_of_work() as session:
        line.set_limits(session, windows)
    flash(_("限速已保存，正在传的文件也照办。"))
    return redirect(url_for("transfers.show"))


def _page(rows: Sequence[Row], faults: Faults) -> str:
    with workplace().database.unit_of_work(read_only=True) as session:
        own = line.line(session).limits is not None
    spare = max(0, min(SPARE, MOST_WINDOWS - len(rows)))
    return render_template(
        "sending_limits.html",
        rows=[*rows, *({} for _ in range(spare))],
        faults=faults,
        own=own,
        configured=[(_times(one), limit_said(one.rate)) for one in workplace().settings.windows],
        most=MOST_WINDOWS,
    )


def _rows(form: Form) -> list[Row]:
    """What was typed, without empty rows. Raises `InvalidRequest` for more rows than the form has."""
    columns = [form.getlist(name) for name in COLUMNS]
    if max(map(len, columns)) > MOST_WINDOWS + SPARE:
        raise InvalidRequest(
            errors=[FieldError("/rate", "too_many", {"max": MOST_WINDOWS, "length": len(columns[2])})]
        )
    rows = [dict(zip(COLUMNS, map(str.strip, values), strict=True)) for values in zip_longest(*columns, fillvalue="")]
    return [row for row in rows if any(row.values())]


def _read(rows: Sequence[Row]) -> tuple[Limits, list[FieldError]]:
    """The windows of the rows, and every fault by row and column."""
    windows, faults = [], []
    for number, row in enumerate(rows):
        found = [*_faults_of_times(row), *_faults_of_rate(row["rate"])]
        faults += [FieldError(f"/{number}/{name}", code, params) for name, code, params in found]
        if not found:
            windows.append(Window(_minute(row["begin"]), _minute(row["end"]), round(float(row["rate"]) * MEGA)))
    return tuple(windows), faults


def _faults_of_times(row: Row) -> list[tuple[str, str, dict[str, object]]]:
    """A row without any time is for all day; one time alone says nothing."""
    if not row["begin"] and not row["end"]:
        return []
    return [
        (name, "bad_time" if row[name] else "required", {})
        for name in ("begin", "end")
        if not _TIME.fullmatch(row[name])
    ]


def _faults_of_rate(said: str) -> list[tuple[str, str, dict[str, object]]]:
    if not _NUMBER.fullmatch(said):
        return [("rate", "bad_number" if said else "required", {})]
    rate = round(float(said) * MEGA)
    if rate and not SLOWEST <= rate <= FASTEST:
        return [("rate", "out_of_range", {"min": f"{SLOWEST / MEGA:g}", "max": f"{FASTEST / MEGA:g}"})]
    return []


def _minute(said: str) -> int:
    found = _TIME.fullmatch(said)
    return int(found[1]) * 60 + int(found[2]) if found else 0


def _as_row(window: Window) -> Row:
    times = ("", "") if window.begin == window.end == 0 else (limits.clock(window.begin), limits.clock(window.end))
    return {"begin": times[0], "end": times[1], "rate": f"{window.rate / MEGA:g}"}


def _times(window: Window) -> str:
    if window.begin == window.end:
        return _("全天")
    return f"{limits.clock(window.begin)}–{limits.clock(window.end)}"
