"""`commons-node usage`: how often the public used what is ours."""

from __future__ import annotations

import click

from nodes import membership as memberships
from nodes import queries, uses
from nodes.commands.opening import opened
from nodes.console import json_option, say, say_json
from nodes.hub_client import HubClient
from nodes.texts import _, language

SHOWN = 1000


@click.command()
@json_option
@click.pass_context
def usage(context: click.Context, as_json: bool) -> None:
    """问平台：公众看了、下载了多少次，用得最多的是哪些。"""
    workplace = opened(context)
    with workplace.database.unit_of_work(read_only=True) as session:
        origin = memberships.current(session).origin
    uses.ask(workplace, HubClient(origin, workplace.key, workplace.settings))
    with workplace.database.unit_of_work(read_only=True) as session:
        total, most = uses.of_all(session), uses.most_used(session, limit=SHOWN)
        titles = queries.titles(session, [one.resource_id for one in most], language=language())
        rows = [
            {
                "id": one.resource_id,
                "title": titles.get(one.resource_id, ""),
                "views": one.views,
                "downloads": one.downloads,
            }
            for one in most
        ]
    if as_json:
        counted_at = total.at.isoformat() if total.at else None
        say_json({"views": total.views, "downloads": total.downloads, "counted_at": counted_at, "resources": rows})
        return
    for row in rows:
        say(f"{row['views']:>7} {row['downloads']:>7}  {row['id']}  {str(row['title'])[:40]}")
    say(_("共浏览 %(views)s 次，下载 %(downloads)s 次。") % {"views": total.views, "downloads": total.downloads})
