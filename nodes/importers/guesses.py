"""Which of our fields a column of a foreign table may be, by its heading and by what stands below: only proposals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from nodes.importers import columns as ours
from nodes.importers import words
from nodes.importers.choices import Choices
from nodes.importers.seen import Column
from shared.vocabularies import OF_FIELDS

NAMES = {
    "title.zh": (
        "题名",
        "正题名",
        "名称",
        "品名",
        "作品名称",
        "资源名称",
        "资源标题",
        "文物名称",
        "展品名称",
        "篇名",
    ),
    "title.en": ("英文题名", "英文名称", "外文题名", "title"),
    "summary.zh": ("内容简介", "内容提要", "提要", "描述", "内容描述", "说明文字", "abstract", "summary"),
    "type": ("资源类型", "类别", "种类", "体裁", "形式", "文献类型", "kind"),
    "themes": ("主题分类", "专题", "栏目", "分类", "topic"),
    "disciplines": ("学科", "专业领域", "计量专业", "领域", "学科分类"),
    "audiences": ("适用对象", "读者对象", "适合人群", "适用人群", "目标受众", "对象", "audience"),
    "keywords": ("标签", "主题词", "tags"),
    "language": ("语种", "文种"),
    "creators": ("责任者", "著者", "作者姓名", "主讲人", "主创人员", "编者", "摄影", "拍摄者", "创作者", "creator"),
    "contributors": ("其他责任者", "参与者", "合作者", "contributor"),
    "created": ("创作时间", "创作日期", "出版年", "出版日期", "发表时间", "拍摄时间", "制作时间", "年份", "时间"),
    "license": ("授权方式", "版权声明", "使用许可", "版权", "许可协议", "rights"),
    "rights_holder": ("版权所有者", "著作权人", "版权人", "所有者", "权利所有人", "收藏单位"),
    "links": ("链接地址", "网页", "在线地址", "访问地址", "link"),
    "files": ("文件名", "文件路径", "文件名称", "图片", "图像", "照片", "电子文件", "附件名", "filename", "path"),
    "description.zh": ("备注说明", "详细说明", "详细介绍", "正文", "description"),
    "evidence.source": ("来源", "史料来源", "资料来源"),
}
"""What lists of other systems call these fields, beside our own headings."""
IDENTIFIERS = (
    "登记号",
    "藏品号",
    "档号",
    "索书号",
    "资源编号",
    "编码",
    "标识",
    "编号",
    "代码",
    "id",
    "no",
    "nr",
    "序号",
)
"""How a heading ends that names an identifier, the surest first: a running number changes when a list is sorted."""
FILES = re.compile(r".+\.(pdf|docx?|pptx?|xlsx?|jpe?g|png|gif|tiff?|webp|mp[34]|mov|avi|wav|zip|epub|txt|md)", re.I)
LINKS = re.compile(r"https?://\S+")
DOI = re.compile(r"10\.\d{4,9}/\S+")
DAYS = re.compile(r"(1[89]|20)\d\d([-/.年]\d{1,2}([-/.月]\d{1,2}日?|月)?)?年?")
LONG = 40
"""Characters from which a text is a summary rather than a title."""


def proposed(columns: Sequence[Column], rows: int, source: str) -> Choices:
    """What the headings and the cells suggest."""
    targets = guess(columns)
    said = set(targets.values())
    constants: dict[str, Any] = {} if "language" in said else {"language": ["zh"]}
    return Choices(source, identifier_among(columns, rows), targets, constants)


def guess(columns: Sequence[Column]) -> dict[str, str]:
    """For each heading the field that it probably is, or nothing; each field is given once, but for lists."""
    found = {column.heading: _by_name_or_terms(column) for column in columns}
    taken = set(found.values())
    for column in columns:
        if not found[column.heading] and (target := _by_content(column)) and target not in taken:
            found[column.heading] = target
            taken.add(target)
    return _once(found)


def identifier_among(columns: Sequence[Column], rows: int) -> str:
    """The heading of the column that probably identifies a row: filled everywhere, nothing twice, and so called."""
    able = [column.heading for column in columns if column.unique and column.filled >= rows > 0]
    for ending in IDENTIFIERS:
        for heading in able:
            if heading.lower().endswith(ending) or ours.target_of(heading) == "source_id":
                return heading
    return next((one.heading for one in columns if ours.target_of(one.heading) == "source_id"), "")


def _by_name_or_terms(column: Column) -> str:
    """What the heading says; where it only resembles a field's, terms of another field's vocabulary say more."""
    named = _by_name(column.heading)
    if not named or ours.target_of(column.heading) in ours.FIELDS:
        return named
    held = _by_content(column)
    return held if held in OF_FIELDS else named


def _by_name(heading: str) -> str:
    target = ours.target_of(heading)
    if target == "source_id":
        return ""
    if target in ours.FIELDS:
        return target
    bare = re.sub(r"[\s（(].*", "", heading).lower()
    for name, called in NAMES.items():
        if bare in called:
            return name
    near = ours.target_meant_by(heading)
    return near if near in ours.FIELDS and near != "source_id" else ""


def _by_content(column: Column) -> str:
    samples = column.samples
    if not samples:
        return ""
    for target, pattern in (("links", LINKS), ("identifiers.doi", DOI), ("files", FILES), ("created", DAYS)):
        if all(pattern.fullmatch(sample) for sample in samples):
            return target
    for target, name in (*OF_FIELDS.items(), ("language", words.LANGUAGES_OF_RESOURCES)):
        if column.words and all(words.is_term(name, word) for word in column.words):
            return target
    return "summary.zh" if all(len(sample) >= LONG for sample in samples) else ""


def _once(found: dict[str, str]) -> dict[str, str]:
    seen: set[str] = set()
    for heading, target in found.items():
        if target in seen:
            found[heading] = ""
        seen.add(target)
    return found
