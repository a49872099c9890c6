"""The workbench's overview for admins and auditors: what needs action in words, and the figures behind it."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from federation.audience import ADMIN, guard
from federation.database import db
from federation.overview import keeping, members, recording, reviewing
from federation.parts import parts
from federation.web.workbench import attention, sessions, showing
from federation.web.workbench.attention import Overview

workbench_overview = guard(
    Blueprint("workbench_overview", __name__, url_prefix="/workbench/admin"), ADMIN, sessions.check_admin
)
sessions.furnish(workbench_overview)
SPANS = (7, 30, 90, 365)
"""Days over which decisions may be counted."""
DEFAULT_SPAN = 30
SHOWN = 12
"""Rows of a table on the overview; whatever has more has a page of its own."""


@workbench_overview.get("/")
def overview() -> ResponseReturnValue:
    """How the alliance and its hub are."""
    session, settings = db.session(), parts().settings
    days = request.args.get("days", DEFAULT_SPAN, type=int)
    days = days if days in SPANS else DEFAULT_SPAN
    found = Overview(
        queue=reviewing.queue(session),
        members=members.members(session),
        kept=keeping.kept(session, settings),
        log=recording.log(session, settings),
        letters=recording.letters(session),
    )
    return render_template(
        "workbench/admin/overview.html",
        found=found,
        notices=attention.notices(found),
        judged=reviewing.judged(session, days=days),
        days=days,
        spans=SPANS,
        shown=SHOWN,
        showing=showing,
        fixity_days=settings.fixity_days if settings.fixity_bytes_per_second else 0,
        mails=bool(settings.smtp_host),
        within={"bundles": members.BUNDLES_WITHIN.days, "healed": keeping.HEALED_WITHIN.days},
    )
