"""A licence found by a few questions in plain words, instead of by reading twenty of them.

The questions follow what decides: who made it, what others may do with it (Creative Commons 4.0), or why it is free
or not free (rightsstatements.org 1.0). Terms of protection are those of the Copyright Law of the People's Republic of
China (2020), articles 5 and 23; whose a work is that staff or somebody hired has made, articles 11 and 17 to 19.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nodes.texts import later

RIGHTS = "http://rightsstatements.org/vocab/"
PUBLIC_DOMAIN = "https://creativecommons.org/publicdomain/mark/1.0/"


@dataclass(frozen=True)
class Option:
    """One answer: where it leads, to the question `then`, to a licence, or to an advice because there is none."""

    value: str
    text: str
    then: str = ""
    licence: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Question:
    """One question with all its answers."""

    text: str
    options: Sequence[Option]


@dataclass(frozen=True)
class Outcome:
    """What answers come to: the questions on the way, and the licence or the advice at its end, if it was reached."""

    asked: Sequence[str]
    licence: str = ""
    advice: str = ""


START = "maker"
QUESTIONS: Mapping[str, Question] = {
    "maker": Question(
        later("内容是谁的？"),
        (
            Option("ours", later("本单位的：以本单位名义创作，或书面约定权利归本单位"), then="change"),
            Option("others", later("别人的，还受版权保护（没有约定的职工作品、委托作品也在内）"), then="consent"),
            Option(
                "old",
                later("很早的：作者去世、单位作品或影片发表已过 50 年，算到年底"),
                then="limits",
            ),
            Option(
                "official", later("法律、法规、公文，或单纯的事实和数据（推荐性标准不算）"), licence=PUBLIC_DOMAIN
            ),
            Option("unknown", later("说不清是谁的"), then="search"),
        ),
    ),
    "change": Question(
        later("别人可以改编吗？比如翻译、剪辑、改成课件。"),
        (
            Option("yes", later("可以"), then="sell"),
            Option("alike", later("可以，但改出来的也要同样开放"), then="sell-alike"),
            Option("no", later("不可以，只能原样转载"), then="sell-unchanged"),
        ),
    ),
    "sell": Question(
        later("可以用来赚钱吗？比如收进出版的书、收费的课程。"),
        (
            Option("yes", later("可以，注明我们就行"), licence="CC-BY-4.0"),
            Option("free", later("可以，连注明也不必"), licence="CC0-1.0"),
            Option("no", later("不可以"), licence="CC-BY-NC-4.0"),
        ),
    ),
    "sell-alike": Question(
        later("可以用来赚钱吗？比如收进出版的书、收费的课程。"),
        (
            Option("yes", later("可以"), licence="CC-BY-SA-4.0"),
            Option("no", later("不可以"), licence="CC-BY-NC-SA-4.0"),
        ),
    ),
    "sell-unchanged": Question(
        later("可以用来赚钱吗？比如收进出版的书、收费的课程。"),
        (
            Option("yes", later("可以"), licence="CC-BY-ND-4.0"),
            Option("no", later("不可以"), licence="CC-BY-NC-ND-4.0"),
        ),
    ),
    "consent": Question(
        later("权利人同意怎样用？"),
        (
            Option("show", later("同意放在这里给公众看"), licence=RIGHTS + "InC/1.0/"),
            Option("teach", later("还同意别人用于教学"), licence=RIGHTS + "InC-EDU/1.0/"),
            Option("not-sold", later("还同意别人用于不赚钱的用途"), licence=RIGHTS + "InC-NC/1.0/"),
            Option(
                "named",
                later("作品上写明了许可（如 CC BY）"),
                advice=later("请在上面的“许可”里选作品自己写明的那一种，一字不差。"),
            ),
            Option(
                "no",
                later("还没有问，或没有同意"),
                advice=later("先不要登记文件。请取得权利人同意；也可以只登记它在原网站的链接。"),
            ),
        ),
    ),
    "limits": Question(
        later("使用它还受别的限制吗？比如文物复制、档案开放的规定。"),
        (
            Option("no", later("不受限制"), licence=PUBLIC_DOMAIN),
            Option("yes", later("受限制"), licence=RIGHTS + "NoC-OKLR/1.0/"),
        ),
    ),
    "search": Question(
        later("认真查过权利人吗？"),
        (
            Option("yes", later("查过，没有发现谁有版权"), licence=RIGHTS + "NKC/1.0/"),
            Option("no", later("还没有查"), licence=RIGHTS + "CNE/1.0/"),
        ),
    ),
}


def decide(answers: Mapping[str, str]) -> Outcome:
    """Follow `answers` (a value for each question) as far as they go; answers beside the way count for nothing."""
    asked, at = [], START
    while at:
        asked.append(at)
        given = answers.get(at, "")
        chosen = next((one for one in QUESTIONS[at].options if one.value == given), None)
        if chosen is None:
            break
        if chosen.licence or chosen.advice:
            return Outcome(asked, chosen.licence, chosen.advice)
        at = chosen.then
    return Outcome(asked)
