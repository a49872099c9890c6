"""Errors that pass: somebody is away, busy, or asks for patience."""

from __future__ import annotations

from shared.errors.base import CommonsError
from shared.wording import in_time


class Throttled(CommonsError):
    """Too many attempts."""

    code, status, exit_code = "throttled", 429, 3
    zh = "操作过于频繁，请在 {wait}后重试。"
    en = "Too many attempts; try again in {wait}."

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after, wait=in_time(retry_after))


class TooMuchUnanswered(CommonsError):
    """The public has said so much of a resource that its institution is to answer some of it first."""

    code, status, exit_code = "too_much_unanswered", 429, 3
    zh = "这件资源已有不少提问和反馈等着单位回答，暂时不再接收。请过几天再来，写好的话可以先留着。"
    en = "Many questions about this resource still wait for an answer. Keep your words and come back in a few days."


class TooManyAtOnce(CommonsError):
    """A node with more requests under way than one node may have."""

    code, status, exit_code = "too_many_at_once", 429, 3
    zh = "本节点同时进行的请求太多。请等前面的做完，{seconds} 秒后重试。"
    en = "This node has too many requests under way. Let them finish and try again in {seconds} seconds."

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after, seconds=retry_after)


class TooManyWaiting(CommonsError):
    """Many others are sending slowly just now, or many from the same address."""

    code, status, exit_code = "too_many_waiting", 503, 3
    zh = "正在发送内容的连接太多，请稍后再试。"
    en = "Too many connections are sending at the moment; try again later."


class StoreAway(CommonsError):
    """The object store does not answer."""

    code, status, exit_code = "store_away", 503, 3
    zh = "文件存储暂时无法使用，请稍后再试。"
    en = "The object store is away; try again later."


class ArchivesBusy(CommonsError):
    """As many archives are being downloaded as the hub can make at once."""

    code, status, exit_code = "archives_busy", 503, 3
    zh = "同时打包下载的人太多，请过一会儿再试，或者逐个下载文件。"
    en = "Too many archives are being downloaded at the moment; try again soon, or take the files one by one."


class StoreBusy(CommonsError):
    """The object store asks a node for more patience than it has."""

    code, status, exit_code = "store_busy", 503, 3
    zh = "文件存储请本节点等到 {until} 再送（{cause}）。已送到的部分都在，到时再次同步，会接着送。"
    en = "The object store asks this node to wait until {until} ({cause}). Sync again after that; it will go on."


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


class FilesEmbargoed(CommonsError):
    """The files of a resource are not open yet, so there is no archive of them."""

    code, status, exit_code = "files_embargoed", 403, 4
    zh = "这件资源的文件从 {until} 起开放，在那之前不能打包下载。"
    en = "The files of this resource open on {until}; before that there is no archive of them."


class CollectionPackRefused(CommonsError):
    """One resource of a collection cannot be given, so there is no archive of the whole: never one with a gap."""

    code, status, exit_code = "collection_pack_refused", 409, 4
    zh = "专题里的《{title}》现在不能下载，所以整个专题不能打包：{cause}。其余的请到各自的资源页下载。"
    en = "“{title}” cannot be downloaded now, so there is no archive of the whole: {cause}. Take the others singly."


class CollectionPackTooLarge(CommonsError):
    """A collection whose files are more than goes into one archive."""

    code, status, exit_code = "collection_pack_too_large", 413, 4
    zh = "这个专题有 {files} 个文件，共 {size}，超过一次打包的上限（{most} 个，{limit}）。请到各资源页分别打包下载。"
    en = "It has {files} files of {size} together; one archive takes {most} of {limit}. Take the resources singly."


class DatabaseBusy(CommonsError):
    """The database is locked or away."""

    code, status, exit_code = "database_busy", 503, 3
    zh = "数据库繁忙，请稍后再试。"
    en = "The database is busy; try again later."


class HubFull(CommonsError):
    """The hub's disk is full, or so nearly that it takes no more files."""

    code, status, exit_code = "hub_full", 507, 3
    zh = "平台的磁盘空间不足，暂时不能接收。已收到的都在；平台腾出空间之后，再次同步即可。"
    en = "The hub is short of disk space and takes nothing now. What it has is safe; sync again when it has room."


class HubAway(CommonsError):
    """The hub does not answer, or answers that it cannot now."""

    code, status, exit_code = "hub_away", 503, 3
    zh = "无法连接平台 {hub}（{cause}）。已登记的内容都已保存，稍后再次同步即可。"
    en = "The hub {hub} does not answer ({cause}). Everything registered is kept; sync again later."


class HubBusy(HubAway):
    """The hub is there and asks for more patience than the node has."""

    code, status, exit_code = "hub_busy", 503, 3
    zh = "平台 {hub} 请本节点等到 {until} 再来（{cause}）。已登记的内容都已保存，到时再次同步，会接着做。"
    en = "The hub {hub} asks this node to wait until {until} ({cause}). Everything is kept; sync again after that."


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
