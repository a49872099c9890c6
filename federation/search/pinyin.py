"""Titles in pinyin, for people who type `duliangheng` or `dlh`; only the process that writes the index loads it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import ModuleType

from federation.search.text import MAX_TOKEN, cut, runs

LONGEST = 12
"""Characters of a run that are also taken as one piece."""
READINGS = {
    "重新": ["chong", "xin"],
    "重复": ["chong", "fu"],
    "重复性": ["chong", "fu", "xing"],
    "校准": ["jiao", "zhun"],
    "校验": ["jiao", "yan"],
    "校正": ["jiao", "zheng"],
    "检校": ["jian", "jiao"],
    "称重": ["cheng", "zhong"],
    "称量": ["cheng", "liang"],
    "对称": ["dui", "chen"],
    "频率": ["pin", "lv"],
    "效率": ["xiao", "lv"],
    "速率": ["su", "lv"],
    "功率": ["gong", "lv"],
    "误差": ["wu", "cha"],
    "行业": ["hang", "ye"],
    "长度": ["chang", "du"],
    "增长": ["zeng", "zhang"],
    "音乐": ["yin", "yue"],
    "乐律": ["yue", "lv"],
    "律管": ["lv", "guan"],
    "律历志": ["lv", "li", "zhi"],
    "传感器": ["chuan", "gan", "qi"],
    "传记": ["zhuan", "ji"],
    "调整": ["tiao", "zheng"],
    "调查": ["diao", "cha"],
    "会计": ["kuai", "ji"],
    "单位": ["dan", "wei"],
    "朝代": ["chao", "dai"],
    "血压": ["xue", "ya"],
    "血压计": ["xue", "ya", "ji"],
    "角度": ["jiao", "du"],
    "率": ["lv"],
}
"""Readings that the single characters would give wrongly; the library's own phrases would take 45 MB."""


MAX_WORD = max(map(len, READINGS))


@lru_cache(maxsize=1)
def _library() -> ModuleType:
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    import pypinyin  # noqa: PLC0415  # 12 MB that only the index's writer needs

    return pypinyin


@lru_cache(maxsize=8192)
def sound(sign: str) -> str:
    """The usual syllable of a Chinese character, without its tone; any other sign as it is."""
    library = _library()
    return str(library.pinyin(sign, style=library.Style.NORMAL, v_to_u=False)[0][0]) if sign.strip() else sign


def syllables(text: str, of_sign: Callable[[str], str] = sound) -> Iterator[str]:
    """Each character's syllable; in the words of `READINGS` the one that it has there."""
    place = 0
    while place < len(text):
        lengths = range(min(MAX_WORD, len(text) - place), 0, -1)
        word = next(
            (text[place : place + length] for length in lengths if text[place : place + length] in READINGS), ""
        )
        yield from READINGS[word] if word else (of_sign(text[place]),)
        place += len(word) or 1


@lru_cache(maxsize=16384)
def readings(piece: str) -> tuple[str, str]:
    """A piece of folded text in pinyin without tones: in full, and the initials; what is not Chinese stays."""
    said = list(syllables(piece))
    return "".join(said)[:MAX_TOKEN], "".join(one[:1] for one in said)[:MAX_TOKEN]


def pinyin(folded: str) -> list[str]:
    """Each Chinese run of a folded text and its dictionary words in pinyin, in full and as initials."""
    pieces = {piece for run, han in runs(folded) if han for piece in (run[:LONGEST], *cut(run))}
    return sorted({said for piece in pieces for said in readings(piece)})
