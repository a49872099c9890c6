"""How states, roles and keys are called, for pages and for commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

STATES: Mapping[str, Any] = {
    "received": _l("已收到"),
    "awaiting_files": _l("等待文件"),
    "verifying": _l("核验文件"),
    "in_review": _l("待审核"),
    "approved": _l("已通过，待发布"),
    "published": _l("已发布"),
    "changes_requested": _l("退回修改"),
    "rejected": _l("不予通过"),
    "superseded": _l("已被新版本取代"),
    "withdrawn": _l("已撤回"),
    "taken_down": _l("已下架"),
    "expired": _l("已到期"),
}
ROLES: Mapping[str, Any] = {
    "contributor": _l("提交人"),
    "manager": _l("单位管理员"),
    "reviewer": _l("审核人"),
    "chief_reviewer": _l("审核负责人"),
    "admin": _l("联盟管理员"),
    "auditor": _l("审计人（只读）"),
}
KEY_STATES: Mapping[str, Any] = {
    "active": _l("在用"),
    "suspended": _l("已暂停"),
    "retired": _l("已更换"),
    "revoked": _l("已吊销"),
    "forbidden": _l("已禁止"),
}
