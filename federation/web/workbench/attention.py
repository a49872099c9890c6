"""What needs somebody's action, in words, the gravest first; each leads to where it is dealt with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from federation.language import request_language
from federation.mail import GIVEN_UP
from federation.overview.keeping import Kept
from federation.overview.members import Members, NodeStanding
from federation.overview.recording import GIVEN_UP_WITHIN, Letters, Log
from federation.overview.reviewing import Queue
from federation.review_queue import OVERDUE
from federation.web.workbench import showing

NAMED = 5
"""Nodes that are named one by one; more are counted."""


@dataclass(frozen=True)
class Notice:
    """One thing to act on; `grave` when something is lost or wrong, not only late."""

    text: str
    url: str
    grave: bool = False


@dataclass(frozen=True)
class Overview:
    """All that the page shows of the hub."""

    queue: Queue
    members: Members
    kept: Kept
    log: Log
    letters: Letters


def notices(found: Overview) -> list[Notice]:
    """What is to be done now; nothing when all is well."""
    said = [*_of_review(found.queue), *_of_members(found.members), *_of_the_log(found.log)]
    said += [*_of_files(found.kept), *_of_room(found.kept), *_of_letters(found.letters)]
    return sorted(said, key=lambda one: not one.grave)


def _of_the_log(log: Log) -> Iterator[Notice]:
    place = url_for("workbench_log.log")
    if log.refused:
        text = ngettext(
            "审计日志里有 %(num)s 条不是平台写的，可能有人直接动过数据库",
            "审计日志里有 %(num)s 条不是平台写的，可能有人直接动过数据库",
            log.refused,
        )
        yield Notice(text, place, grave=True)
    if log.late and log.uncovered_since is not None:
        said = showing.aged(log.uncovered_since)
        yield Notice(_("审计日志已 %(time)s没有签发检查点，请看后台是否在运行", time=said), place)


def _of_files(kept: Kept) -> Iterator[Notice]:
    place = url_for("workbench_storage.files")
    if kept.fixity.damaged:
        text = ngettext("%(num)s 个文件损坏", "%(num)s 个文件损坏", kept.fixity.damaged)
        yield Notice(text, place, grave=True)
    if kept.infected:
        text = ngettext("%(num)s 个文件未通过病毒检查", "%(num)s 个文件未通过病毒检查", kept.infected)
        yield Notice(text, place, grave=True)
    if kept.fixity.overdue:
        yield Notice(ngettext("%(num)s 个文件没有按期重读", "%(num)s 个文件没有按期重读", kept.fixity.overdue), place)
    if kept.backup is not None and kept.backup_is_old:
        yield Notice(_("最近一次备份在 %(time)s前", time=showing.aged(kept.backup.at)), "#backup")


def _of_review(queue: Queue) -> Iterator[Notice]:
    if queue.overdue:
        text = ngettext("%(num)s 件待审逾期", "%(num)s 件待审逾期", queue.overdue)
        yield Notice(text, url_for("workbench.queue", age=OVERDUE))
    if queue.petitions:
        text = ngettext("%(num)s 件申诉或续期等答复", "%(num)s 件申诉或续期等答复", queue.petitions)
        yield Notice(text, url_for("workbench_petitions.made"))
    if queue.collections:
        text = ngettext("%(num)s 个单位的专题等审核", "%(num)s 个单位的专题等审核", queue.collections)
        yield Notice(text, url_for("workbench_collections.listed"))
    if queue.gaps:
        text = ngettext("%(num)s 个专题里有资源已不公开", "%(num)s 个专题里有资源已不公开", queue.gaps)
        yield Notice(text, url_for("workbench_collections.listed"))


def _of_members(members: Members) -> Iterator[Notice]:
    language = request_language()
    for held in members.held:
        text = ngettext(
            "%(name)s有 %(num)s 件撤回等您同意",
            "%(name)s有 %(num)s 件撤回等您同意",
            held.count,
            name=held.node.institution.name(language),
        )
        yield Notice(text, url_for("workbench_nodes.node", node_id=held.node.id, _anchor="withdrawals"))
    yield from _of_nodes(members)
    for one in members.incomplete[:NAMED]:
        text = ngettext(
            "%(name)s有 %(num)s 件等文件，最久的已 %(time)s",
            "%(name)s有 %(num)s 件等文件，最久的已 %(time)s",
            one.count,
            name=one.institution.name(language),
            time=showing.aged(one.since),
        )
        yield Notice(text, url_for("workbench_admin.institutions"))


def _of_nodes(members: Members) -> Iterator[Notice]:
    silent = [one for one in members.nodes if one.silent_since is not None]
    if len(silent) > NAMED:
        text = ngettext("%(num)s 个节点多日没有同步", "%(num)s 个节点多日没有同步", len(silent))
        yield Notice(text, "#nodes")
    for one in silent if len(silent) <= NAMED else ():
        if one.silent_since is not None:
            yield _notice(one, _("已 %(time)s没有同步", time=showing.aged(one.silent_since)))
    for one in [one for one in members.nodes if one.differing][:NAMED]:
        count = one.refused or one.differing
        if one.refused:
            said = ngettext("有 %(num)s 个版本平台不接收", "有 %(num)s 个版本平台不接收", count)
        else:
            said = ngettext("与平台有 %(num)s 处不一致", "与平台有 %(num)s 处不一致", count)
        yield _notice(one, said)
    for one in [one for one in members.nodes if one.node.id in members.uploads][:NAMED]:
        up = members.uploads[one.node.id]
        if up.still:
            yield _notice(one, ngettext("%(num)s 个上传停住了", "%(num)s 个上传停住了", up.still))
        if up.failed:
            yield _notice(one, ngettext("%(num)s 个上传失败后没有重送", "%(num)s 个上传失败后没有重送", up.failed))


def _notice(one: NodeStanding, said: str) -> Notice:
    name = f"{one.node.institution.name(request_language())} · {one.node.name}"
    text = _("节点“%(name)s”：%(said)s", name=name, said=said)
    return Notice(text, url_for("workbench_nodes.node", node_id=one.node.id))


def _of_room(kept: Kept) -> Iterator[Notice]:
    for one in kept.shares:
        if one.nearly_full:
            text = _(
                "%(name)s的存储配额已用 %(percent)s %%",
                name=one.institution.name(request_language()),
                percent=one.size * 100 // one.allowed,
            )
            yield Notice(text, url_for("workbench_admin.institutions"))


def _of_letters(letters: Letters) -> Iterator[Notice]:
    if letters.failing and letters.since is not None:
        text = ngettext(
            "%(num)s 封信发不出去，最早的写于 %(time)s前",
            "%(num)s 封信发不出去，最早的写于 %(time)s前",
            letters.failing,
            time=showing.aged(letters.since),
        )
        yield Notice(text, "#letters")
    if letters.given_up:
        text = ngettext(
            "最近 %(days)s 天有 %(num)s 封信没有送到",
            "最近 %(days)s 天有 %(num)s 封信没有送到",
            letters.given_up,
            days=GIVEN_UP_WITHIN.days,
        )
        yield Notice(text, url_for("workbench_log.log", action=GIVEN_UP))
