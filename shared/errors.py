"""Every named error of the federation: one class a reason, with its HTTP status and its words.

An error carries its data; the sentence is made when it is shown, in the reader's language. The web and the
API turn it into an RFC 9457 problem (`problem`), the command line prints `message` and exits with
`exit_code` (2 the command was not understood, 3 the other side is away, 4 it refused us, 5 what was given is
wrong, 1 anything else).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from shared.field_messages import field_message
from shared.wording import Words, spoken

PROBLEM_TYPE = "urn:metrology-commons:problem:"


@dataclass(frozen=True)
class FieldError:
    """One fault in one field: JSON pointer (RFC 6901), code from `field_messages`, and its figures."""

    pointer: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)

    def message(self, language: str) -> str:
        """What is wrong and what to do, in `language`."""
        return field_message(self.code, self.params, language)

    def as_dict(self, language: str) -> dict[str, Any]:
        """The form in which it crosses the wire."""
        detail = self.message(language)
        return {"pointer": self.pointer, "code": self.code, "params": self.params, "detail": detail}


class CommonsError(Exception):
    """Parent of all named errors; a subclass sets `code`, `status` and its words in both languages."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    zh: ClassVar[str] = "出错了。"
    en: ClassVar[str] = "Something went wrong."

    def __init__(self, *, errors: Sequence[FieldError] = (), retry_after: int | None = None, **data: Any) -> None:
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.data = data
        super().__init__(self.message("en"))

    def message(self, language: str) -> str:
        """The sentence for a person, in `language`."""
        return (self.zh if language.startswith("zh") else self.en).format(**spoken(self.data, language))

    def as_cause(self) -> Words:
        """The sentence without its full stop, to be said as the cause within another."""
        return Words(self.message("en").rstrip("."), self.message("zh").rstrip("。"))

    def problem(self, language: str) -> dict[str, Any]:
        """RFC 9457 problem details."""
        body: dict[str, Any] = {
            "type": PROBLEM_TYPE + self.code,
            "title": self.code.replace("_", " "),
            "status": self.status,
            "detail": self.message(language),
        }
        if self.errors:
            body["errors"] = [error.as_dict(language) for error in self.errors]
        return body


# -- what was given is wrong -----------------------------------------------------------------------------


class InvalidEncoding(CommonsError):
    """Bytes that are not UTF-8."""

    code, status, exit_code = "invalid_encoding", 400, 5
    zh = "内容不是 UTF-8 编码（第 {position} 字节起无法识别）。请转换为 UTF-8 后再提交。"
    en = "The content is not UTF-8 (unreadable from byte {position}). Convert it to UTF-8 and try again."


class InvalidJson(CommonsError):
    """Text that is not JSON, or JSON that has no canonical form."""

    code, status, exit_code = "invalid_json", 400, 5
    zh = "内容不是有效的 JSON：{cause}。"
    en = "The content is not valid JSON: {cause}."


class TooDeep(CommonsError):
    """JSON nested deeper than any of our documents."""

    code, status, exit_code = "too_deep", 400, 5
    zh = "JSON 嵌套超过 {limit} 层。"
    en = "The JSON is nested more than {limit} levels deep."


class InvalidRequest(CommonsError):
    """A request body or query that does not fit its schema; `errors` names each field."""

    code, status, exit_code = "invalid_request", 422, 5
    zh = "请求内容有误，请按下列说明修改。"
    en = "The request has faults; see each field."


class InvalidRecord(CommonsError):
    """A resource record that does not fit the schema; `errors` names each field."""

    code, status, exit_code = "invalid_record", 422, 5
    zh = "资源著录有 {count} 处问题，请按下列说明修改。"
    en = "The record has {count} fault(s); see each field."

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors=errors, count=len(errors))


class NotCanonical(CommonsError):
    """A signed payload that is not in RFC 8785 form."""

    code, status, exit_code = "not_canonical", 422, 5
    zh = "签名内容不是规范化 JSON（RFC 8785）。请用本项目的节点程序重新签名。"
    en = "The signed payload is not canonical JSON (RFC 8785). Sign it again with a current node."


class RecordTooLarge(CommonsError):
    """A record over the byte limit."""

    code, status, exit_code = "record_too_large", 413, 5
    zh = "一条著录最大 {limit} 字节，此条为 {size} 字节。请缩短说明，或把长文放进文件。"
    en = "A record may have {limit} bytes, this one has {size}. Shorten the description or move text to a file."


