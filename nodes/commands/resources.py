"""`commons-node status` and `withdraw`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from nodes import queries, registration
from nodes.commands.opening import looking_for, opened
from nodes.console import json_option, say, say_json
from nodes.texts import _, language
from nodes.wording import STATES, state_name
from shared.errors import UnknownState


@click.command()
@click.argument("record_id", required=False)
@click.option("--state", default="", help="只列出处于此状态的资源。")
@json_option
@click.pass_context
def status(context: click.Context, record_id: str | None, state: str, as_json: bool) -> None:
    """资源的状态：全部，或某一项的各个版本。"""
    workplace = opened(context)
    if state and state not in STATES:
        raise UnknownState(state=state[:80], known="、".join(STATES))
    with looking_for(record_id or ""), workplace.database.unit_of_work(read_only=True) as session:
        if record_id:
            rows = [
                {"version": v.number, "state": v.state, "reason": v.reason, "errors": v.errors, "ark": v.resource.ark}
                | ({"effective_on": v.effective_on} if v.effective_on else {})
                for v in queries.versions(session, record_id)
                if state in ("", v.state)
            ]
        else:
            rows = [item.as_dict() for item in queries.list_resources(session, language=language(), state=state)]
        counts, problems = queries.states(session), queries.file_problems(session)
    if as_json:
        unsent = [{"path": file.path, "sha256": file.sha256, "problem": file.problem} for file in problems]
        say_json({"states": counts, "resources": rows, "file_problems": unsent} if not record_id else rows)
        return
    _say_rows(rows)
    for file in problems:
        say(f"  ✗ {file.path}  {file.problem}")
    if not record_id:
        say("  ".join(f"{state_name(name)} {count}" for name, count in counts.items()) or _("还没有登记资源。"))


def _say_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        name = f"{row['id']}  {row['title'][:40]}" if "id" in row else f"v{row['version']}"
        said = (state_name(row["state"]), name, row["ark"], _day(row), row["reason"])
        say("  ".join(part for part in said if part))
        for fault in row["errors"]:
            say(f"    {fault.get('pointer', '')}  {fault.get('detail', fault.get('code', ''))}")


def _day(row: Mapping[str, Any]) -> str:
    """When it becomes public, or until when it is."""
    day = row.get("effective_on")
    if not day:
        return ""
    said = _("%(day)s发布") if row["state"] == "approved" else _("公开到 %(day)s")
    return said % {"day": day}


@click.command()
@click.argument("record_id")
@click.option("--reason", required=True, help="撤回的理由，会对公众显示。")
@click.pass_context
def withdraw(context: click.Context, record_id: str, reason: str) -> None:
    """撤回一项资源；下次同步时生效。"""
    workplace = opened(context)
    with looking_for(record_id), workplace.database.unit_of_work() as session:
        done = registration.withdraw(session, record_id, reason, key=workplace.key)
    say(_("此资源先前已撤回。") if done.unchanged else _("已登记撤回，同步后生效。"))
