"""The words for each fault that a single field can have, in Chinese and English."""

from __future__ import annotations

from typing import Any

from shared.wording import Words, spoken

KINDS = {
    "object": Words("an object", "对象"),
    "list": Words("a list", "列表"),
    "text": Words("text", "文本"),
    "whole number": Words("a whole number", "整数"),
    "true or false": Words("true or false", "true 或 false"),
}
"""How the kinds of values, which cross the wire by their names, are called."""
FIELD_MESSAGES: dict[str, tuple[str, str]] = {
    "required": ("必填。", "This is required."),
    "null": ("不能为空。", "This may not be null."),
    "unknown_field": (
        "没有这个字段，请检查拼写或删去。",
        "There is no such field; check its spelling or leave it out.",
    ),
    "wrong_type": ("类型不对，应为{expected}。", "Wrong type: {expected} is expected."),
    "too_long": ("最多 {max} 个字符，现有 {length} 个。", "At most {max} characters; there are {length}."),
    "too_short": ("至少 {min} 个看得见的字符。", "At least {min} visible character(s)."),
    "too_many": ("最多 {max} 项，现有 {length} 项。", "At most {max} entries; there are {length}."),
    "too_few": ("至少 {min} 项。", "At least {min} entry is needed."),
    "out_of_range": ("应在 {min} 到 {max} 之间。", "It must be from {min} to {max}."),
    "unknown_term": (
        "“{value}”不在词表“{vocabulary}”中。可用：{allowed}。",
        "“{value}” is not in the vocabulary {vocabulary}. Use one of: {allowed}.",
    ),
    "duplicate": ("“{value}”重复。", "“{value}” stands twice."),
    "language_missing": ("须有中文（zh）或英文（en）文本。", "Chinese (zh) or English (en) text is needed."),
    "bad_language": (
        "“{value}”不是语言代码（如 zh、en）。",
        "“{value}” is not a language tag (such as zh, en).",
    ),
    "bad_day": (
        "没有这一天，或写法不对，应如 2026-05-20。",
        "There is no such day, or it is written otherwise than 2026-05-20.",
    ),
    "bad_date": (
        "日期写法不对或没有这一天，应如 2026-05-20、2026-05、2026；公元前 344 年写 -0343，约数在末尾加 ~。",
        "No such date: write 2026-05-20, 2026-05 or 2026; 344 BC is -0343; a trailing ~ means about.",
    ),
    "unknown_id": (
        "本节点没有编号为“{value}”的资源。新资源请删去 id，由节点分配。",
        "This node has no resource “{value}”. Leave the id of a new resource out: the node gives it one.",
    ),
    "other_id": (
        "著录文件里的 id 是“{value}”，--id 却是“{given}”，请只留一个。",
        "The description has the id “{value}”, --id is “{given}”: leave one of them out.",
    ),
    "wrong_version": (
        "版本号应为 {expected}；也可以删去 version，由节点编排。",
        "The version must be {expected}; or leave it out: the node counts versions.",
    ),
    "version_not_taken": (
        "导入时不能写 version，版本号由节点编排，请删去。",
        "An import takes no version: the node counts versions. Leave it out.",
    ),
    "personal_data": (
        "里面像有手机号、邮箱、身份证号或银行卡号，请删去：问题和回答会一起公开。",
        "There seems to be a phone number, an e-mail address, or the number of a card in it. Leave it out: "
        "question and answer are made public together.",
    ),
    "bad_item_code": (
        "代码以小写字母开头，只用小写字母、数字和连字符。",
        "A code begins with a small letter and has small letters, digits and hyphens only.",
    ),
    "bad_id": ("编号不是 UUIDv7。", "The identifier is not a UUIDv7."),
    "bad_digest": (
        "不是 64 位小写十六进制的 SHA-256。",
        "Not a SHA-256 in 64 lower-case hexadecimal digits.",
    ),
    "size_differs": (
        "文件大小与平台上同一内容（sha256）的 {size} 字节不符。",
        "The size differs from the {size} bytes that the hub holds under this SHA-256.",
    ),
    "sizes_disagree": (
        "同一内容（sha256）在本著录的另一处写的是 {size} 字节，不可能有两种大小。",
        "Another entry with this SHA-256 says {size} bytes; the same content has one size.",
    ),
    "no_source_id": (
        "没有编号。编号由本单位自定，一件一个，不再改变：再次导入时凭它认出同一件。",
        "There is no identifier. Choose one for each entry and for good: by it an import knows the entry again.",
    ),
    "perhaps_meant": ("没有“{name}”，想写的可能是“{meant}”。", "There is no “{name}”; “{meant}” may be meant."),
    "bad_url": (
        "网址须以 http:// 或 https:// 开头，且写完整。",
        "A complete address with http:// or https:// is needed.",
    ),
    "bad_file_name": (
        '文件名不能含路径、控制字符或 <>:"|?*，也不能以点或空格结尾。',
        'A file name may not hold a path, control characters or <>:"|?*, nor end in a dot or a space.',
    ),
    "bad_media_type": ("不是有效的媒体类型（如 image/png）。", "Not a media type (such as image/png)."),
    "control_characters": (
        "第 {place} 个字符 {character} 是看不见的控制字符，会使文字看起来和实际不同，请删去。",
        "Character {place} ({character}) is invisible and makes the text read as another; remove it.",
    ),
    "evidence_missing": (
        "红色计量和计量史的文献、照片、实物必须填写考证（来源、方法、考证人）。",
        "Documents, photographs and artefacts of red metrology and history need evidence (source, method, by whom).",
    ),
    "content_missing": ("至少要有一个文件或一个链接。", "At least one file or one link is needed."),
    "period_backwards": ("起始年晚于结束年。", "The period ends before it begins."),
    "span_backwards": ("起点晚于终点，请对调。", "It ends before it begins: change the two round."),
    "bad_year": (
        "“{value}”不是年份：写数字，如 1959；公元前用负数，如 -221。",
        "“{value}” is not a year: write a number such as 1959, and a negative one for BC, such as -221.",
    ),
    "no_year_zero": (
        "没有公元 0 年：公元前 1 年写 -1，公元 1 年写 1。",
        "There is no year 0: 1 BC is -1, and AD 1 is 1.",
    ),
    "days_backwards": ("结束日期早于开始日期。", "The last day is before the first."),
    "twice_in_collection": ("这件资源在专题里有两次，请移除一次。", "This resource is there twice; remove it once."),
    "no_resource_there": (
        "“{value}”不是公开资源的永久标识或网址。请到资源页上复制。",
        "“{value}” is neither the ARK nor the address of a public resource. Copy it from the resource's page.",
    ),
    "campaign_days": ("主题活动要有开始和结束的日期。", "A campaign needs its first and its last day."),
    "nothing_public": (
        "专题里没有一件公开的资源，还不能公布。",
        "There is no public resource in it, so there is nothing to show yet.",
    ),
    "incomplete_coordinates": ("经度和纬度须同时填写。", "Latitude and longitude go together."),
    "bad_user_name": (
        "用户名只能用文字、数字和 . @ + - _，不能有空格。",
        "A user name has letters, digits and . @ + - _ only, and no blanks.",
    ),
    "bad_email": ("邮箱地址不对，应如 name@example.org。", "An e-mail address like name@example.org is expected."),
    "not_the_same": ("两次输入的不一致。", "You typed it in two different ways."),
    "bad_code": (
        "代码只能用小写字母、数字和连字符，最多 64 个字符。",
        "A code has lower-case letters, digits and hyphens only, 64 at most.",
    ),
    "bad_time": ("时刻应如 08:30。", "A time of day is written as 08:30."),
    "bad_number": ("不是数字。", "Not a number."),
    "bad_size": (
        "“{value}”不是大小，应为字节数，或带单位的数，如 200 GB、1.5 TB。",
        "“{value}” is no size: write a number of bytes, or one with a unit, as in 200 GB or 1.5 TB.",
    ),
    "bad_key_id": (
        "“{value}”不是密钥编号，应为 43 个字符，照 commons-hub key list 或 commons-node key show 所示抄全。",
        "“{value}” is no id of a key: it has 43 signs, as “commons-hub key list” or “commons-node key show” say.",
    ),
    "bad_token": ("邀请码不完整。", "The invitation is not complete."),
    "no_mapping": ("来源记录缺少“{field}”。", "The source record has no “{field}”."),
    "outside_folder": (
        "文件“{path}”不在导入的文件夹内，不予登记。",
        "The file “{path}” lies outside of the folder that is imported.",
    ),
    "file_missing": ("找不到文件“{path}”，请检查路径。", "There is no file “{path}”; check its path."),
    "unknown_target": (
        "同一来源中没有可登记的“{value}”，无法建立关系。",
        "There is no “{value}” in the same source that could be registered, so nothing can be related to it.",
    ),
    "record_too_large": (
        "一条著录最大 {limit} 字节，此条为 {size} 字节。请缩短说明，或把长文放进文件。",
        "A record may have {limit} bytes, this one has {size}. Shorten the description or move text to a file.",
    ),
    "invalid_json": ("内容无法写成 JSON：{cause}。", "The content has no form in JSON: {cause}."),
    "file_unreadable": (
        "无法读取文件 {name}：{cause}。请检查路径和权限。",
        "The file {name} cannot be read: {cause}. Check its path and permissions.",
    ),
    "column_missing": (
        "请选它在哪一列，或在下面给一个统一的值。",
        "Choose the column that holds it, or one value for all rows below.",
    ),
    "not_computed": (
        "{cell} 是公式，文件里没有它的结果。请用 Excel 或 WPS 打开，保存一次；或者复制这一列，选择性粘贴为“数值”。",
        "{cell} is a formula, and the file does not hold its result. Open it in Excel and save it, or paste the "
        "column as values.",
    ),
    "error_cell": (
        "{cell} 是错误值 {value}，请改正公式，或直接填上内容。",
        "{cell} holds the error {value}. Correct its formula, or type what belongs there.",
    ),
    "number_cut": (
        "{cell} 是超过 15 位的数 {value}，Excel 已把后面的数字变成了 0。请把这一列设为“文本”，重新填写。",
        "{cell} is a number of more than 15 digits, {value}: Excel has replaced the last ones by zeros. Format the "
        "column as text, and type it again.",
    ),
    "unreadable_row": ("无法读取这一行：{cause}。", "This row cannot be read: {cause}."),
}


def field_message(code: str, params: dict[str, Any], language: str) -> str:
    """The sentence for fault `code` with its figures filled in; the bare code when it is not known here."""
    words = FIELD_MESSAGES.get(code)
    if words is None:
        return code
    expected = params.get("expected")
    named = {**params, "expected": KINDS[expected]} if isinstance(expected, str) and expected in KINDS else params
    try:
        return words[0 if language.startswith("zh") else 1].format(**spoken(named, language))
    except (KeyError, IndexError):
        return words[0 if language.startswith("zh") else 1]