class BatchTooLarge(CommonsError):
    """A request body over the count or byte limit."""

    code, status, exit_code = "batch_too_large", 413, 5
    zh = "一次最多提交 {records} 条、{size} 字节。请分批提交。"
    en = "A batch may hold {records} records and {size} bytes. Send smaller batches."


class UnsupportedMediaType(CommonsError):
    """A body in a type or encoding that this address does not take."""

    code, status, exit_code = "unsupported_media_type", 415, 5
    zh = "此处只接受 {expected}。"
    en = "Only {expected} is accepted here."


class FileChanged(CommonsError):
    """A file whose bytes are no longer those that were registered."""

    code, status, exit_code = "file_changed", 409, 5
    zh = "文件 {name} 在登记之后有改动。请重新登记（产生新版本），或恢复原文件后再同步。"
    en = "The file {name} has changed since it was registered. Register it again, or restore it and sync again."


class FileUnreadable(CommonsError):
    """A file that is missing or may not be read."""

    code, status, exit_code = "file_unreadable", 409, 5
    zh = "无法读取文件 {name}：{cause}。请检查路径和权限。"
    en = "The file {name} cannot be read: {cause}. Check its path and permissions."


class ImportUnreadable(CommonsError):
    """A file or folder to import that cannot be understood as a whole."""

    code, status, exit_code = "import_unreadable", 422, 5
    zh = "无法读取导入来源 {name}：{cause}。"
    en = "The import source {name} cannot be read: {cause}."


class DescriptionUnreadable(CommonsError):
    """A file that describes a resource and cannot be read or understood."""

    code, status, exit_code = "description_unreadable", 422, 5
    zh = "无法读取著录文件 {name}：{cause}。"
    en = "The description {name} cannot be read: {cause}."


class FileTooLarge(CommonsError):
    """A file over the limit of the hub."""

    code, status, exit_code = "file_too_large", 413, 5
    zh = "文件最大 {limit} 字节，此文件为 {size} 字节。"
    en = "A file may have {limit} bytes, this one has {size}."


class ReasonMissing(CommonsError):
    """A decision or withdrawal that must be explained and is not."""

    code, status, exit_code = "reason_missing", 422, 5
    zh = "请填写理由。"
    en = "Give a reason."


class ChecklistIncomplete(CommonsError):
    """An approval with a question of the checklist unanswered or answered no."""

    code, status, exit_code = "checklist_incomplete", 422, 5
    zh = "审核清单尚未全部确认：{items}。"
    en = "The checklist is not fully confirmed: {items}."


# -- who are you -----------------------------------------------------------------------------------------


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
    zh = "此密钥已停用（{reason}）。请联系联盟管理员。"
    en = "This key is out of use ({reason}). Ask the alliance's administrators."


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


# -- it does not fit what is there -------------------------------------------------------------------------


class NotFound(CommonsError):
    """Something that is not there, or not for this caller."""

    code, status, exit_code = "not_found", 404, 5
    zh = "没有找到您要的内容。"
    en = "There is nothing here by that name."


class Gone(CommonsError):
    """A resource that was public and is not any more."""

    code, status = "gone", 410
    zh = "此资源已不再提供：{reason}"
    en = "This resource is no longer available: {reason}"


class MethodNotAllowed(CommonsError):
    """An address that does not take this method."""

    code, status = "method_not_allowed", 405
    zh = "此地址不支持该操作。"
    en = "This address does not take that method."


class RecordConflict(CommonsError):
    """The same version of a record with other content."""

    code, status, exit_code = "conflict", 409, 5
    zh = "资源 {id} 的第 {version} 版已存在且内容不同。请提交新版本。"
    en = "Version {version} of {id} exists with other content. Publish a new version."


class MoveNotAllowed(CommonsError):
    """A change of state that the life cycle does not have."""

    code, status, exit_code = "move_not_allowed", 409, 5
    zh = "当前状态“{state}”不能变为“{to}”。"
    en = "A version that is {state} cannot become {to}."


class AlreadyWithdrawn(CommonsError):
    """A version of a resource that was withdrawn: that is for good."""

    code, status, exit_code = "already_withdrawn", 409, 5
    zh = "此资源已撤回，撤回不能取消。请登记为新的资源。"
    en = "This resource was withdrawn, and that is for good. Register it as a new one."


