"""Errors of what is carried by hand: bags, receipts and replies on a medium."""

from __future__ import annotations

from shared.errors.base import CommonsError


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


class NotFromHub(CommonsError):
    """A receipt or a reply that is not as a hub has signed it: altered, copied by half, or something else."""

    code, status, exit_code = "not_from_hub", 422, 5
    zh = (
        "文件 {name} 不是平台签过的那样：没有复制完，途中有改动，或者不是这种文件。没有采用其中任何内容。"
        "请重新复制；仍然不行，就请平台再给一份（重新导入同一个离线包，或重新受理同一份申请）。"
    )
    en = (
        "{name} is not as a hub signs it: copied by half, altered on the way, or another kind of file. Nothing was "
        "taken from it. Copy it again; if that does not help, ask the hub for another (it imports the same bag, or "
        "accepts the same request, once more)."
    )


class HubKeyUnknown(CommonsError):
    """A receipt or a reply of a hub whose key this node has not noted yet: a person has to compare."""

    code, status, exit_code = "hub_key_unknown", 409, 4
    zh = (
        "本节点还没有记下平台 {hub} 的密钥，文件所用的密钥指纹是 {theirs}。请当面或打电话向联盟核对"
        "（平台上运行 commons-hub audit key --fingerprint）；相同，再运行一次，末尾加上 --hub-key {theirs}"
    )
    en = (
        "This node has not noted the key of the hub {hub} yet; the file shows the fingerprint {theirs}. Compare it "
        "with the alliance by telephone or in person (at the hub: commons-hub audit key --fingerprint); if it is the "
        "same, run this again with --hub-key {theirs}"
    )


class HubKeyDiffers(CommonsError):
    """Something under another key than the one that this node has noted for the hub."""

    code, status, exit_code = "hub_key_differs", 409, 4
    zh = (
        "密钥的指纹是 {theirs}，不是本节点为平台 {hub} 记下的 {ours}：可能是有人冒充平台，也可能平台换了密钥。"
        "没有采用其中任何内容。请当面或打电话向联盟核对；平台确实换了，再运行一次，末尾加上 --hub-key {theirs}"
    )
    en = (
        "The key's fingerprint is {theirs}, not {ours} which this node has noted for the hub {hub}: somebody may "
        "pose as the hub, or the hub has another key. Nothing was taken. Ask the alliance by telephone or in person; "
        "if the hub has changed it, run this again with --hub-key {theirs}"
    )


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
