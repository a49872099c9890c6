"""How states, roles, keys and the fields of a record are called, for pages and for commands."""

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
LABELS: Mapping[str, Any] = {
    "title": _l("标题"),
    "summary": _l("简介"),
    "description": _l("详细说明"),
    "type": _l("类型"),
    "themes": _l("主题"),
    "disciplines": _l("计量专业"),
    "audiences": _l("适合"),
    "occasions": _l("场合"),
    "stage": _l("工作环节"),
    "keywords": _l("关键词"),
    "language": _l("语言"),
    "creators": _l("作者"),
    "contributors": _l("参与者"),
    "created": _l("成稿时间"),
    "coverage": _l("所涉时间和地点"),
    "license": _l("使用许可"),
    "rights_holder": _l("权利人"),
    "evidence": _l("考证"),
    "files": _l("文件"),
    "links": _l("链接"),
    "relations": _l("关联资源"),
    "identifiers": _l("其他标识"),
    "embargo_until": _l("公开日期不早于"),
    "withdrawn": _l("撤回理由"),
}
"""Every field of a record, in the order in which it is shown."""
FILE_CHANGES: Mapping[str, Any] = {
    "added": _l("新增"),
    "removed": _l("删去"),
    "replaced": _l("内容已换"),
    "renamed": _l("改名"),
    "described": _l("说明有改动"),
}
