"""`commons-hub approve`: an institution's waiting resources at once, by the rules of every review."""

from __future__ import annotations

import sys

import click

from federation import operations
from federation.core import create_core
from federation.settings import load_settings
from shared.progress import Bars

NOTHING_DONE = 5
"""Exit code of a bulk command that could do nothing of what it was asked."""


@click.command()
@click.option("--institution", "code", required=True, help="成员单位的代码。")
@click.option("--reviewer", "name", required=True, help="审核人的用户名。")
@click.option("--reason", required=True, help="批量通过的理由，记入审计日志。")
@click.pass_context
def approve(context: click.Context, code: str, name: str, reason: str) -> None:
    """以某审核人的名义批量通过一个单位待审的资源（规则与网页上相同）；审计日志写明由命令行代为提交。"""
    settings = load_settings(context.obj)
    app = create_core(settings)
    with Bars() as bars:
        counts = operations.approve_waiting(app, code=code, reviewer_name=name, reason=reason, begin=bars.begin)
    click.echo(f"发布 {counts.published}，待第二人审核 {counts.waiting}，未处理 {counts.left}。")
    for reason_left, count in counts.refused.most_common():
        click.echo(f"  未处理 {count}：{reason_left}", err=True)
    if counts.left and not counts.published and not counts.waiting:
        sys.exit(NOTHING_DONE)
