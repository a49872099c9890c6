"""What the audit log's actions, doers and subjects are called, for those who read it in the workbench."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from federation.audit_reading import Names
from federation.language import request_language
from federation.models.institutions import Institution, Node
from federation.models.people import User
from federation.models.resources import ResourceVersion

GROUPS: Mapping[str, Any] = {
    "version": _l("资源的状态"),
    "review": _l("审核"),
    "petition": _l("申诉和续期"),
    "rereview": _l("抽查"),
    "feedback": _l("公众反馈"),
    "policy": _l("审核规则"),
    "reviewer": _l("审核人"),
    "user": _l("账户和登录"),
    "institution": _l("成员单位"),
    "invitation": _l("单位的邀请码"),
    "node": _l("节点"),
    "key": _l("密钥"),
    "bundle": _l("离线包"),
    "object": _l("文件"),
    "letter": _l("信"),
    "resource": _l("永久标识"),
    "hub": _l("平台"),
    "audit": _l("日志"),
}
"""What actions are about, by how their codes begin, in the order in which the page offers them."""
ACTIONS: Mapping[str, Any] = {
    "version.received": _l("收到版本"),
    "version.awaiting_files": _l("等待文件"),
    "version.verifying": _l("核验文件"),
    "version.in_review": _l("进入待审核"),
    "version.approved": _l("审核通过，等到日子发布"),
    "version.rescheduled": _l("改发布日期"),
    "version.published": _l("公开发布"),
    "version.changes_requested": _l("退回修改"),
    "version.rejected": _l("不予通过"),
    "version.superseded": _l("被新版本取代"),
    "version.withdrawn": _l("单位撤回"),
    "version.taken_down": _l("联盟下架"),
    "version.expired": _l("到期停止公开"),
    "review.approve": _l("审核意见：通过"),
    "review.request_changes": _l("审核意见：退回修改"),
    "review.reject": _l("审核意见：不予通过"),
    "review.asked": _l("向单位提问"),
    "review.answered": _l("单位回答"),
    "review.sampled": _l("抽取要复查的资源"),
    "petition.appeal": _l("单位申诉"),
    "petition.renewal": _l("单位申请续期"),
    "petition.granted": _l("同意单位的申请"),
    "petition.dismissed": _l("不同意单位的申请"),
    "rereview.sound": _l("抽查：没有问题"),
    "rereview.doubtful": _l("抽查：有疑问"),
    "feedback.received": _l("公众提问或指出错误"),
    "feedback.answered": _l("单位答复公众"),
    "feedback.hidden": _l("隐藏公众反馈"),
    "feedback.shown": _l("恢复公众反馈"),
    "feedback.erased": _l("删除公众反馈的内容"),
    "policy.changed": _l("改了审核规则"),
    "reviewer.disciplines": _l("设定审核人的专业"),
    "user.created": _l("开设了账户"),
    "user.invited": _l("邀请开设账户"),
    "user.invitation_withdrawn": _l("收回了邀请"),
    "user.signed_in": _l("登录成功"),
    "user.signed_out": _l("退出登录"),
    "user.password_accepted": _l("密码正确，等第二重验证"),
    "user.sign_in_failed": _l("登录失败"),
    "user.sign_in_throttled": _l("尝试太多，暂不许登录"),
    "user.password_refused": _l("在账户页输错密码"),
    "user.password_changed": _l("换密码"),
    "user.password_link_issued": _l("给出重设密码的链接"),
    "user.email_changed": _l("改邮箱"),
    "user.deactivated": _l("停用账户"),
    "user.reactivated": _l("恢复账户"),
    "user.appointed": _l("换角色或单位"),
    "user.second_factor_set_up": _l("设好第二重验证"),
    "user.second_factor_refused": _l("验证码不对"),
    "user.second_factor_removed": _l("撤销了第二重验证"),
    "user.recovery_code_used": _l("用掉一个恢复码"),
    "user.recovery_codes_renewed": _l("换一批恢复码"),
    "user.session_ended": _l("结束一处登录"),
    "user.sessions_ended": _l("结束多处登录"),
    "user.identity_bound": _l("绑定单位的账号"),
    "user.identity_unbound": _l("解除绑定单位的账号"),
    "institution.created": _l("登记成员单位"),
    "institution.invited": _l("给单位邀请码"),
    "institution.quota_set": _l("设存储配额"),
    "institution.sign_in_set": _l("开通用单位账号登录"),
    "institution.sign_in_removed": _l("停用单位账号登录"),
    "institution.withdrawals_held": _l("大量撤回，已拦下"),
    "institution.withdrawals_allowed": _l("准许大量撤回"),
    "invitation.cancelled": _l("作废邀请码"),
    "node.enrolled": _l("节点加入"),
    "key.rotated": _l("节点更换密钥"),
    "key.replaced": _l("节点重新加入，旧密钥停用"),
    "key.active": _l("恢复密钥"),
    "key.suspended": _l("暂停密钥"),
    "key.revoked": _l("吊销密钥"),
    "key.forbidden": _l("禁止密钥"),
    "bundle.imported": _l("收下离线包"),
    "object.fixity_check": _l("重读发现文件损坏"),
    "object.repaired": _l("文件修好"),
    "object.virus_check": _l("查出病毒"),
    "object.removed": _l("清除没有用的文件"),
    "letter.given_up": _l("一封信没有送到"),
    "resource.ark_restored": _l("找回永久标识"),
    "hub.configured": _l("平台的设置有变动"),
    "hub.restored": _l("平台从备份恢复"),
    "audit.reason_erased": _l("抹除一条理由"),
}
"""Every action that the hub writes; a test compares them with the code."""
NOBODY: Mapping[str, Any] = {
    "operator": _l("命令行"),
    "hub": _l("平台后台"),
    "system:calendar": _l("平台，按日期"),
    "system:sampling": _l("平台，抽查"),
    "anonymous": _l("没有登录的人"),
    "policy:review": _l("审核规则"),
    "hub:settings": _l("平台的设置"),
    "hub:database": _l("平台的数据库"),
}


def action(code: str) -> str:
    """What an action is called; its code for one that is not the hub's own."""
    return str(ACTIONS.get(code, code))


def offered(chosen: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The actions to choose from, by group, each with its code; the first of a group stands for all of it.

    `chosen` is among them, whatever it is.
    """
    found = []
    for begin, group in GROUPS.items():
        members = [(code, str(name)) for code, name in ACTIONS.items() if code.startswith(f"{begin}.")]
        everything = [(f"{begin}.", str(_("%(group)s：全部", group=group)))] if len(members) > 1 else []
        found.append((str(group), everything + members))
    known = {code for _group, members in found for code, _name in members}
    return found if chosen in known or not chosen else [*found, ("", [(chosen, chosen)])]


def named(code: str, names: Names) -> str:
    """Who or what `user:…`, `node:…`, `resource:…` or `institution:…` is; the code of what has no name here."""
    known, language = names.get(code), request_language()
    if isinstance(known, User):
        return known.display_name
    if isinstance(known, Node):
        return f"{known.name} · {known.institution.name(language)}"
    if isinstance(known, Institution):
        return known.name(language)
    if isinstance(known, ResourceVersion):
        return str(_("《%(title)s》", title=known.title(language)))
    kind, _colon, rest = code.partition(":")
    if kind == "invitation" and rest:
        return str(_("邀请 %(number)s", number=rest))
    if kind == "letter" and rest:
        return str(_("一封信"))
    return str(NOBODY.get(code, code))
