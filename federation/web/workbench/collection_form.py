"""The form of a collection: what its fields make, and which of its buttons was pressed."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from federation.collections.content import MAX_ITEMS
from shared.validation import plain

SAVE, ADD, FIND, UP, DOWN, REMOVE = "save", "add", "find", "up", "down", "remove"
WHOLE = ("occasion", "begins_on", "ends_on", "cover")


def document(form: MultiDict[str, str]) -> dict[str, Any]:
    """The document that the form describes, without what is left empty."""
    said: dict[str, Any] = {"title": _texts(form, "title"), "introduction": _texts(form, "introduction")}
    said |= {name: plain(form.get(name, "")).strip() for name in WHOLE}
    items = []
    for number in range(MAX_ITEMS + 1):
        resource = form.get(f"item-{number}-resource", "")
        if resource:
            note = _texts(form, f"item-{number}-note")
            items.append({"resource": resource, **({"note": note} if note else {})})
    said["items"] = items
    return {name: value for name, value in said.items() if value or name == "title"}


def pressed(form: MultiDict[str, str]) -> tuple[str, str]:
    """Which button was pressed, and what it is about: `up-3` is ("up", "3"). Anything unknown saves."""
    name, _dash, about = form.get("do", "").partition("-")
    return (name, about) if name in (ADD, FIND, UP, DOWN, REMOVE) else (SAVE, "")


def summary(faults: dict[str, str]) -> str:
    """What is wrong, place by place, in one sentence each."""
    return " ".join(f"{_named(pointer)}：{said}" for pointer, said in faults.items())


def _texts(form: MultiDict[str, str], name: str) -> dict[str, str]:
    given = {tag: plain(form.get(f"{name}_{tag}", "")).strip() for tag in ("zh", "en")}
    return {tag: text for tag, text in given.items() if text}


def _named(pointer: str) -> str:
    names = {
        "title": _("标题"),
        "introduction": _("引言"),
        "occasion": _("场合"),
        "begins_on": _("开始日期"),
        "ends_on": _("结束日期"),
        "cover": _("封面"),
        "items": _("资源"),
        "add": _("要加入的资源"),
        "kind": _("种类"),
        "slug": _("网址"),
    }
    steps = pointer.strip("/").split("/")
    if steps[0] == "items" and len(steps) > 1 and steps[1].isdecimal():
        return str(_("第 %(number)s 件资源", number=int(steps[1]) + 1))
    return str(names.get(steps[0], pointer))
