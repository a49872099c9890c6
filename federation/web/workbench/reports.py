"""The contribution report: on screen with charts and tables, as spreadsheet, as CSV, and on paper.

Members see their own; whoever reads the desk sees everybody's.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from federation import days
from federation.audience import PERSON, guard
from federation.database import db
from federation.language import request_language
from federation.models.institutions import Institution
from federation.reports import contribution, forms, period, tables
from federation.reports.contribution import Report
from federation.reports.tables import Table
from federation.roles import Permission, may
from federation.web.workbench import sessions, showing
from shared.errors import Forbidden, InvalidRequest, NotFound

workbench_reports = guard(
    Blueprint("workbench_reports", __name__, url_prefix="/workbench/reports"), PERSON, sessions.check_signed_in
)
sessions.furnish(workbench_reports)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""A chart has styles of its own, and loads and runs nothing."""


@workbench_reports.get("/")
def report() -> ResponseReturnValue:
    """The report of a period and of one member or all; a faulty period is said to be so beside the form."""
    language, fault = request_language(), ""
    try:
        made, status = _made(), 200
    except InvalidRequest as error:
        fault, status = showing.fault(error), error.status
        made = contribution.report(db.session(), period.asked_for("", "", today=days.today()), institution=_whose())
    shown = tables.tables(made, language)
    page = render_template(
        "workbench/report.html",
        report=made,
        tables=shown,
        about=tables.about(made, language),
        members=_members(),
        asked=_asked(made),
        typed=request.args if fault else _asked(made),
        drawn=[table.name for table in shown if _has_bars(table)],
        fault=fault,
    )
    return page, status


@workbench_reports.get("/report.xlsx")
def spreadsheet() -> Response:
    """All tables as a workbook."""
    made, language = _made(), request_language()
    content = forms.as_xlsx(tables.about(made, language), tables.tables(made, language))
    return _taken(content, XLSX, f"{_name(made)}.xlsx")


@workbench_reports.get("/<name>.csv")
def csv(name: str) -> Response:
    """One table as CSV."""
    made = _made()
    content = forms.as_csv(_table(made, name)).encode("utf-8")
    return _taken(content, "text/csv; charset=utf-8", f"{_name(made)}-{name}.csv")


@workbench_reports.get("/<name>.svg")
def chart(name: str) -> Response:
    """One table as bars."""
    if name not in tables.DRAWN:
        raise NotFound()
    answer = Response(forms.as_chart(_table(_made(), name)), content_type="image/svg+xml")
    answer.headers["Content-Security-Policy"] = PICTURE_POLICY
    return answer


def _has_bars(table: Table) -> bool:
    """Whether a chart of the table would show anything."""
    return any(row[column] for row in table.rows for column in table.drawn)


def _made() -> Report:
    """The report that the query asks for. Raises `InvalidRequest`, `Forbidden` or `NotFound`."""
    given = request.args.get("begin", ""), request.args.get("end", "")
    asked = period.asked_for(*given, today=days.today())
    return contribution.report(db.session(), asked, institution=_whose())


def _whose() -> Institution | None:
    """Of which member: the own one for people of members, any one or all for those who read the desk."""
    me, code = sessions.me(), request.args.get("institution", "")
    if may(me, Permission.READ_DESK):
        return _member(code) if code else None
    if me.institution is None or code not in ("", me.institution.code):
        raise Forbidden()
    return me.institution


def _member(code: str) -> Institution:
    found = db.session.scalar(select(Institution).where(Institution.code == code))
    if found is None:
        raise NotFound()
    return found


def _members() -> list[Institution]:
    if not may(sessions.me(), Permission.READ_DESK):
        return []
    return list(db.session.scalars(select(Institution).order_by(Institution.code)))


def _asked(made: Report) -> dict[str, Any]:
    """The query of this very report, for its other forms."""
    chosen = made.institution.code if made.institution and may(sessions.me(), Permission.READ_DESK) else None
    days = made.period.first.isoformat(), made.period.last.isoformat()
    return {"begin": days[0], "end": days[1], "institution": chosen}


def _table(made: Report, name: str) -> Table:
    found = [table for table in tables.tables(made, request_language()) if table.name == name]
    if not found:
        raise NotFound()
    return found[0]


def _name(made: Report) -> str:
    whose = made.institution.code if made.institution else "all"
    return f"contribution-{whose}-{made.period.first:%Y%m%d}-{made.period.last:%Y%m%d}"


def _taken(content: bytes, media_type: str, name: str) -> Response:
    answer = Response(content, content_type=media_type)
    answer.headers["Content-Disposition"] = f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(name)}"
    return answer