class MassWithdrawal(CommonsError):
    """Withdrawals that would take back much of what a member has in public; a person is asked first."""

    code, status, exit_code = "mass_withdrawal", 409, 5
    zh = "一天之内要撤回本单位 {percent}% 以上的公开资源，已先停下，没有撤回。若确要撤回，请联盟管理员确认。"
    en = "Over {percent} % of your public resources would go within a day, so none did. Ask the alliance to confirm."


class ProtocolUnknown(CommonsError):
    """A node that speaks another version of the protocol."""

    code, status, exit_code = "protocol_unknown", 422, 4
    zh = "节点用的协议是第 {theirs} 版，平台只懂第 {ours} 版。请换用与平台相配的节点程序。"
    en = "The node speaks version {theirs} of the protocol, the hub only {ours}. Install a node that fits the hub."


class NotLatest(CommonsError):
    """A decision on a version that is not the latest."""

    code, status, exit_code = "not_latest", 409, 5
    zh = "该资源已有更新的版本（第 {latest} 版），请审核最新版本。"
    en = "There is a newer version ({latest}). Judge the latest one."


class AlreadyExists(CommonsError):
    """A name that is taken."""

    code, status, exit_code = "already_exists", 409, 5
    zh = "{what}已存在。"
    en = "{what} exists already."


class FileNotDeclared(CommonsError):
    """An upload of bytes that no record of this institution awaits."""

    code, status, exit_code = "file_not_declared", 409, 5
    zh = "本单位没有等待此文件的资源（sha256 {sha256}）。请先提交著录。"
    en = "No record of yours awaits this file (sha256 {sha256}). Publish the record first."


class UploadIncomplete(CommonsError):
    """An upload that was said to be complete and is not."""

    code, status, exit_code = "upload_incomplete", 409, 5
    zh = "上传尚未完成，缺少分段 {missing}。"
    en = "The upload is not complete: parts {missing} are missing."


class UploadClosed(CommonsError):
    """An upload that has expired, failed or been verified."""

    code, status, exit_code = "upload_closed", 409, 5
    zh = "此次上传已结束（{state}）。请重新申请上传。"
    en = "This upload is closed ({state}). Ask for a new one."


# -- carried by hand -----------------------------------------------------------------------------------------


class NotABag(CommonsError):
    """A folder that is not a bag, or one whose export was not finished."""

    code, status, exit_code = "not_a_bag", 422, 5
    zh = "{name} 不是离线包，或没有导出完。请重新运行 commons-node export。"
    en = "{name} is no bag, or its export was not finished. Run commons-node export again."


class BagUnreadable(CommonsError):
    """A list in a bag that does not have the form that RFC 8493 gives it."""

    code, status, exit_code = "bag_unreadable", 422, 5
    zh = "离线包里的 {name} 第 {line} 行读不懂。请重新导出。"
    en = "Line {line} of {name} in the bag cannot be read. Export it again."


class BagPathUnsafe(CommonsError):
    """A path in a bag that leads outside, or that not every system writes alike."""

    code, status, exit_code = "bag_path_unsafe", 422, 5
    zh = "离线包里有不允许的路径“{path}”，没有收下任何内容。"
    en = "The bag holds a path that is not allowed, “{path}”; nothing was taken in."


class BagNotPlain(CommonsError):
    """Something in a bag that is neither a file nor a folder."""

    code, status, exit_code = "bag_not_plain", 422, 5
    zh = "离线包里的“{path}”是符号链接或特殊文件，没有收下任何内容。"
    en = "“{path}” in the bag is a symbolic link or a special file; nothing was taken in."


class BagIncomplete(CommonsError):
    """A bag that lacks something it lists."""

    code, status, exit_code = "bag_incomplete", 422, 5
    zh = "离线包不完整，缺少“{path}”。请重新复制，或重新导出。"
    en = "The bag is not complete: “{path}” is missing. Copy or export it again."


class BagUnexpected(CommonsError):
    """A bag with something that has no place in it."""

    code, status, exit_code = "bag_unexpected_file", 422, 5
    zh = "离线包里多出“{path}”。请删去后再导入。"
    en = "“{path}” does not belong in the bag. Remove it and import again."


class BagAltered(CommonsError):
    """A bag whose bytes are not those that were exported."""

    code, status, exit_code = "bag_altered", 422, 5
    zh = "离线包里的“{path}”与导出时不同，没有收下任何内容。请重新复制，或重新导出。"
    en = "“{path}” in the bag is not as it was exported; nothing was taken in. Copy or export it again."


