"""Words that people write and what they stand for here: terms of vocabularies, languages, and days."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from shared.vocabularies import vocabulary

LANGUAGES_OF_RESOURCES = "languages"
"""Called like a vocabulary where one is named; there is none, since any language may be written by its code."""
LANGUAGES = {
    "中文": "zh",
    "汉语": "zh",
    "英文": "en",
    "英语": "en",
    "没有语言": "zxx",
    "chinese": "zh",
    "english": "en",
    "no language": "zxx",
}
"""What people call the languages of most resources; zxx is that of pictures and music (ISO 639-2)."""
ALSO = {
    "types": {
        "论文": "article",
        "短文": "article",
        "科普文章": "article",
        "新闻": "article",
        "书籍": "book",
        "著作": "book",
        "图片": "image",
        "插图": "image",
        "海报": "image",
        "挂图": "image",
        "摄影": "photo",
        "影片": "video",
        "微视频": "video",
        "短视频": "video",
        "电影": "video",
        "录音": "audio",
        "动漫": "animation",
        "ppt": "slides",
        "幻灯片": "slides",
        "演示文稿": "slides",
        "微课": "lesson",
        "教案": "lesson",
        "藏品": "artefact",
        "文物": "artefact",
        "器物": "artefact",
        "档案": "document",
        "古籍": "document",
        "标准": "regulation",
        "规程": "regulation",
        "规范": "regulation",
        "数据集": "dataset",
    },
    "audiences": {
        "公众": "everyone",
        "社会公众": "everyone",
        "大众": "everyone",
        "儿童": "children",
        "幼儿": "children",
        "小学": "primary",
        "初中": "secondary",
        "高中": "secondary",
        "初中生": "secondary",
        "高中生": "secondary",
        "本科生": "university",
        "研究生": "university",
        "老人": "older-adults",
        "专业人员": "professionals",
    },
    "licenses": {
        "cc by": "CC-BY-4.0",
        "cc by 4.0": "CC-BY-4.0",
        "cc by-sa 4.0": "CC-BY-SA-4.0",
        "cc by-nc 4.0": "CC-BY-NC-4.0",
        "cc0": "CC0-1.0",
        "公有领域": "https://creativecommons.org/publicdomain/mark/1.0/",
        "版权所有": "http://rightsstatements.org/vocab/InC/1.0/",
        "保留所有权利": "http://rightsstatements.org/vocab/InC/1.0/",
    },
}
"""What other lists call terms of ours: proposals for a person to look at, never taken by themselves."""
LIKE = 0.5
"""How alike two words are, of 1, to be proposed for each other."""
_SCHEME = re.compile(r"^https?://(www\.)?")
_DAY = re.compile(
    r"(\d{4})\s*[/.年-]\s*(\d{1,2})\s*(?:[/.月-]\s*(\d{1,2})\s*日?(?:[\sT]\s*\d{1,2}:\d{2}(?::\d{2})?)?|月)?"
)
_BARE_DAY = re.compile(r"(\d{4})(0[1-9]|1[0-2])([0-3]\d)")


def code_of(name: str, text: str) -> str:
    """The code of a term of the vocabulary `name` by code, label or address; the text itself where there is none."""
    if name == LANGUAGES_OF_RESOURCES:
        return LANGUAGES.get(text.lower(), text)
    return _by_word(name).get(_folded(text), text)


def is_term(name: str, text: str) -> bool:
    """Whether `text` is a term of the vocabulary `name`, by code, label or address."""
    if name == LANGUAGES_OF_RESOURCES:
        return text.lower() in LANGUAGES or text in LANGUAGES.values()
    return _folded(text) in _by_word(name)


def proposed(name: str, text: str) -> str:
    """The code of the term that `text` may mean, or nothing; two that are equally near are no proposal."""
    if name == LANGUAGES_OF_RESOURCES:
        return next((code for word, code in LANGUAGES.items() if word in text.lower()), "")
    folded = text.strip().casefold()
    also = ALSO.get(name, {})
    if folded in also:
        return also[folded]
    known = {**_by_word(name), **also}
    found = difflib.get_close_matches(folded, known, n=len(known), cutoff=LIKE)
    near = {known[word] for word in found if _likeness(folded, word) == _likeness(folded, found[0])}
    return near.pop() if len(near) == 1 else ""


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, other, one).ratio()


def day_of(text: str) -> str:
    """A day as a record has it (`2026-05-20`, `2026-05`, `2026`) from the ways in which people write it.

    `2026/5/20`, `2026.5.20`, `2026年5月20日`, `20260520`, without a time of day after it.
    What is none of them stays as it is: the schema judges it.
    """
    found = _DAY.fullmatch(text.strip()) or _BARE_DAY.fullmatch(text.strip())
    if found:
        return "-".join([found[1], *(f"{int(part):02d}" for part in found.groups()[1:] if part)])
    year = text.strip().removesuffix("年")
    return year if len(year) == 4 and year.isascii() and year.isdigit() else text


@lru_cache(maxsize=16)
def _by_word(name: str) -> dict[str, str]:
    """The code for each code, label and address, folded; the first of two terms called alike."""
    found: dict[str, str] = {}
    for word, code in _words(name):
        found.setdefault(_folded(word), code)
    return found


def _folded(text: str) -> str:
    """A term as it is compared: however it is capitalised and spaced, in characters of full or half width (UAX 15,
    NFKC), an address with or without `https://` and a last slash.
    """
    return _SCHEME.sub("", "".join(unicodedata.normalize("NFKC", text).casefold().split())).rstrip("/")


def _words(name: str) -> Iterator[tuple[str, str]]:
    for term in vocabulary(name):
        yield from ((word, term.code) for word in (term.code, term.zh, term.en, term.uri) if word)
