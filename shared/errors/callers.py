"""Errors of who asks: signatures, keys, invitations, sign-in, and what somebody may not do."""

from __future__ import annotations

from shared.errors.base import CommonsError


class SignatureMissing(CommonsError):
    """A request that is not signed, or not over the fixed components."""

    code, status, exit_code = "signature_missing", 401, 4
    zh = "请求没有完整的签名（{cause}）。"
    en = "The request is not completely signed ({cause})."


class SignatureInvalid(CommonsError):
    """A signature that does not fit the request or the record."""

    code, status, exit_code = "signature_invalid", 401, 4
    zh = "签名与内容不符，内容可能被改动，或密钥不对。"
    en = "The signature does not fit: the content was altered, or the key is another."


class SignatureExpired(CommonsError):
    """A request signed too long ago."""

    code, status, exit_code = "signature_expired", 401, 4
    zh = "请求的签名时间过早。请校准本机时钟（平台时间 {now}）。"
    en = "The request was signed too long ago. Set this machine's clock (the hub's time is {now})."


class SignatureFromFuture(CommonsError):
    """A request signed at a time that has not come."""

    code, status, exit_code = "signature_from_future", 401, 4
    zh = "请求的签名时间晚于平台时间。请校准本机时钟（平台时间 {now}）。"
    en = "The request was signed in the future. Set this machine's clock (the hub's time is {now})."


class SignatureReplayed(CommonsError):
    """A request that was received before."""

    code, status, exit_code = "signature_replayed", 401, 4
    zh = "同一请求已收到过，不再处理。"
    en = "This very request was received before and is not processed again."


class KeyUnknown(CommonsError):
    """A key that no institution has enrolled."""

    code, status, exit_code = "key_unknown", 401, 4
    zh = "平台没有登记此密钥。请先用邀请码加入（commons-node join）。"
    en = "The hub does not know this key. Join first (commons-node join)."


class KeyRevoked(CommonsError):
    """A key that was revoked or suspended."""

    code, status, exit_code = "key_revoked", 403, 4
    zh = (
        "此密钥已停用（{reason}）。请联系联盟管理员；拿到新的邀请码，再运行 commons-node join，"
        "本单位的资源就接着由这个节点管理。"
    )
    en = (
        "This key is out of use ({reason}). Ask the alliance's administrators; with a new invitation, "
        "commons-node join lets this node go on with the institution's resources."
    )


class TokenInvalid(CommonsError):
    """An invitation that does not exist."""

    code, status, exit_code = "token_invalid", 403, 4
    zh = "邀请码不正确。请核对，或向联盟管理员索取新的邀请码。"
    en = "The invitation is not right. Check it, or ask the alliance's administrators for a new one."


class TokenUsed(CommonsError):
    """An invitation that was used by another key."""

    code, status, exit_code = "token_used", 403, 4
    zh = "邀请码已使用过。请向联盟管理员索取新的邀请码。"
    en = "The invitation was used already. Ask the alliance's administrators for a new one."


class TokenExpired(CommonsError):
    """An invitation whose time is over."""

    code, status, exit_code = "token_expired", 403, 4
    zh = "邀请码已过期。请向联盟管理员索取新的邀请码。"
    en = "The invitation has expired. Ask the alliance's administrators for a new one."


class TokenCancelled(CommonsError):
    """An invitation that was called back before it was used."""

    code, status, exit_code = "token_cancelled", 403, 4
    zh = "邀请码已作废。请向联盟管理员索取新的邀请码。"
    en = "The invitation was cancelled. Ask the alliance's administrators for a new one."


class InvitationForAnother(CommonsError):
    """An invitation of one institution, shown by a node of another."""

    code, status, exit_code = "invitation_for_another", 403, 4
    zh = "这个邀请码是给“{institution}”的，本节点属于另一个单位。请向联盟管理员索取本单位的邀请码。"
    en = "This invitation is for {institution}; the node belongs to another institution. Ask for one of your own."


class CosignatureInvalid(CommonsError):
    """A cosignature of a checkpoint that does not hold, or is from the future."""

    code, status, exit_code = "cosignature_invalid", 422, 4
    zh = "对审计日志检查点（{size} 条）的副署核验不过。请核对本机时钟，再同步一次。"
    en = "The cosignature of the audit log's checkpoint (size {size}) does not hold. Check the clock and sync again."


class SignInFailed(CommonsError):
    """A wrong name or password; which of them is not said."""

    code, status, exit_code = "sign_in_failed", 401, 4
    zh = "用户名或密码不正确。"
    en = "The user name or the password is not right."


class SignInRequired(CommonsError):
    """A page that needs a person who is signed in."""

    code, status, exit_code = "sign_in_required", 401, 4
    zh = "请先登录。"
    en = "Sign in first."


