"""A search that cannot be made as asked: what is wrong in the reader's words, what was typed, and the way on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from federation.language import request_language
from shared.errors import FieldError
from shared.validation import plain

NAMES = {
    "q": _l("检索词"),
    "type": _l("类型"),
    "theme": _l("主题"),
    "discipline": _l("计量专业"),
    "audience": _l("读者对象"),
    "occasion": _l("场合"),
    "institution": _l("提供单位"),
    "license": _l("使用许可"),
    "published_from": _l("发布日期的起点"),
    "published_until": _l("发布日期的终点"),
    "period_from": _l("年代的起点"),
    "period_until": _l("年代的终点"),
    "created_from": _l("制作年份的起点"),
    "created_until": _l("制作年份的终点"),
    "sort": _l("排序"),
    "page": _l("页码"),
}
"""What readers call the parameters of a search."""
UNKNOWN = {
    "type": _l("没有“%(value)s”这个类型。"),
    "theme": _l("没有“%(value)s”这个主题。"),
    "discipline": _l("没有“%(value)s”这个计量专业。"),
    "audience": _l("没有“%(value)s”这类读者。"),
    "occasion": _l("没有“%(value)s”这个场合。"),
    "license": _l("没有“%(value)s”这种使用许可。"),
    "sort": _l("不能按“%(value)s”排序。"),
}


@dataclass(frozen=True)
class Refusal:
    """What is said of the search: its faults; what was typed; what of the rest was good, as parameters."""

    faults: list[str]
    typed: str
    kept: list[tuple[str, str]]
    words_are_good: bool

    def way_on(self) -> str:
        """The address of the same search without what is wrong; empty when nothing is left of it."""
        words = [("q", self.typed)] if self.words_are_good and self.typed.strip() else []
        left: dict[str, Any] = MultiDict([*words, *self.kept]).to_dict(flat=False)
        return url_for("portal.search_page", **left) if left else ""


def refusal(asked: MultiDict[str, str], errors: Sequence[FieldError]) -> Refusal:
    """How to answer a search that `SearchQuery` refused with these errors."""
    wrong = {error.pointer for error in errors}
    kept = [
        (name, value)
        for name in NAMES
        if name not in ("q", "page") and f"/{name}" not in wrong
        for place, value in enumerate(asked.getlist(name))
        if f"/{name}/{place}" not in wrong
    ]
    said = dict.fromkeys(_said(error) for error in errors)
    return Refusal(list(said), plain(asked.get("q", "")), kept, "/q" not in wrong)


def _said(error: FieldError) -> str:
    name = error.pointer.split("/")[1]
    if name == "q" and error.code == "too_long":
        return str(_("检索词最多 %(max)s 个字符，现有 %(length)s 个。", **error.params))
    if error.code == "unknown_term" and error.params["value"].strip():
        return str(UNKNOWN[name]) % error.params
    return str(_("%(name)s：%(fault)s", name=NAMES[name], fault=_own_words(error)))


def _own_words(error: FieldError) -> str:
    """The fault by itself; a value of blanks only is none."""
    if error.code == "unknown_term":
        return str(_("没有填写。"))
    return error.message(request_language())
