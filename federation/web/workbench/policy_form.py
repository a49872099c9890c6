"""The form of the review policy: what its fields make, and how a document fills it, whatever is wrong with either."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from federation.checklist import MOST_ITEMS, STAYS

SPARE = 3
"""Empty rows for further questions."""
WHOLE = ("needed", "days", "sample_percent")
TEXTS = ("code", "zh", "en")


def document(form: MultiDict[str, str]) -> dict[str, Any]:
    """The document that the form describes, in its order; a number that is none stays a text, for its fault."""
    items = []
    for number in range(MOST_ITEMS + SPARE):
        item: dict[str, Any] = {name: form.get(f"item-{number}-{name}", "").strip() for name in TEXTS}
        question = {name: form.get(f"item-{number}-question-{name}", "").strip() for name in ("zh", "en")}
        written = any(item.values()) or any(question.values())
        if written and not form.get(f"item-{number}-remove"):
            place = form.get(f"item-{number}-place", number + 1, type=int)
            items.append((place, number, {**item, "question": question}))
    return {
        **{name: _whole(form.get(name, "")) for name in WHOLE},
        "expert_disciplines": form.getlist("expert_disciplines"),
        "sensitive": {
            "themes": form.getlist("sensitive_themes"),
            "types": form.getlist("sensitive_types"),
            "needed": _whole(form.get("sensitive_needed", "")),
        },
        "topical": {
            "occasions": form.getlist("topical_occasions"),
            "types": form.getlist("topical_types"),
            "days": _whole(form.get("topical_days", "")),
        },
        "items": [item for *_order, item in sorted(items, key=lambda entry: entry[:2])],
    }


def shown(document: dict[str, Any]) -> dict[str, Any]:
    """The document with empty rows at its end."""
    empty = {"code": "", "zh": "", "en": "", "question": {"zh": "", "en": ""}}
    return {"topical": dict(STAYS), **document, "items": [*document["items"], *[empty] * SPARE]}


def summary(faults: dict[str, str]) -> str:
    """What is wrong, place by place, in one sentence each."""
    return " ".join(f"{_named(pointer)}：{said}" for pointer, said in faults.items())


def _whole(text: str) -> int | str:
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) < 10 else text


def _named(pointer: str) -> str:
    names = {
        "/needed": _("审核人数"),
        "/days": _("审核天数"),
        "/sample_percent": _("抽查比例"),
        "/sensitive/needed": _("敏感资源的审核人数"),
        "/topical/days": _("有期限的资源公开的天数"),
        "/items": _("审核清单"),
    }
    steps = pointer.split("/")
    if len(steps) > 2 and steps[1] == "items":
        parts = {
            "code": _("代码"),
            "zh": _("中文名"),
            "en": _("英文名"),
            "question/zh": _("中文问题"),
            "question/en": _("英文问题"),
        }
        part = "/".join(steps[3:])
        return str(_("清单第 %(number)s 项%(part)s", number=int(steps[2]) + 1, part=parts.get(part, part)))
    return str(names.get(pointer, pointer))
