"""A record, a state, an error and a waiting time in the words of the reviewer's language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import format_date, format_datetime, format_timedelta, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from federation.days import today as today
from federation.language import CHINESE, request_language
from federation.models.base import now
from federation.models.resources import ResourceVersion
from federation.naming import FILE_CHANGES as FILE_CHANGES
from federation.naming import LABELS as LABELS
from federation.naming import ROLES as ROLES
from federation.naming import STATES as STATES
from federation.web import wording
from shared.errors import ChecklistIncomplete, CommonsError, InvalidRequest, MoveNotAllowed
from shared.vocabularies import OF_FIELDS, vocabulary
from shared.wording import file_size

LOOKS = {
    "published": "good",
    "approved": "good",
    "in_review": "wait",
    "changes_requested": "bad",
    "rejected": "bad",
    "taken_down": "bad",
}
VERDICTS: Mapping[str, Any] = {
    "approve": _l("通过"),
    "request_changes": _l("退回修改"),
    "reject": _l("不予通过"),
}
SEVERITY_LOOKS = {"serious": "bad", "doubt": "wait", "note": "done"}
SEVERITIES: Mapping[str, Any] = {"serious": _l("要处理"), "doubt": _l("要留意"), "note": _l("供参考")}
OUTCOMES: Mapping[str, Any] = {"sound": _l("没有问题"), "doubtful": _l("有疑问")}
"""What came of a second look."""
PETITIONS: Mapping[str, Any] = {"appeal": _l("申诉"), "renewal": _l("续期")}
FEEDBACK: Mapping[str, Any] = {"mistake": _l("指出错误"), "question": _l("读者提问")}
ANSWERS: Mapping[str, Any] = {"granted": _l("同意"), "dismissed": _l("不同意")}
PETITION_LOOKS = {"granted": "good", "dismissed": "bad"}
CONSEQUENCES: Mapping[str, Any] = {
    "appeal": _l("同意则回到待审，由别的审核人重审。单位会看到理由。"),
    "renewal": _l("同意则从今天起重新计期，已到期的恢复公开。单位会看到理由。"),
}
"""What granting a petition brings about."""
VERDICT_LOOKS = {"approve": "good", "request_changes": "wait", "reject": "bad"}
NOTE = "note-"
"""How the fields begin in which a note on a question of the checklist is sent."""
FIELDS: Mapping[str, Any] = {
    "/publish_on": _l("发布日期"),
    "/day": _l("发布日期"),
    "/begin": _l("起始日期"),
    "/end": _l("截止日期"),
    "/reason": _l("理由"),
    "/text": _l("理由"),
    "/question": _l("问题"),
    "/note": _l("备注"),
    "/notes": _l("备注"),
}
"""What the fields of the forms are called whose faults are said above the form."""
TEXTS = ("title", "summary", "description")


@dataclass(frozen=True)
class Row:
    """One field in words: its label and one or more lines; `tag` is the lines' language where they have one."""

    key: str
    label: str
    lines: tuple[str, ...]
    tag: str = ""

    @property
    def short(self) -> bool:
        """Whether the lines are single terms that read well after one another."""
        return self.key in OF_FIELDS or self.key in ("keywords", "language")


@dataclass(frozen=True)
class Sections:
    """A record as the page of a submission shows it."""

    texts: list[list[Row]]
    """Summary and description, each with its languages side by side; the title heads the page."""
    facts: list[Row]
    evidence: list[Mapping[str, str]]
    links: list[Mapping[str, str]]
    license_plain: str
    license_uri: str


def sections(record: Mapping[str, Any], language: str) -> Sections:
    """A record sorted into texts, facts and what has a place of its own."""
    shown = list(rows(record))
    apart = {*TEXTS, "evidence", "files", "links", "license"}
    named = [row for row in shown if row.key == "title" and row.tag not in ("zh", "en")]
    term = vocabulary("licenses").terms.get(record["license"])
    return Sections(
        texts=[[row for row in shown if row.key == key] for key in TEXTS[1:] if record.get(key)],
        facts=[*named, *(row for row in shown if row.key not in apart)],
        evidence=record.get("evidence", []),
        links=record.get("links", []),
        license_plain=term.in_plain_words(language) if term else "",
        license_uri=(term.uri or "") if term else "",
    )


def rows(record: Mapping[str, Any]) -> Iterator[Row]:
    """Every field of a record in words, a language of a text each for itself."""
    for key, name in LABELS.items():
        value = record.get(key)
        if not value:
            continue
        if key in TEXTS:
            for tag in sorted(value, key=lambda tag: (tag != "zh", tag != "en", tag)):
                yield Row(key, f"{name} · {wording.language_name(tag)}", (value[tag],), tag)
        else:
            yield Row(key, str(name), tuple(_lines(key, value)))


def _lines(key: str, value: Any) -> Sequence[str]:
    if key in OF_FIELDS:
        codes = value if isinstance(value, list) else [value]
        return [wording.label(OF_FIELDS[key], code) for code in codes]
    if key == "created":
        return [wording.reading_date(value)]
    if key == "language":
        return [wording.language_name(tag) for tag in value]
    if isinstance(value, list):
        return [_IN_ONE_LINE[key](entry) if key in _IN_ONE_LINE else str(entry) for entry in value]
    return [_IN_ONE_LINE[key](value) if key in _IN_ONE_LINE else str(value)]


def _agent(entry: Mapping[str, str]) -> str:
    role = wording.label("agent-roles", entry["role"]) if "role" in entry else ""
    return _joined(entry["name"], role, entry.get("affiliation", ""))