class BagFetches(CommonsError):
    """A bag that tells its reader to fetch things from the network."""

    code, status, exit_code = "bag_fetches", 422, 5
    zh = "离线包含有 fetch.txt，要求从网络另取文件，不予接受。"
    en = "The bag has a fetch.txt, which asks for files from the network; it is not accepted."


class BagTooLarge(CommonsError):
    """Something in a bag, or a carried file, over its limit."""

    code, status, exit_code = "bag_too_large", 413, 5
    zh = "“{path}”超过限额 {limit}。"
    en = "“{path}” is over the limit of {limit}."


class FileAltered(CommonsError):
    """A file in a bag whose bytes are not those that the record names."""

    code, status, exit_code = "file_altered", 409, 5
    zh = "文件内容与登记的摘要不符（sha256 {sha256}）。请检查原文件和介质，重新导出。"
    en = "The file does not have the bytes that were signed (sha256 {sha256}). Check it and the medium; export again."


class WrongHub(CommonsError):
    """Something that was made for another hub."""

    code, status, exit_code = "wrong_hub", 409, 5
    zh = "这是给平台 {theirs} 的，本处是 {ours}。"
    en = "This was made for the hub {theirs}; here it is {ours}."


class NotAddressed(CommonsError):
    """A receipt or a reply that was made for another node."""

    code, status, exit_code = "not_addressed", 409, 5
    zh = "这份文件是给另一节点（{theirs}）的，没有采用。"
    en = "This was made for another node ({theirs}); nothing was taken from it."


class ReceiptGap(CommonsError):
    """A receipt that begins later than what this node has read."""

    code, status, exit_code = "receipt_gap", 409, 5
    zh = "回执从第 {after} 个事件之后开始，本节点只读到第 {cursor} 个，或中间有缺。请重新导出，再取回执。"
    en = "The receipt begins after event {after}, this node has read to {cursor}, or one is missing. Export anew."


class FolderNotEmpty(CommonsError):
    """A folder to write into that holds something else."""

    code, status, exit_code = "folder_not_empty", 409, 5
    zh = "文件夹 {name} 不是空的。请换一个文件夹。"
    en = "The folder {name} is not empty. Choose another."


class FileUnwritable(CommonsError):
    """A file that cannot be written: no room, no permission."""

    code, status, exit_code = "file_unwritable", 409, 5
    zh = "无法写入 {name}：{cause}。请检查空间和权限；再次运行即接着做。"
    en = "{name} cannot be written: {cause}. Check room and permissions; run it again to go on."


# -- not now -----------------------------------------------------------------------------------------------


class Throttled(CommonsError):
    """Too many attempts."""

    code, status, exit_code = "throttled", 429, 3
    zh = "操作过于频繁，请在 {retry_after} 秒后重试。"
    en = "Too many attempts; try again in {retry_after} seconds."

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)
        self.data["retry_after"] = retry_after

    def message(self, language: str) -> str:
        """The sentence with the number of seconds to wait."""
        self.data.setdefault("retry_after", self.retry_after)
        return super().message(language)


class StoreAway(CommonsError):
    """The object store does not answer."""

    code, status, exit_code = "store_away", 503, 3
    zh = "文件存储暂时无法使用，请稍后再试。"
    en = "The object store is away; try again later."


class BeingRestored(CommonsError):
    """The hub found its copy of a file damaged and has asked the institution for the bytes again."""

    code, status, exit_code = "being_restored", 503, 3
    zh = "这个文件在平台上的副本有损坏，正在向提供单位取回完好的一份。请过一段时间再来。"
    en = "The hub's copy of this file is damaged and is being restored from its institution. Please come back later."


class FileWithheld(CommonsError):
    """The scanner knows a file as malware."""

    code, status, exit_code = "file_withheld", 403, 4
    zh = "这个文件未通过病毒检查（{malware}），暂停下载。"
    en = "This file did not pass the virus check ({malware}) and is not available."


class DatabaseBusy(CommonsError):
    """The database is locked or away."""

    code, status, exit_code = "database_busy", 503, 3
    zh = "数据库繁忙，请稍后再试。"
    en = "The database is busy; try again later."


class HubAway(CommonsError):
    """The hub does not answer, or answers that it cannot now."""

    code, status, exit_code = "hub_away", 503, 3
    zh = "无法连接平台 {hub}（{cause}）。已登记的内容都已保存，稍后再次同步即可。"
    en = "The hub {hub} does not answer ({cause}). Everything registered is kept; sync again later."


