"""Errors of what does not fit what stands already: versions, states, uploads."""

from __future__ import annotations

from shared.errors.base import CommonsError


class NotFound(CommonsError):
    """Something that is not there, or not for this caller."""

    code, status, exit_code = "not_found", 404, 5
    zh = "没有找到您要的内容。"
    en = "There is nothing here by that name."


class ClaimedByAnother(CommonsError):
    """A version that another reviewer is at work on."""

    code, status, exit_code = "claimed_by_another", 409, 5
    zh = "{name}正在审这一件。"
    en = "{name} is reviewing this one."


class PolicyChanged(CommonsError):
    """A change of a policy whose author has not read the version in force, `number`."""

    code, status, exit_code = "policy_changed", 409, 5
    zh = "其间审核规则已改为第 {number} 版。请对照新版再改。"
    en = "The review policy has changed to version {number} meanwhile. Look at it before you change it."


class ChecklistChanged(CommonsError):
    """A decision whose checklist was read in a version of the policy that asks otherwise than the one in force."""

    code, status, exit_code = "checklist_changed", 409, 5
    zh = "您填写期间，审核清单改成了第 {number} 版。结论没有提交：请对照新清单逐项确认，再提交一次。"
    en = "The checklist has changed to version {number} meanwhile. Confirm each item anew and submit again."


class PolicySame(CommonsError):
    """A change of a policy that changes nothing."""

    code, status, exit_code = "policy_same", 409, 5
    zh = "与现行的第 {number} 版没有不同。"
    en = "This is the same as version {number}, which is in force."


class NoSuch(NotFound):
    """Something that was asked for by its name and is not there: `what` it should be, and the `remedy`."""

    code, status, exit_code = "no_such", 404, 5
    zh = "没有找到{what}“{name}”。{remedy}。"
    en = "There is no {what} “{name}”. {remedy}."


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


class PetitionNotOpen(CommonsError):
    """A petition about a version that leaves nothing to ask for, as it stands now."""

    code, status, exit_code = "petition_not_open", 409, 5
    zh = "这一版本没有可以申请的事：被退回、不予通过或下架的可以申诉；有期限的，到期前 {days} 天起可以续期。"
    en = "Nothing to ask for: appeal what was turned or taken down, renew what expires within {days} days or has."


class PetitionStands(CommonsError):
    """A second petition about the same decision, or the same term."""

    code, status, exit_code = "petition_stands", 409, 5
    zh = "就这件事已经提出过申请，一件事只申请一次。"
    en = "A petition about this was made before, and one matter has one."


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


class AlreadyDone(CommonsError):
    """Something that waits no more: somebody else was quicker."""

    code, status, exit_code = "already_done", 409, 5
    zh = "这一件已经有人处理过了。"
    en = "Somebody has dealt with this one already."


class NotHidden(CommonsError):
    """Only what the public does not see any more is erased."""

    code, status, exit_code = "not_hidden", 409, 5
    zh = "先隐藏，确认该删，再删除；删除了就不能恢复。"
    en = "Hide it first, and erase it when you are sure: what is erased cannot be brought back."


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


class TooManyUploads(CommonsError):
    """An upload beyond those that a node may have open at once."""

    code, status, exit_code = "too_many_uploads", 409, 5
    zh = "本节点未传完的文件已有 {open} 个（上限 {limit}）。传完一些之后再送这个。"
    en = "This node has {open} uploads open (at most {limit}). Finish some before this one."


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
