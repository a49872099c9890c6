"""How states and tasks are called, for people."""

from __future__ import annotations

from nodes.texts import _, later

STATES = {
    "registered": later("待同步"),
    "refused": later("平台未接收"),
    "received": later("平台已收到"),
    "awaiting_files": later("等待文件"),
    "verifying": later("核验文件中"),
    "in_review": later("审核中"),
    "published": later("已发布"),
    "changes_requested": later("需要修改"),
    "rejected": later("未通过"),
    "superseded": later("已有新版本"),
    "withdrawn": later("已撤回"),
    "taken_down": later("已下架"),
    "expired": later("已过期"),
}

TASKS = (
    later("读取文件"),
    later("登记"),
    later("发布著录"),
    later("上传文件"),
    later("写入离线包"),
    later("读取回执"),
)
"""What services call the tasks whose progress they report: they know no language, the bar or page translates."""


def state_name(state: str) -> str:
    """The state in the user's language; an unknown one as it is."""
    return _(STATES.get(state, state))
