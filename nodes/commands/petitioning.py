"""`commons-node appeal` and `renew`: what the institution asks of the alliance about one of its resources."""

from __future__ import annotations

import click

from nodes import petitions
from nodes.commands.opening import looking_for, opened
from nodes.console import say
from nodes.texts import _
from shared.petitioning import APPEAL, RENEWAL


@click.command()
@click.argument("record_id")
@click.option("--reason", required=True, help="为什么请联盟另请人再看，审核负责人会看到。")
@click.pass_context
def appeal(context: click.Context, record_id: str, reason: str) -> None:
    """对退回、不予通过或下架的决定提出申诉；下次同步时送达。"""
    _ask(context, record_id, APPEAL, reason)
    say(_("申诉已记下，同步后送达。"))


@click.command()
@click.argument("record_id")
@click.option("--reason", required=True, help="为什么还应继续公开，审核负责人会看到。")
@click.pass_context
def renew(context: click.Context, record_id: str, reason: str) -> None:
    """请联盟让到期或将到期的资源继续公开；下次同步时送达。"""
    _ask(context, record_id, RENEWAL, reason)
    say(_("续期申请已记下，同步后送达。"))


def _ask(context: click.Context, record_id: str, kind: str, reason: str) -> None:
    workplace = opened(context)
    with looking_for(record_id), workplace.database.unit_of_work() as session:
        petitions.make(session, record_id, kind=kind, text=reason)
