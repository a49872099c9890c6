"""What every page of the node knows: who we are, the languages, and how to put facts into words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Flask, current_app, request

from nodes import membership as memberships
from nodes import queries
from nodes.models import Round
from nodes.web import language
from nodes.web.assets import asset_url
from nodes.web.language import gettext
from nodes.web.syncing import Progress, Syncer
from nodes.wording import ASKED, ROLE_NAMES, ROLE_WORDS, STATES
from nodes.workplace import Workplace
from shared.canonical import best_text
from shared.errors import AlreadyWithdrawn
from shared.record import is_tombstone
from shared.vocabularies import vocabulary
from shared.wording import file_size

LANGUAGE_TAGS = {language.CHINESE: "zh-Hans-CN", language.ENGLISH: "en"}
TONES = {
    "published": "good",
    "refused": "bad",
    "changes_requested": "bad",
    "rejected": "bad",
    "taken_down": "bad",
    "superseded": "done",
    "withdrawn": "done",
    "expired": "done",
}
"""The colour of a state; whatever is still under way waits."""


def init_frame(app: Flask) -> None:
    """Give every template of `app` its filters and values."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(file_size=file_size, moment=moment, clock=clock, best=best, in_short=in_short)
    app.jinja_env.globals.update(
        asset_url=asset_url,
        label=label,
        terms=vocabulary,
        state_name=state_name,
        tone=tone,
        askers=ASKED,
        ROLE_NAMES=ROLE_NAMES,
        ROLE_WORDS=ROLE_WORDS,
    )
    app.context_processor(_page_values)


def workplace() -> Workplace:
    """The node of the application at hand."""
    found: Workplace = current_app.config["WORKPLACE"]
    return found


def syncer() -> Syncer:
    """The synchronisations of the application at hand."""
    found: Syncer = current_app.config["SYNCER"]
    return found


def latest_record(record_id: str) -> dict[str, Any]:
    """The latest version's record. Raises `NotFound`, or `AlreadyWithdrawn`: a withdrawal is final."""
    with workplace().database.unit_of_work(read_only=True) as session:
        record = queries.versions(session, record_id)[0].content
    if is_tombstone(record):
        raise AlreadyWithdrawn()
    return record


def state_name(state: str) -> str:
    """The state in the reader's language."""
    return str(gettext(STATES.get(state, state)))


def in_order(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts by state, in the order in which a resource goes through the states."""
    known = {state: counts[state] for state in STATES if state in counts}
    return {**known, **{state: count for state, count in counts.items() if state not in known}}


def tone(state: str) -> str:
    """good, bad, done, or wait."""
    return TONES.get(state, "wait")


def label(name: str, code: str) -> str:
    """A vocabulary term in the reader's language."""
    return vocabulary(name).label(code, language.current())


def choices_of(name: str) -> list[tuple[str, str]]:
    """The codes of a vocabulary with their labels, for a form."""
    return [(term.code, term.label(language.current())) for term in vocabulary(name)]


def languages_of(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The languages that a form offers, and those that the record has besides."""
    offered = {"zh": gettext("中文"), "en": gettext("英文"), "zxx": gettext("没有语言（如图画、音乐）")}
    others = {tag: tag for tag in fields.get("language", ()) if tag not in offered}
    return [*offered.items(), *others.items()]


def best(texts: dict[str, str]) -> str:
    """The text that the reader understands best."""
    return best_text(texts, language.current())


def moment(at: datetime) -> str:
    """A moment in this machine's time, to the minute."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def clock(at: datetime) -> str:
    """The time of day in this machine's time, to the second."""
    return f"{at.astimezone():%H:%M:%S}"


def heading(progress: Progress) -> str:
    """What the page on rounds is headed with: what is being done, or what became of it."""
    comparing = progress.kind == "reconcile"
    if progress.running:
        return gettext("正在核对……") if comparing else gettext("正在同步……")
    if progress.error:
        return gettext("核对没有完成") if comparing else gettext("同步没有完成")
    if not progress.finished_at:
        return gettext("与平台同步")
    if not progress.good:
        return gettext("核对做完了，两边还不一致") if comparing else gettext("同步做完了，有几件没有成功")
    return gettext("核对完成") if comparing else gettext("同步完成")


def in_short(round: Round, spoken: str) -> str:
    """What a round came to, in one line."""
    if round.error:
        return str(round.error[spoken])
    said, lines = round.outcome, []
    if "accepted" in said:
        sent = said["accepted"] + said["duplicate"] + said["superseded"]
        words = gettext("著录 %(sent)s，文件 %(files)s，平台消息 %(events)s")
        lines.append(words % {"sent": sent, "files": said["files_sent"], "events": said["events"]})
        if said["refused"] or said["files_failed"]:
            words = gettext("未接收 %(refused)s，未送出 %(failed)s")
            lines.append(words % {"refused": said["refused"], "failed": said["files_failed"]})
    if said.get("reconciled"):
        lines.append(gettext("两边一致") if said["reconciled"]["equal"] else gettext("两边还不一致"))
    return gettext("；").join(lines)


def _page_values() -> dict[str, Any]:
    with workplace().database.unit_of_work(read_only=True) as session:
        membership = memberships.find(session)
    spoken = language.current()
    ours = best(membership.institution_name) if membership else gettext("尚未加入平台的节点")
    return {
        "language": spoken,
        "page_lang": LANGUAGE_TAGS[spoken],
        "membership": membership,
        "institution": ours,
        "hub_name": best(membership.hub_name) if membership else "",
        "here": request.full_path.rstrip("?") if request.method == "GET" else "/",
        "syncing": syncer().progress.running,
        "is_open": current_app.config["OPEN"],
    }
