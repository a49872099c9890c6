"""How states are called, for people."""

from __future__ import annotations

from nodes.texts import _

STATES = {
    "registered": "待同步",
    "refused": "平台未接收",
    "received": "平台已收到",
    "awaiting_files": "等待文件",
    "verifying": "核验文件中",
    "in_review": "审核中",
    "published": "已发布",
    "changes_requested": "需要修改",
    "rejected": "未通过",
    "superseded": "已有新版本",
    "withdrawn": "已撤回",
    "taken_down": "已下架",
    "expired": "已过期",
}


def state_name(state: str) -> str:
    """The state in the user's language; an unknown one as it is."""
    return _(STATES.get(state, state))
