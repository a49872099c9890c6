"""What the files of a resource propose for its form: nothing that somebody has typed is touched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from nodes.extraction.facts import Facts

MOST_CREATORS = 5
HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
LATIN = re.compile("[A-Za-z]")
NAMELESS = re.compile(
    r"(untitled|slide ?\d+|document ?\d*|presentation ?\d*|microsoft \w+( - .*)?|powerpoint.*|无标题.*|未命名.*"
    r"|幻灯片 ?\d*|新建.*|演示文稿 ?\d*|文档 ?\d*|.*\.(docx?|pptx?|indd|qxd|tmp))",
    re.I,
)
"""Titles that a program gave, and nobody."""
NOBODY = re.compile(
    r"(admin(istrator)?|user|owner|pc|lenovo|hp|dell|microsoft.*|wps.*|unknown|用户|作者|\s*"
    r"|[a-z]+[-_]?\d+|(desktop|laptop|pc|win)-\w+|\w+@\S+)",
    re.I,
)
"""Names of authors that a machine gave."""
CODE = re.compile(r"(dsc|img|pict?|mvimg|vid|scan|wp|screenshot|mmexport|微信图片)?[ _-]*[\d _-]*", re.I)
"""Names of files that a camera, a scanner or a messenger gave."""
_GAP = re.compile(r"[_\s]+")
_COPY = re.compile(r"\s*[(（]\d+[)）]$|\s*[-–—]?\s*(副本|copy|最终版?|定稿|终稿|v\d+(\.\d+)*)$", re.I)
TYPES: Sequence[tuple[str, str]] = (
    (r"\.(pptx?|odp|key)", "slides"),
    (r"\.(mp4|webm|mov|avi|mkv|m4v|ogv|wmv)", "video"),
    (r"\.(mp3|m4a|ogg|oga|wav|flac|opus|wma|aac)", "audio"),
    (r"\.(html?|xhtml)", "interactive"),
    (r"\.(epub|mobi)", "book"),
    (r"\.(pdf|docx?|odt|txt|md|rtf|wps)", "article"),
    (r"\.(csv|xlsx?|ods|json|jsonl|tsv)", "dataset"),
    (r"\.(jpe?g|png|gif|webp|avif|tiff?|bmp|svg|heic|heif)", "image"),
)
"""Types of resources by the names of files, the one that says most about the whole first."""


@dataclass(frozen=True)
class Source:
    """A file that proposes something: its name and use, and what was read of it."""

    name: str
    role: str = "main"
    facts: Facts = field(default_factory=Facts)


def propose(sources: Sequence[Source]) -> dict[str, Any]:
    """Fields of a record that the files tell of; what they do not tell of is missing.

    The first file that has a say in a field has it; covers, captions and the like have none.
    """
    mains = [one for one in sources if one.role == "main"] or list(sources)
    made: dict[str, Any] = {}
    title = next((found for one in mains if (found := title_of(one))), "")
    if title:
        made["title"] = {"zh" if HAN.search(title) else "en": title}
    kind = type_of(mains)
    if kind:
        made["type"] = kind
    language = language_of(" ".join([title, *(one.facts.text for one in mains)]))
    if language:
        made["language"] = [language]
    created = next((one.facts.created for one in mains if one.facts.created), "")
    if created:
        made["created"] = created
    authors = next((names for one in mains if (names := authors_of(one.facts))), [])
    if authors:
        made["creators"] = [{"name": name, "role": "author"} for name in authors]
    return made


def title_of(source: Source) -> str:
    """The title that the file says, else its name, unless a program or a camera gave it."""
    said = source.facts.title.strip()
    if said and not NAMELESS.fullmatch(said):
        return said
    stem = _GAP.sub(" ", PurePath(source.name).stem).strip()
    while (shorter := _COPY.sub("", stem)) != stem:
        stem = shorter.strip()
    return "" if CODE.fullmatch(stem) or NAMELESS.fullmatch(stem) else stem


def type_of(sources: Sequence[Source]) -> str:
    """The type of the whole by the kinds of its files; a picture that a camera took is a photograph."""
    for pattern, kind in TYPES:
        alike = [one for one in sources if re.search(pattern + "$", one.name, re.I)]
        if alike:
            return "photo" if kind == "image" and all(one.facts.camera for one in alike) else kind
    return ""


def language_of(text: str) -> str:
    """zh or en by the script of what there is to read; empty when that is too little to tell."""
    han, latin = len(HAN.findall(text)), len(LATIN.findall(text))
    if han >= 4 and han * 4 >= latin:
        return "zh"
    return "en" if latin >= 40 and han * 20 < latin else ""


def authors_of(facts: Facts) -> list[str]:
    """The people that the file names, without the names of machines."""
    return [name.strip() for name in facts.authors if not NOBODY.fullmatch(name)][:MOST_CREATORS]


def filled(fields: Mapping[str, Any], proposed: Mapping[str, Any], *, untouched: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` with what is proposed where nothing stands, or only what an empty form has (`untouched`)."""
    made = dict(fields)
    for name, value in proposed.items():
        if not made.get(name) or made[name] == untouched.get(name):
            made[name] = value
    return made