def _coverage(entry: Mapping[str, Any]) -> str:
    period, place = entry.get("period", {}), entry.get("place", {})
    years = wording.year_span(period.get("from"), period.get("until"))
    where = f"{place['latitude']}, {place['longitude']}" if "latitude" in place else ""
    return _joined(str(wording.said(period.get("name"))), years, str(wording.said(place.get("name"))), where)


def in_one_line(file: Mapping[str, Any]) -> str:
    """What a record says of a file, but for its name."""
    return _file({**file, "name": ""})


def _file(entry: Mapping[str, Any]) -> str:
    role, size = wording.label("file-roles", entry["role"]), file_size(entry["size"])
    alt = str(wording.said(entry.get("alt")))
    return _joined(entry["name"], role, entry["media_type"], size, f"SHA-256 {entry['sha256'][:12]}…", alt)


def _evidence(entry: Mapping[str, str]) -> str:
    return _joined(entry["source"], entry["method"], entry["verified_by"])


def _link(entry: Mapping[str, str]) -> str:
    return _joined(entry.get("label", ""), entry["url"])


def _relation(entry: Mapping[str, str]) -> str:
    return _joined(wording.label("relation-types", entry["type"]), entry["target"])


def _identifier(entry: Mapping[str, str]) -> str:
    return _joined(wording.label("identifier-schemes", entry["scheme"]), entry["value"])


def _reason(entry: Mapping[str, str]) -> str:
    return entry["reason"]


_IN_ONE_LINE: Mapping[str, Any] = {
    "creators": _agent,
    "contributors": _agent,
    "coverage": _coverage,
    "files": _file,
    "evidence": _evidence,
    "links": _link,
    "relations": _relation,
    "identifiers": _identifier,
    "withdrawn": _reason,
}


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def place(pointer: str) -> str:
    """Where in a record a finding is, as the page calls it: the field, and which file, link or language of it."""
    field, _sep, rest = pointer.removeprefix("/").partition("/")
    if not field:
        return str(_("整件"))
    name, first = str(LABELS[field]), rest.partition("/")[0]
    if field in ("files", "links") and first:
        return f"{name} {int(first) + 1}"
    if field in TEXTS and first:
        return f"{name} · {wording.language_name(first)}"
    return name


def notes(form: Mapping[str, str]) -> dict[str, str]:
    """What was noted at single questions of the checklist, by their codes."""
    return {name.removeprefix(NOTE): text for name, text in form.items() if name.startswith(NOTE) and text.strip()}


def waited(since: datetime) -> str:
    """How long ago, in plain words: `3 天`; a number and its unit stand apart in Chinese too."""
    return _span(now() - since)


def aged(since: datetime) -> str:
    """How long ago in whole days, where the days count: a month is `31 天`, not `4 周`."""
    return days(now() - since)


def _span(length: timedelta) -> str:
    said = str(format_timedelta(max(length, timedelta(minutes=1)), granularity="minute", threshold=1.2))
    return re.sub(r"(?<=\d)(?=[^\d\s])", " ", said)


def due(version: ResourceVersion) -> str:
    """How long there is left for the review of a version, or how long it is overdue; empty when it is not due."""
    if version.due_at is None:
        return ""
    left = version.due_at - now()
    if left < timedelta():
        return str(_("逾期 %(time)s", time=days(-left)))
    return str(_("还有 %(time)s", time=days(left)))


def days(length: timedelta) -> str:
    """A length in whole days, as people count what is due; what is shorter than one in hours or minutes."""
    if length < timedelta(days=1):
        return _span(length)
    return str(ngettext("%(num)d 天", "%(num)d 天", round(length / timedelta(days=1))))


def moment(at: datetime | None) -> str:
    """A moment to the minute, in the hub's time zone; a dash for none."""
    return str(format_datetime(at, "yyyy-MM-dd HH:mm")) if at else "—"


def day_of(day: date) -> str:
    """A day of the calendar, in the reader's language."""
    return str(format_date(day, "y 年 M 月 d 日" if request_language() == CHINESE else "d MMMM y"))


def state(code: str) -> str:
    """What a state is called."""
    return str(STATES[code])


def outcome(version: ResourceVersion, verdict: str) -> str:
    """What a decision has brought about."""
    title = version.title(request_language())
    if version.state == "in_review":
        return str(_("已记下您的意见：《%(title)s》还需另一位审核人通过。", title=title))
    if version.state == "approved" and version.publish_on:
        return str(_("《%(title)s》已通过，%(day)s发布。", title=title, day=day_of(version.publish_on)))
    if verdict == "approve":
        return str(_("《%(title)s》已发布。", title=title))
    said = VERDICTS[verdict]
    return str(_("《%(title)s》：%(verdict)s。提交单位下次同步时会看到理由。", title=title, verdict=said))


def fault(error: CommonsError) -> str:
    """Why a decision was refused, in the reviewer's words."""
    language = request_language()
    if isinstance(error, MoveNotAllowed):
        return str(_("这一版本现在的状态是“%(state)s”，不能再作决定。", state=state(error.data["state"])))
    if isinstance(error, ChecklistIncomplete):
        return str(_("通过之前，请逐项确认审核清单。"))
    if isinstance(error, InvalidRequest) and error.errors:
        return " ".join(_of_field(one.pointer, one.message(language)) for one in error.errors)
    return error.message(language)


def _of_field(pointer: str, said: str) -> str:
    """What is wrong with one field of a form, with the field's name before it."""
    chosen = {"/verdict": _("请选择审核结论。"), "/answer": _("请选择同意或不同意。")}
    if pointer in chosen:
        return str(chosen[pointer])
    name = FIELDS.get("/" + pointer.split("/")[1] if "/" in pointer else "")
    return str(_("%(field)s：%(said)s", field=name, said=said)) if name else said