class HubNotFound(CommonsError):
    """No hub answers at the address that one wants to join."""

    code, status, exit_code = "hub_not_found", 503, 3
    zh = "无法连接平台 {hub}（{cause}）。请核对网址和网络，再次加入。"
    en = "No hub answers at {hub} ({cause}). Check the address and the network, and join again."


class HubRefused(CommonsError):
    """The hub refused a request of ours; its own words are passed on."""

    code, status, exit_code = "hub_refused", 502, 4
    zh = "平台拒绝了请求：{detail}"
    en = "The hub refused the request: {detail}"


class InternalError(CommonsError):
    """A fault of ours; the log has it under the given number."""

    code, status = "internal_error", 500
    zh = "系统出现故障，已记录（编号 {request_id}）。"
    en = "A fault of ours; it is in the log as {request_id}."


# -- the node itself ---------------------------------------------------------------------------------------


class NotInitialised(CommonsError):
    """A node without its data folder."""

    code, status, exit_code = "not_initialised", 409, 5
    zh = "节点尚未初始化。请先运行 commons-node init。"
    en = "The node is not set up. Run commons-node init first."


class NotJoined(CommonsError):
    """A node that has not enrolled."""

    code, status, exit_code = "not_joined", 409, 5
    zh = "节点尚未加入平台。请先运行 commons-node join。"
    en = "The node has not joined a hub. Run commons-node join first."


class AlreadyJoined(CommonsError):
    """A node that has enrolled with another hub."""

    code, status, exit_code = "already_joined", 409, 5
    zh = "节点已加入平台 {hub}。"
    en = "The node has joined {hub} already."


class InvalidHubAddress(CommonsError):
    """What was given as a hub's address and is none."""

    code, status, exit_code = "invalid_hub_address", 422, 5
    zh = "“{hub}”不是平台的网址：{cause}。请写完整，如 https://hub.example.org 或 http://127.0.0.1:8000。"
    en = "“{hub}” is not a hub's address: {cause}. Write all of it, as in https://hub.example.org."


class UnknownState(CommonsError):
    """A state that no resource can be in."""

    code, status, exit_code = "unknown_state", 422, 5
    zh = "没有状态“{state}”。可用：{known}。"
    en = "There is no state “{state}”. Use one of: {known}."


class InvalidUsage(CommonsError):
    """A command that cannot be understood: an unknown option, or a missing argument."""

    code, status, exit_code = "invalid_usage", 400, 2
    zh = "命令的用法不对：{cause}"
    en = "The command is not understood: {cause}"


class DiskFull(CommonsError):
    """A disk with no room for what is to be written."""

    code, status = "disk_full", 507
    zh = "磁盘已满，无法写入 {path}。先前登记的内容都在；请腾出空间，再做一次。"
    en = "The disk is full, {path} cannot be written. What was registered is kept; make room and try again."


class NotWritable(CommonsError):
    """A data folder, or a file in it, that may not be written or opened."""

    code, status = "not_writable", 500
    zh = "无法读写 {path}：{cause}。请检查权限，或用 --data 换一个数据目录。"
    en = "{path} cannot be opened or written: {cause}. Check its permissions, or choose another folder with --data."


class DatabaseDamaged(CommonsError):
    """A database file that is not one any more."""

    code, status = "database_damaged", 500
    zh = (
        "数据库 {path} 已损坏。请恢复备份，再运行 commons-node reconcile；没有备份，就把它移走，依次运行 "
        "commons-node init、join（不用邀请码）和 reconcile，取回已发布的内容。"
    )
    en = (
        "The database {path} is damaged. Restore a backup and run commons-node reconcile; without one, move it away "
        "and run commons-node init, join (no invitation is needed) and reconcile to get back what was published."
    )


class SystemFault(CommonsError):
    """Something that the operating system would not do."""

    code, status = "system_fault", 500
    zh = "系统不能完成这一步（{path}）：{cause}。"
    en = "The system could not do this ({path}): {cause}."


class OutputFailed(CommonsError):
    """An answer that could not be written out."""

    code, status = "output_failed", 500
    zh = "结果无法输出：{cause}。命令要做的已经做完。"
    en = "The result cannot be written out: {cause}. What the command had to do is done."


