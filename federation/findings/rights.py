"""Whether it is clear who holds the rights, and what others may do."""

from __future__ import annotations

from collections.abc import Iterator

from federation.findings.finding import DOUBT, NOTE, SERIOUS, Finding, Record

NOT_EVALUATED = "http://rightsstatements.org/vocab/CNE/1.0/"
NOTHING_KNOWN = "http://rightsstatements.org/vocab/NKC/1.0/"
ELSEWHERE = "http://rightsstatements.org/vocab/NoC-US/1.0/"
FREE = frozenset({"CC0-1.0", "https://creativecommons.org/publicdomain/mark/1.0/", NOTHING_KNOWN, ELSEWHERE})
"""Where nobody needs to be named or asked."""


def licence(record: Record) -> Iterator[Finding]:
    """A licence that leaves open what may be done, or names nobody who could give it."""
    code, pointer = record["license"], "/license"
    if code == NOT_EVALUATED:
        yield Finding(
            "licence_open",
            SERIOUS,
            "版权状况没有评估，公众不知道能不能用。",
            "Copyright has not been evaluated: the public does not learn what it may do.",
            pointer,
        )
    elif code in (NOTHING_KNOWN, ELSEWHERE):
        yield Finding(
            "licence_doubtful",
            DOUBT,
            "这一声明没有说明在中国能否使用，请核对依据。",
            "This statement does not say whether the resource may be used in China; check what it rests on.",
            pointer,
        )
    if code not in FREE and not record.get("rights_holder"):
        named = bool(record.get("creators"))
        yield Finding(
            "rights_holder_missing",
            NOTE if named else DOUBT,
            "没有写权利人" + ("，只有作者。" if named else "，也没有作者：不知道许可由谁给出。"),
            "No rights holder is named"
            + (", only creators." if named else ", nor a creator: who gives the licence?"),
            "/rights_holder",
        )
