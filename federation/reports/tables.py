"""A report as tables, the one source of its page, its spreadsheet and its CSV: headings and rows in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from federation.counting import RULES
from federation.reports.contribution import VOCABULARIES, Contribution, Report, Uses
from shared.vocabularies import vocabulary

Cell = str | int | float | None
PLAIN, PERCENT, DAYS, BYTES = "plain", "percent", "days", "bytes"

MEMBERS = ("members", ("各单位", "By institution"))
TERMS = {name: (name, ("按{}", "By {}")) for name in VOCABULARIES}
TREND = ("trend", ("各月", "By month"))
FIGURES: tuple[tuple[str, tuple[str, str], str], ...] = (
    ("registered", ("新登记资源", "Resources registered"), PLAIN),
    ("versions", ("送达版本", "Versions received"), PLAIN),
    ("published", ("发布", "Published"), PLAIN),
    ("approvals", ("通过", "Approvals"), PLAIN),
    ("returned", ("退回修改", "Returned"), PLAIN),
    ("rejected", ("不予通过", "Rejected"), PLAIN),
    ("median_days", ("送达到决定的天数（中位）", "Days from receipt to decision (median)"), DAYS),
    ("files", ("发布的文件", "Files published"), PLAIN),
    ("size", ("文件字节", "Bytes of files"), BYTES),
    ("public", ("现公开资源", "Public now"), PLAIN),
    ("mean_completeness", ("著录完整度", "Completeness"), PERCENT),
    ("feedback", ("收到反馈", "Feedback received"), PLAIN),
    ("feedback_answered", ("已答复的反馈", "Feedback answered"), PLAIN),
)
USED: tuple[tuple[str, tuple[str, str], str], ...] = (
    ("views", ("浏览", "Views"), PLAIN),
    ("unique_views", ("独立浏览", "Unique views"), PLAIN),
    ("downloads", ("下载", "Downloads"), PLAIN),
    ("unique_downloads", ("独立下载", "Unique downloads"), PLAIN),
)

DRAWN = {
    "members": ("views", "downloads"),
    "themes": ("public", "views", "downloads"),
    "trend": ("views", "downloads"),
}
"""What the charts show, by the tables that have one."""


@dataclass(frozen=True)
class Table:
    """Headings, and rows of as many cells; `kinds` says of each column what its numbers are.

    `drawn` are the numbers of the columns that its chart shows; a table without any has no chart.
    """

    name: str
    title: str
    headings: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    total: tuple[Cell, ...] | None = None
    drawn: tuple[int, ...] = ()


def tables(report: Report, language: str) -> list[Table]:
    """All tables of a report, the members' first."""
    by_term = [_terms(report, name, language) for name in VOCABULARIES]
    return [_members(report, language), *by_term, _trend(report, language)]


def about(report: Report, language: str) -> list[tuple[str, str]]:
    """What the report is about, as pairs of a name and its value."""
    zh = language.startswith("zh")
    whose = report.institution.name(language) if report.institution else ("全部单位" if zh else "all institutions")
    period = f"{report.period.first.isoformat()} – {report.period.last.isoformat()}"
    rules = (
        f"{RULES}：30 秒内的重复点击算一次，不计机器人，不计登录的工作人员；独立：同一读者一小时内算一次"
        if zh
        else f"{RULES}: double clicks within 30 s once, no robots, no staff who are signed in; unique: once an hour"
    )
    names = ("范围", "时间", "使用的计数规则") if zh else ("Institutions", "Period", "How uses are counted")
    return list(zip(names, (whose, period, rules), strict=True))


def _members(report: Report, language: str) -> Table:
    columns = FIGURES + USED
    return Table(
        MEMBERS[0],
        _said(MEMBERS[1], language),
        (_said(("单位", "Institution"), language), *(_said(title, language) for _, title, _ in columns)),
        (PLAIN, *(kind for _, _, kind in columns)),
        [(one.institution.name(language) if one.institution else "", *_figures(one)) for one in report.members],
        (_said(("合计", "Total"), language), *_figures(report.total)),
        _drawn(MEMBERS[0], [name for name, _, _ in columns]),
    )


def _figures(one: Contribution) -> tuple[Cell, ...]:
    return (*(getattr(one, name) for name, _, _ in FIGURES), *_uses(one.uses))


def _uses(uses: Uses) -> tuple[Cell, ...]:
    return tuple(getattr(uses, name) for name, _, _ in USED)


def _terms(report: Report, name: str, language: str) -> Table:
    words = vocabulary(name)
    shares = report.terms[name]
    ordered = sorted(shares, key=lambda code: (-shares[code].resources, code))
    rows: list[tuple[Cell, ...]] = [
        (words.label(code, language), shares[code].resources, *_uses(shares[code].uses)) for code in ordered
    ]
    return Table(
        name,
        _said(TERMS[name][1], language).format(words.title(language)),
        (words.title(language), _said(("现公开资源", "Public now"), language), *_used(language)),
        (PLAIN,) * (2 + len(USED)),
        rows,
        drawn=_drawn(name, ["public", *(use for use, _, _ in USED)]),
    )


def _trend(report: Report, language: str) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (f"{one.period.first:%Y-%m}", one.registered, one.published, *_uses(one.uses)) for one in report.trend
    ]
    figures = tuple(_said(title, language) for name, title, _ in FIGURES if name in ("registered", "published"))
    headings = (_said(("月份", "Month"), language), *figures, *_used(language))
    drawn = _drawn(TREND[0], ["registered", "published", *(use for use, _, _ in USED)])
    return Table(TREND[0], _said(TREND[1], language), headings, (PLAIN,) * len(headings), rows, drawn=drawn)


def _drawn(name: str, figures: Sequence[str]) -> tuple[int, ...]:
    """The columns that a table's chart shows, by the names of its figures: before them stands what a row is about."""
    return tuple(1 + figures.index(wanted) for wanted in DRAWN.get(name, ()))


def _used(language: str) -> tuple[str, ...]:
    return tuple(_said(title, language) for _, title, _ in USED)


def _said(both: Sequence[str], language: str) -> str:
    return both[0] if language.startswith("zh") else both[1]
