"""What the hub writes to people: Chinese first and English below, since nobody knows which of them they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from federation.settings import HubSettings

PASSWORD_CHANGED, FACTOR_SET_UP, FACTOR_REMOVED = "password_changed", "factor_set_up", "factor_removed"
ADDRESS_CHANGED, CLOSED, OPENED, APPOINTED = "address_changed", "closed", "opened", "appointed"
HAPPENED = {
    PASSWORD_CHANGED: ("您的密码已更换。", "Your password was changed."),
    FACTOR_SET_UP: ("您的账户设置了第二重验证。", "A second factor was set up for your account."),
    FACTOR_REMOVED: (
        "您的第二重验证已被撤销，下次登录时请重新设置。",
        "Your second factor was removed. Set up another one at your next sign-in.",
    ),
    ADDRESS_CHANGED: ("您账户的邮箱已更换。", "The e-mail address of your account was changed."),
    CLOSED: ("您的账户已停用。", "Your account was deactivated."),
    OPENED: ("您的账户已恢复使用。", "Your account is active again."),
    APPOINTED: (
        "您的角色或所属单位已变更，请重新登录。",
        "Your role or your institution was changed. Please sign in again.",
    ),
}
"""What a notice tells of, in both languages."""
Line = tuple[str, str]
"""One thing that a letter names, in Chinese and in English."""
OWED = {
    "returned": (
        "退回修改已超过 {days} 天、还没有送来新版本的有 {count} 件",
        "Returned more than {days} days ago, without a new version: {count}.",
    ),
    "unanswered": (
        "审核人的提问超过 {days} 天没有回答的有 {count} 件",
        "With a reviewer's question unanswered for more than {days} days: {count}.",
    ),
    "feedback": (
        "公众的提问或指出的错误超过 {days} 天没有答复的有 {count} 件",
        "With a reader's question or correction unanswered for more than {days} days: {count}.",
    ),
    "broken": ("公开的资源里有链接打不开的有 {count} 件", "Public, with links that do not open any more: {count}."),
    "gaps": (
        "贵单位编的专题里，有资源已不公开、公众看不到的有 {count} 个，请换掉或移除",
        "Collections that you curate, with resources that are not public any more: {count}. Please replace them.",
    ),
    "expiring": (
        "快要到期停止公开、可以申请续期的有 {count} 件",
        "About to stop being public; a renewal can be asked for: {count}.",
    ),
}
"""What may wait for an institution (the parts of `federation.owing.Owing`, and the gaps in its collections), in both
languages."""
GRAVE = {
    "damaged": ("损坏的文件：{count} 个", "Damaged files: {count}"),
    "infected": ("未通过病毒检查的文件：{count} 个", "Files that did not pass the virus scan: {count}"),
    "forged": (
        "审计日志里不是平台写的条目：{count} 条，可能有人直接动过数据库",
        "Entries of the audit log that the hub did not write: {count}. Somebody may have been at the database",
    ),
    "held": (
        "被拦下、等联盟管理员同意的撤回：{count} 件",
        "Withdrawals that were stopped until an admin agrees: {count}",
    ),
    "petitions": ("等答复的申诉和续期申请：{count} 件", "Appeals and renewals that wait for an answer: {count}"),
}
"""What an admin must know of (the parts of `federation.reminders.Grave`), in both languages."""


@dataclass(frozen=True)
class Letter:
    """A subject and a body, as plain text."""

    subject: str
    body: str


def invitation(settings: HubSettings, *, name: str, link: str, days: int) -> Letter:
    """The one-time link by which the person makes an account."""
    return _letter(
        settings,
        ("邀请您开设账户", "your invitation"),
        f"{name}：\n\n{settings.hub_name_zh}邀请您开设账户。请打开下面的链接，自己选用户名和密码：",
        f"{settings.hub_name_en} invites you to create an account. Open the link and choose a name and a password.",
        link,
        f"链接 {days} 天内有效，只能用一次，请勿转发。如果您不认识我们，请不必理会这封信。",
        f"The link works once, for {days} days; do not pass it on. If you do not know us, ignore this letter.",
    )


def password_link(settings: HubSettings, *, name: str, link: str, hours: int) -> Letter:
    """The one-time link by which the person chooses a new password."""
    return _letter(
        settings,
        ("选择新密码", "choose a new password"),
        f"{name}：\n\n联盟管理员为您生成了一个重设密码的链接：",
        "An administrator has made a link for you, by which you choose a new password.",
        link,
        f"链接 {hours} 小时内有效，只能用一次，请勿转发。如果不是您要求的，请告诉联盟管理员。",
        f"It works once, for {hours} hours; do not pass it on. If you have not asked for it, tell an administrator.",
    )


def notice(settings: HubSettings, *, name: str, happened: str) -> Letter:
    """That something about the account has changed, for whoever did not do it themselves."""
    chinese, english = HAPPENED[happened]
    return _letter(
        settings,
        ("账户有变动", "your account"),
        f"{name}：\n\n{chinese}",
        english,
        "",
        "如果不是您本人所为，也不是联盟管理员告诉过您的，请马上联系联盟管理员。",
        "If this was neither you nor something that an administrator has told you of, tell an administrator at once.",
    )


def review_reminder(
    settings: HubSettings, *, name: str, lines: Sequence[Line], due: int, overdue: int, unclaimed: int
) -> Letter:
    """What falls due for a reviewer: `due` in all, of which `lines` name some; `unclaimed` only for who leads."""
    chinese, english = [f"{name}："], []
    if due:
        chinese.append(f"您可以审的资源有 {due} 件两天之内到期或已经逾期，其中逾期 {overdue} 件：")
        english.append(f"Due within two days or overdue, for you to review: {due}, of which overdue: {overdue}.")
        chinese_list, english_list = _lists(lines, due)
        chinese.append(chinese_list)
        english.append(english_list)
    if unclaimed:
        chinese.append(f"逾期而没有人领取的共 {unclaimed} 件，请安排人审。")
        english.append(f"Overdue and claimed by nobody: {unclaimed}. Please see that somebody reviews them.")
    return _letter(
        settings,
        ("有资源等您审核", "resources wait for your review"),
        "\n\n".join(chinese),
        "\n\n".join(english),
        f"{settings.origin}/workbench/",
        "每天至多一封，没有快到期的就不写。不想收，可以在“我的账户”里关掉。",
        "One letter a day at most, and none when nothing falls due. You can switch them off on your account's page.",
    )


def institution_reminder(
    settings: HubSettings, *, name: str, waiting: Mapping[str, tuple[Sequence[Line], int]], days: int
) -> Letter:
    """What waits for an institution, some for more than `days`: of each part of OWED a few lines and how many."""
    chinese, english = [f"{name}："], []
    for part, said in OWED.items():
        lines, count = waiting.get(part, ((), 0))
        if count:
            first, second = (one.format(days=days, count=count) for one in said)
            chinese_list, english_list = _lists(lines, count)
            chinese.append(f"{first}：\n\n{chinese_list}")
            english.append(f"{second}\n\n{english_list}")
    return _letter(
        settings,
        ("有资源等贵单位处理", "resources wait for your institution"),
        "\n\n".join(chinese),
        "\n\n".join(english),
        f"{settings.origin}/workbench/own/",
        "修改、回答和申请都可以在本单位的节点上做，专题在平台的工作台里改。每周至多一封；不想收，可以在“我的账户”里关掉。",
        "Collections are edited on the hub's workbench, all else on your node. One letter a week at most; you can "
        "switch them off on your account's page.",
    )


def admin_reminder(settings: HubSettings, *, name: str, counts: Mapping[str, int]) -> Letter:
    """What an admin must not find out by chance: how much of each part of GRAVE there is."""
    lines = [
        (zh.format(count=n), en.format(count=n)) for part, (zh, en) in GRAVE.items() if (n := counts.get(part, 0))
    ]
    chinese, english = _lists(lines, len(lines))
    return _letter(
        settings,
        ("有事等管理员处理", "something waits for an administrator"),
        f"{name}：\n\n{chinese}",
        english,
        f"{settings.origin}/workbench/admin/",
        "每天至多一封，没有这样的事就不写。不想收，可以在“我的账户”里关掉。",
        "One letter a day at most, and none when there is nothing. You can switch them off on your account's page.",
    )


def due_words(left: timedelta) -> Line:
    """When something is due in which `left` is left, in whole days; overdue when that is less than nothing."""
    days = abs(left) // timedelta(days=1)
    if left < timedelta():
        return (f"逾期 {days} 天", f"overdue by {_days(days)}") if days else ("刚刚逾期", "just overdue")
    return (f"还有 {days} 天", f"{_days(days)} left") if days else ("一天之内到期", "due within a day")


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _lists(lines: Sequence[Line], count: int) -> Line:
    """The lines one below the other in each language, and how many more there are."""
    more = count - len(lines)
    chinese = [f"· {line[0]}" for line in lines] + ([f"· 另有 {more} 件"] if more > 0 else [])
    english = [f"· {line[1]}" for line in lines] + ([f"· and {more} more"] if more > 0 else [])
    return "\n".join(chinese), "\n".join(english)


def _letter(
    settings: HubSettings,
    subject: tuple[str, str],
    chinese: str,
    english: str,
    link: str,
    chinese_end: str,
    english_end: str,
) -> Letter:
    middle = [link] if link else []
    paragraphs = [chinese, *middle, chinese_end, "— — —", english, *middle, english_end]
    heading = f"{settings.hub_name_zh}：{subject[0]} · {settings.hub_name_en}: {subject[1]}"
    return Letter(heading, "\n\n".join(paragraphs) + f"\n\n{settings.hub_name_zh} · {settings.origin}\n")
