"""The workbench's page on the audit log: who did what, when and why, for admins and auditors."""

from __future__ import annotations

import json
from datetime import date

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from federation import audit_reading, auditlog
from federation.audience import ADMIN, guard
from federation.database import db
from federation.web.workbench import deeds, sessions, showing

workbench_log = guard(
    Blueprint("workbench_log", __name__, url_prefix="/workbench/admin"), ADMIN, sessions.check_admin
)
sessions.furnish(workbench_log)
MAX_FILTER = 200


@workbench_log.get("/log")
def log() -> ResponseReturnValue:
    """The events, the last first."""
    asked = {name: request.args.get(name, "")[:MAX_FILTER].strip() for name in ("action", "subject", "actor")}
    until = _day(request.args.get("until", ""))
    found = audit_reading.read(db.session(), before=request.args.get("before", "")[:36], until=until, **asked)
    return render_template(
        "workbench/admin/log.html",
        found=found,
        asked={**asked, "until": until.isoformat() if until else ""},
        deeds=deeds,
        showing=showing,
        as_text=_as_text,
        is_person=auditlog.person_of,
    )


def _day(given: str) -> date | None:
    """The day that was chosen; none for what makes no sense, as for every filter."""
    try:
        found = date.fromisoformat(given)
    except ValueError:
        return None
    return found if 1970 < found.year < 9000 else None


def _as_text(detail: dict[str, object]) -> str:
    """The small values of an event in one line."""
    return json.dumps(detail, ensure_ascii=False, sort_keys=True) if detail else ""