class SecondFactorWrong(CommonsError):
    """A code that is wrong, was used already, or has passed."""

    code, status, exit_code = "second_factor_wrong", 401, 4
    zh = "验证码不正确，或已经用过。请等验证器显示下一个，再输入；手机的时间要准。"
    en = "The code is wrong or was used already. Wait for the next one; the clock of your phone must be right."


class SecondFactorUnreadable(CommonsError):
    """A second factor that was set up with another secret key of the hub."""

    code, status, exit_code = "second_factor_unreadable", 409, 4
    zh = "平台的密钥换过，读不出您的验证器。请输入一个恢复码，或请联盟管理员重设第二重验证。"
    en = "The hub's key was changed, so your authenticator cannot be read. Type a recovery code, or ask an admin."


class IdentityUnbound(CommonsError):
    """An account at an institution's provider that stands for no account here, or for one that is closed."""

    code, status, exit_code = "identity_unbound", 403, 4
    zh = "您的单位账号还没有与这里的账户绑定。请先用密码登录，再在“我的账户”里绑定。"
    en = "Your institution's account is not bound here. Sign in with your password, then bind it in “My account”."


class IdentityRefused(CommonsError):
    """What came back from an institution's provider is not right, or was not asked for in this browser just now."""

    code, status, exit_code = "identity_refused", 401, 4
    zh = "没能通过单位的账号登录。请再试一次；还不行，请用密码登录。"
    en = "Signing in through your institution did not work. Try once more, or sign in with your password."


class ProviderAway(CommonsError):
    """An institution's provider that does not answer as it should."""

    code, status, exit_code = "provider_away", 503, 3
    zh = "单位的登录服务没有正确应答。请稍后再试，或用密码登录。"
    en = "Your institution's sign-in service does not answer as it should. Try later, or sign in with your password."


class LinkUnknown(CommonsError):
    """A one-time link that there is not: altered, or cut off."""

    code, status, exit_code = "link_unknown", 404, 4
    zh = "这个链接不正确，可能没有复制完整。请核对，或请发给您链接的人重新发一个。"
    en = "This link is not right; perhaps a part of it is missing. Check it, or ask whoever sent it for a new one."


class LinkUsed(CommonsError):
    """A one-time link that was used."""

    code, status, exit_code = "link_used", 410, 4
    zh = "这个链接已经用过，每个链接只能用一次。账户已开好就直接登录；否则请发给您链接的人重新发一个。"
    en = "This link was used already. If your account is there, sign in; otherwise ask whoever sent it for a new one."


class LinkExpired(CommonsError):
    """A one-time link whose time is over."""

    code, status, exit_code = "link_expired", 410, 4
    zh = "这个链接已过期。请发给您链接的人重新发一个。"
    en = "This link has expired. Ask whoever sent it for a new one."


class LinkWithdrawn(CommonsError):
    """A one-time link that was taken back, or replaced by a newer one."""

    code, status, exit_code = "link_withdrawn", 410, 4
    zh = "这个链接已被收回，或已换成新的。请用最新的一个，或请发给您链接的人重新发一个。"
    en = "This link was taken back or replaced. Use the newest one, or ask whoever sent it for a new one."


class Forbidden(CommonsError):
    """Somebody who may not do this."""

    code, status, exit_code = "forbidden", 403, 4
    zh = "您没有进行此操作的权限。"
    en = "You may not do this."


class OwnInstitution(CommonsError):
    """A reviewer who would judge the own institution."""

    code, status, exit_code = "own_institution", 403, 4
    zh = "审核人不得审核本单位提交的资源。"
    en = "A reviewer may not judge a resource of the own institution."


class OwnApproval(CommonsError):
    """A second look at what the same reviewer has approved."""

    code, status, exit_code = "own_approval", 403, 4
    zh = "这一版本是您通过的，抽查要由别人来做。"
    en = "You have approved this version: somebody else takes the second look."


class OwnDecision(CommonsError):
    """A reviewer who would judge again, after an appeal, what the same reviewer has turned down or taken down."""

    code, status, exit_code = "own_decision", 403, 4
    zh = "这是对您所作决定的申诉，要由别人来审。"
    en = "This is about a decision of yours that was appealed: somebody else judges it."


class NotYourDiscipline(CommonsError):
    """A reviewer who is no expert of disciplines that the policy reserves for experts; `disciplines` names them."""

    code, status, exit_code = "not_your_discipline", 403, 4
    zh = "按审核规则，这件资源要由所属计量专业的审核人审。"
    en = "By the rules of review, this resource is for a reviewer of its discipline."


class NotYours(CommonsError):
    """A record or upload of another institution."""

    code, status, exit_code = "not_yours", 403, 4
    zh = "此资源属于其他单位。"
    en = "This resource belongs to another institution."


class CsrfFailed(CommonsError):
    """A form without its token, or with an old one."""

    code, status, exit_code = "csrf_failed", 400, 4
    zh = "表单已失效。请返回上一页，刷新后重试。"
    en = "The form is out of date. Go back, reload the page and try again."
