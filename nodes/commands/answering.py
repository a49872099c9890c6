"""`commons-node answer`: the questions of reviewers and of the public, and what the institution says to them."""

from __future__ import annotations

import click

from nodes import questions
from nodes.commands.opening import opened
from nodes.console import json_option, say, say_json
from nodes.texts import _
from nodes.wording import ASKED
from shared.errors import NoSuch, NotFound


@click.command()
@click.argument("question_id", required=False)
@click.argument("text", required=False)
@click.option("--private", is_flag=True, help="公众的提问和回答不公开，回答只给联盟看。")
@json_option
@click.pass_context
def answer(context: click.Context, question_id: str | None, text: str | None, private: bool, as_json: bool) -> None:
    """列出审核人和公众的提问；给出编号和回答，就记下回答，下次同步时送出。公众的提问会连同回答公开。"""
    workplace = opened(context)
    if question_id:
        try:
            with workplace.database.unit_of_work() as session:
                questions.answer(session, question_id, text or "", private=private)
        except NotFound as error:
            remedy = _("用 commons-node answer 列出提问")
            raise NoSuch(what=_("提问"), name=question_id[:80], remedy=remedy) from error
        say(_("回答已记下，同步后送达。"))
        return
    with workplace.database.unit_of_work(read_only=True) as session:
        rows = [
            {
                "id": one.id,
                "record_id": one.resource_id,
                "version": one.number,
                "from": "public" if one.feedback else "reviewer",
                "kind": one.feedback or "question",
                "question": one.text,
            }
            for one in questions.waiting(session)
        ]
    if as_json:
        say_json(rows)
        return
    for row in rows:
        asked = ASKED[str(row["kind"]) if row["from"] == "public" else ""]
        say(f"{row['id']}  {_(asked)}  {row['record_id']} v{row['version']}\n    {row['question']}")
    if not rows:
        say(_("没有等着回答的提问。"))