class PortTaken(CommonsError):
    """An address that another program listens on."""

    code, status, exit_code = "port_taken", 409, 5
    zh = "{address} 已被其他程序占用。请关闭那个程序，或用 --port 换一个端口。"
    en = "Another program listens on {address}. Stop it, or choose another port with --port."


class KeyLocked(CommonsError):
    """A private key under a passphrase that was not given, or not rightly."""

    code, status, exit_code = "key_locked", 403, 4
    zh = "私钥有口令保护，口令不对或没有给出。请设置 COMMONS_NODE_KEY_PASSPHRASE，或在终端里输入口令。"
    en = "The private key needs its passphrase. Set COMMONS_NODE_KEY_PASSPHRASE, or type it at the terminal."


class KeyExposed(CommonsError):
    """A private key that others on this machine can read."""

    code, status, exit_code = "key_exposed", 403, 4
    zh = (
        "私钥文件 {path} 能被别人读取。请运行 chmod 600 {path}；如可能已泄露，再更换密钥（commons-node key rotate）。"
    )
    en = "Others can read the private key {path}. Run chmod 600 {path}; if it may have leaked, rotate it."


# -- the hub's own machine -----------------------------------------------------------------------------------


class DataFolderInUse(CommonsError):
    """A data folder that a running hub holds."""

    code, status, exit_code = "data_folder_in_use", 409, 5
    zh = "数据目录 {folder} 正由另一个平台进程（进程号 {pid}）使用。请先停止它，或用 COMMONS_VAR 换一个数据目录。"
    en = "The data folder {folder} is held by a running hub (process {pid}). Stop it, or set COMMONS_VAR to another."


class DataFolderForeign(CommonsError):
    """A folder that is not to be removed, since the hub did not make it or more than the hub lives there."""

    code, status, exit_code = "data_folder_foreign", 409, 5
    zh = "{folder} 不是平台自己建立的数据目录，不予清除。确实不要了，请自行删除。"
    en = "{folder} is not a data folder that the hub made, so it is left alone. Remove it yourself if you mean to."


class HubPortTaken(CommonsError):
    """Addresses of the hub that other programs listen on."""

    code, status, exit_code = "hub_port_taken", 409, 5
    zh = "{addresses} 已被其他程序占用。请关闭那个程序，或用 COMMONS_PORT 换一个端口。"
    en = "Another program listens on {addresses}. Stop it, or choose another port with COMMONS_PORT."


class AddressUnusable(CommonsError):
    """An address that the hub cannot listen on for a reason of this machine."""

    code, status, exit_code = "address_unusable", 409, 5
    zh = "无法监听 {address}（{cause}）。请检查 COMMONS_HOST 和 COMMONS_PORT。"
    en = "The hub cannot listen on {address} ({cause}). Check COMMONS_HOST and COMMONS_PORT."


class StoreNotStarted(CommonsError):
    """The store that comes with the hub did not come up."""

    code, status, exit_code = "store_not_started", 503, 3
    zh = "自带的文件存储未能启动：{cause}"
    en = "The object store that comes with the hub did not start: {cause}"


class DatabaseAway(CommonsError):
    """A database or queue that cannot be reached or used."""

    code, status, exit_code = "database_away", 503, 3
    zh = (
        "无法使用数据库：{cause}。请检查数据库是否运行，以及 COMMONS_DATABASE_URL、COMMONS_QUEUE_URL 和 COMMONS_VAR。"
    )
    en = "The database cannot be used: {cause}. Check that it runs, and COMMONS_DATABASE_URL, _QUEUE_URL and _VAR."


class NotMigrated(CommonsError):
    """A database without this version's tables."""

    code, status, exit_code = "not_migrated", 503, 5
    zh = "数据库里还没有本版本的表。请先运行 commons-hub migrate（commons-hub up 会自动升级）。"
    en = "The database lacks this version's tables. Run commons-hub migrate (commons-hub up does it by itself)."


class IndexNotRebuilt(CommonsError):
    """A rebuilding of the search index that came to a stand."""

    code, status, exit_code = "index_not_rebuilt", 503, 3
    zh = "重建索引 {seconds} 秒没有进展。要求已经留下，后台任务恢复后会照办；请查看后台任务的日志。"
    en = "The index made no progress for {seconds} s. The request stands until the worker obeys; see its log."


class InvalidSettings(CommonsError):
    """Settings that stop the start; every fault is named."""

    code, exit_code = "invalid_settings", 5
    zh = "配置有误，无法启动：\n{faults}"
    en = "The settings are wrong and nothing was started:\n{faults}"
