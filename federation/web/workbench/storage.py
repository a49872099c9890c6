"""The workbench's page on stored files: how they are, which are damaged, and what that concerns."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from federation import fixity, screening, under_way
from federation.audience import ADMIN, guard
from federation.database import db
from federation.parts import parts
from federation.web.workbench import sessions, showing

workbench_storage = guard(
    Blueprint("workbench_storage", __name__, url_prefix="/workbench/admin"), ADMIN, sessions.check_admin
)
sessions.furnish(workbench_storage)
DAMAGES = {
    "missing": _l("文件丢失"),
    "size": _l("长度不对"),
    "digest": _l("内容有改变"),
    "unreadable": _l("读不出来"),
}
WORKS = {under_way.SENDING: _l("节点正在上传"), under_way.READING: _l("平台正在核验")}


@workbench_storage.get("/files")
def files() -> ResponseReturnValue:
    """The figures of the checks, and every damaged file with the resources that name it."""
    settings = parts().settings
    return render_template(
        "workbench/admin/files.html",
        showing=showing,
        standing=fixity.standing(db.session(), days=settings.fixity_days),
        damaged=fixity.damaged(db.session()),
        infected=screening.infected(db.session()),
        damages=DAMAGES,
        works=under_way.uploads(db.session()),
        work_names=WORKS,
        days=settings.fixity_days if settings.fixity_bytes_per_second else 0,
    )
