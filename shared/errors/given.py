"""Errors of what was given: bytes, JSON, fields and files that are not as they should be."""

from __future__ import annotations

from collections.abc import Sequence

from shared.errors.base import CommonsError, FieldError
from shared.wording import in_bytes


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


class StorageQuotaExceeded(CommonsError):
    """A file for which the institution has no room left at the hub."""

    code, status, exit_code = "storage_quota", 413, 5
    zh = (
        "本单位的存储配额不够：已用 {used}，上限 {allowed}，这个文件还要 {needed}。著录已收下；"
        "请联盟管理员提高配额，文件在下次同步时自动送出，或改用链接。"
    )
    en = (
        "The institution's storage quota does not suffice: {used} of {allowed} used, this file needs {needed}. The "
        "record is kept. Ask the alliance to raise the quota, and the next synchronisation sends it; or use a link."
    )

    def __init__(self, *, used: int, allowed: int, needed: int) -> None:
        super().__init__(used=in_bytes(used), allowed=in_bytes(allowed), needed=in_bytes(needed))


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


class QuestionMissing(CommonsError):
    """A question without words."""

    code, status, exit_code = "question_missing", 422, 5
    zh = "请写下要问的话。"
    en = "Write what you want to ask."


class AnswerMissing(CommonsError):
    """An answer without words."""

    code, status, exit_code = "answer_missing", 422, 5
    zh = "请写下回答。"
    en = "Write the answer."


class ChecklistIncomplete(CommonsError):
    """An approval with a question of the checklist unanswered or answered no."""

    code, status, exit_code = "checklist_incomplete", 422, 5
    zh = "审核清单尚未全部确认：{items}。"
    en = "The checklist is not fully confirmed: {items}."
