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
    "approved": later("已通过，待发布"),
    "published": later("已发布"),
    "changes_requested": later("需要修改"),
    "rejected": later("未通过"),
    "superseded": later("已有新版本"),
    "withdrawn": later("已撤回"),
    "taken_down": later("已下架"),
    "expired": later("已过期"),
}

FIELDS = {
    "title": later("标题"),
    "summary": later("简介"),
    "description": later("说明"),
    "type": later("类型"),
    "themes": later("主题"),
    "disciplines": later("专业"),
    "audiences": later("受众"),
    "occasions": later("活动"),
    "stage": later("阶段"),
    "keywords": later("关键词"),
    "language": later("语言"),
    "creators": later("作者"),
    "contributors": later("贡献者"),
    "created": later("日期"),
    "coverage": later("时间和地点"),
    "license": later("许可"),
    "rights_holder": later("权利人"),
    "evidence": later("考证"),
    "files": later("文件"),
    "links": later("链接"),
    "relations": later("关联资源"),
    "embargo_until": later("公开日期"),
}
"""The fields of a record, as forms and comparisons call them."""

ROLE_NAMES = {"viewer": later("查看"), "editor": later("编辑"), "manager": later("管理员")}
ROLE_WORDS = {
    "viewer": later("只看，什么都不改"),
    "editor": later("登记、修改资源，回答提问，同步"),
    "manager": later("什么都可以做，包括加入平台、撤回、申诉和管理账号"),
}
FILE_CHANGES = {
    "added": later("新增"),
    "removed": later("去掉"),
    "replaced": later("换了内容"),
    "renamed": later("改了名字"),
    "described": later("改了用途或说明"),
}

ASKED = {
    "": later("审核人的提问"),
    "question": later("公众的提问"),
    "mistake": later("公众指出的错误"),
}
"""Who asks, by `Question.feedback`."""

TASKS = (
    later("读取文件"),
    later("登记"),
    later("发布著录"),
    later("上传文件"),
    later("写入离线包"),
    later("读取回执"),
    later("备份文件"),
    later("恢复文件"),
)
"""What services call the tasks whose progress they report: they know no language, the bar or page translates."""

FINDINGS = {
    "absent_at_hub": later("平台缺少"),
    "absent_at_node": later("本机缺少"),
    "content_differs": later("同一版本号内容不同"),
    "state_differs": later("状态不同"),
    "elsewhere": later("已由本单位另一节点发布"),
    "unverified": later("平台所存的不是本节点签的"),
    "refused": later("平台不接收"),
    "held": later("撤回被平台拦下"),
}
"""What a comparison found of a version."""
MENDED = {
    "absent_at_hub": later("已重新送出"),
    "absent_at_node": later("已取回"),
    "content_differs": later("本机的内容已改为新版本"),
    "state_differs": later("已改用平台的状态"),
    "elsewhere": later("不再由本节点核对"),
    "unverified": later("未取回，请联系联盟管理员"),
    "refused": later("请按提示修改"),
    "held": later("等联盟管理员确认"),
}
"""What was done about it."""
ROUNDS = {"sync": later("同步"), "reconcile": later("核对")}
BEGUN_BY = {"command": later("命令行"), "page": later("本页"), "schedule": later("自动")}
TRANSFER_STATES = {
    "sending": later("正在传"),
    "waiting": later("等着传"),
    "paused": later("已暂停"),
    "failed": later("没有传成"),
    "sent": later("已送到"),
}
TRANSFER_LISTS = {
    "waiting": later("还没送到"),
    "paused": later("暂停的"),
    "failed": later("没有传成"),
    "sent": later("已送到"),
}
PRIORITIES = {"first": later("先传"), "normal": later("平常"), "last": later("后传")}
WORDS = {
    "FINDINGS": FINDINGS,
    "MENDED": MENDED,
    "ROUNDS": ROUNDS,
    "BEGUN_BY": BEGUN_BY,
    "FIELDS": FIELDS,
    "FILE_CHANGES": FILE_CHANGES,
}
"""For templates."""


def state_name(state: str) -> str:
    """The state in the user's language; an unknown one as it is."""
    return _(STATES.get(state, state))
