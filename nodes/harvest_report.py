"""What a harvest did, or a first look saw, in a few lines for a person at the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from nodes import sources
from nodes.source_models import HarvestSource
from nodes.texts import _, language, later
from shared.canonical import best_text

SHOWN = 20
"""Names and sets that are listed."""
NAMED = 5
"""Entries that are named for one reason; `--json` names more."""
KINDS = {
    sources.OAI: later("机构库（OAI-PMH）"),
    sources.FEED: later("订阅源（Atom、RSS）"),
    sources.PAGE: later("网页（JSON-LD）"),
    sources.FOLDER: later("文件夹"),
}
"""How each kind of source is called."""


def counts(outcome: Mapping[str, Any]) -> str:
    """How many resources were created, changed, left alone, withdrawn and refused."""
    said = _("新登记 {created}，新版本 {updated}，无变化 {unchanged}，撤回 {withdrawn}，有误 {failed}。")
    return said.format(
        **{name: outcome.get(name, 0) for name in ("created", "updated", "unchanged", "withdrawn", "failed")}
    )


def by_reason(faults: Iterable[Mapping[str, Any]], spoken: str) -> dict[str, list[str]]:
    """Each reason in the language `spoken`, with the identifiers of the entries that it is about."""
    found: dict[str, list[str]] = {}
    for fault in faults:
        for reason in fault["reasons"]:
            found.setdefault(reason[spoken], []).append(fault["identifier"])
    return found


def of_outcome(outcome: Mapping[str, Any]) -> list[str]:
    """The counts, what is wrong with which entry, and what else there is to know."""
    lines = [counts(outcome)]
    if outcome["mended"]:
        lines.append(_("来源的 XML 有 {count} 页写法不对，已修补后读取。").format(count=outcome["mended"]))
    for reason, names in by_reason(outcome["faults"], language()).items():
        lines.append(f"  {reason}")
        more = _("……共 {count} 条").format(count=len(names)) if len(names) > NAMED else ""
        lines.append(f"    {_('、').join(name or '—' for name in names[:NAMED])}{more}")
    if outcome["failed"] > len(outcome["faults"]):
        lines.append("  " + _("……共 {count} 条有误，加上 --json 看更多。").format(count=outcome["failed"]))
    lines += _named(_("还在写，下次再登记："), outcome["waiting"], outcome["unsettled"])
    lines += _named(_("文件夹里不见了（没有撤回）："), outcome["gone"], outcome["missing"])
    return lines


def _named(heading: str, names: Sequence[str], count: int) -> Iterator[str]:
    if names:
        more = _("等 {count} 件").format(count=count) if count > SHOWN else ""
        yield heading + _("、").join(names[:SHOWN]) + more


def of_look(seen: Mapping[str, Any]) -> list[str]:
    """What a source is, and a few of its entries as they would be."""
    lines = [seen["title"]] if seen["title"] else []
    if "formats" in seen:
        lines.append(
            _("最早 {earliest}；格式 {formats}").format(earliest=seen["earliest"], formats=", ".join(seen["formats"]))
        )
        lines += [f"  --set {spec}  {name}" for spec, name in seen["sets"][:SHOWN]]
    for one in seen["sample"]:
        title = best_text(one["fields"].get("title") or {"zh": "—"}, language())
        lines.append(f"{one['identifier']}  {title}")
        lines += [f"    {fault[language()]}" for fault in one["faults"]]
    return lines or [_("来源里没有内容。")]


def of_source(source: HarvestSource, moment: datetime) -> list[str]:
    """A source in a list: what it is, how it is harvested, and how the last time went."""
    lines = [f"{source.id}  {_(KINDS[source.kind])}  {source.title or source.address}"]
    lines += [f"    {source.address}"] if source.title else []
    chosen = source.options["chosen_set"]
    lines += [f"    --set {chosen}"] if chosen else []
    every = _("每 {minutes} 分钟").format(minutes=source.minutes) if source.minutes else _("只在要求时")
    lines.append(f"    {_('已暂停') if source.paused else every}")
    error = sources.error_of(source, moment)
    if sources.is_running(source, moment):
        lines.append("    " + _("正在采集"))
    elif error:
        lines.append(f"    {error[language()]}")
    elif source.finished_at is not None:
        lines.append(f"    {source.finished_at.astimezone():%Y-%m-%d %H:%M}  {counts(source.outcome)}")
    return lines
