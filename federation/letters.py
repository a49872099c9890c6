"""What the hub writes to people: Chinese first and English below, since nobody knows which of them they read."""

from __future__ import annotations

from dataclasses import dataclass

from federation.settings import HubSettings

PASSWORD_CHANGED, FACTOR_SET_UP, FACTOR_REMOVED = "password_changed", "factor_set_up", "factor_removed"
ADDRESS_CHANGED, CLOSED, OPENED = "address_changed", "closed", "opened"
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
}
"""What a notice tells of, in both languages."""


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
