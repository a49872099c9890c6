"""`commons-node sources`: the sources that the node remembers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from nodes import harvest_report
from nodes import sources as remembered
from nodes.commands.opening import opened
from nodes.console import json_option, say, say_json
from nodes.harvesting import running
from nodes.models import now
from nodes.source_models import HarvestSource
from nodes.texts import _
from shared.errors import NoSuch, NotFound
from shared.wording import Words

SOURCE = Words("source", "来源")
LISTED = Words("“commons-node sources” lists them with their numbers", "用 commons-node sources 列出来源和它们的编号")


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def sources(context: click.Context, as_json: bool) -> None:
    """列出记住的来源；用下面的命令采集、暂停、移除。"""
    if context.invoked_subcommand is not None:
        return
    workplace = opened(context)
    with workplace.database.unit_of_work(read_only=True) as session:
        found = remembered.every(session)
    if as_json:
        say_json([_as_dict(one) for one in found])
    else:
        lines = [line for one in found for line in harvest_report.of_source(one, now())]
        say("\n".join(lines) or _("还没有来源。用 commons-node harvest 或 watch 加一个。"))


@sources.command()
@click.argument("number", type=int)
@json_option
@click.pass_context
def run(context: click.Context, number: int, as_json: bool) -> None:
    """现在采集这个来源。"""
    workplace = opened(context)
    with _looking_for(number):
        done = running.run(workplace, number)
    if as_json:
        say_json(done.as_dict())
    else:
        say("\n".join(harvest_report.of_outcome(done.as_dict())))
    sys.exit(5 if done.failed else 0)


@sources.command()
@click.argument("number", type=int)
@click.pass_context
def pause(context: click.Context, number: int) -> None:
    """不再自动采集这个来源。"""
    _set_paused(context, number, paused=True)


@sources.command()
@click.argument("number", type=int)
@click.pass_context
def resume(context: click.Context, number: int) -> None:
    """恢复自动采集这个来源。"""
    _set_paused(context, number, paused=False)


@sources.command()
@click.argument("number", type=int)
@click.pass_context
def remove(context: click.Context, number: int) -> None:
    """忘掉这个来源；已登记的资源都留着。"""
    with _looking_for(number), opened(context).database.unit_of_work() as session:
        remembered.remove(session, number)
    say(_("已移除。已登记的资源都留着；再加上同一个来源，会认出它们。"))


def _set_paused(context: click.Context, number: int, *, paused: bool) -> None:
    with _looking_for(number), opened(context).database.unit_of_work() as session:
        remembered.pause(session, number, paused=paused)
    say(_("已暂停。") if paused else _("已恢复。"))


@contextmanager
def _looking_for(number: int) -> Iterator[None]:
    try:
        yield
    except NotFound as error:
        raise NoSuch(what=SOURCE, name=str(number), remedy=LISTED) from error


def _as_dict(source: HarvestSource) -> dict[str, object]:
    return {
        "number": source.id,
        "kind": source.kind,
        "address": source.address,
        "title": source.title,
        "options": source.options,
        "minutes": source.minutes,
        "paused": source.paused,
        "started_at": source.started_at.isoformat() if source.started_at else None,
        "finished_at": source.finished_at.isoformat() if source.finished_at else None,
        "good": source.good,
        "outcome": source.outcome,
        "error": source.error,
    }
