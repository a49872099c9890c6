"""`commons-hub enrol` and `commons-hub import`: what institutions without a network send on a stick."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import click

from federation import bundles, enrolment, membership_message, receipts
from federation.core import create_core
from federation.database import unit_of_work
from federation.parts import parts
from federation.settings import load_settings
from federation.transparency.keys import log_keys
from shared import hub_answers
from shared.bags import read_whole
from shared.carrying import MAX_STATEMENT_BYTES, read_enrolment_request, write_whole
from shared.commands import GivenPath
from shared.progress import Bars

a_file = GivenPath(dir_okay=False)
json_option = click.option("--json", "as_json", is_flag=True, help="输出 JSON，供程序读取。")


@click.command()
@click.argument("request_file", type=a_file)
@click.option("--reply", "reply_file", type=a_file, help="答复写到哪里；默认写在申请旁边，加 .reply.jws。")
@click.pass_context
def enrol(context: click.Context, request_file: Path, reply_file: Path | None) -> None:
    """接受离线带来的加入申请（commons-node join-request），写出答复。"""
    settings = load_settings(context.obj)
    token = read_whole(request_file, limit=MAX_STATEMENT_BYTES).decode("utf-8", errors="replace").strip()
    asked, kid = read_enrolment_request(token)
    with unit_of_work(create_core(settings)) as session:
        node = enrolment.enrol_carried(session, asked, signed_by=kid)
        code, membership = node.institution.code, membership_message.describe(session, node, settings)
    target = reply_file or request_file.with_name(f"{request_file.name}.reply.jws")
    keys = log_keys(settings)
    write_whole(target, hub_answers.sign_reply({"key_id": kid, "membership": membership}, key=keys.signing))
    click.echo(f"已加入：{code}。请把答复带回节点：{target}")
    click.echo(f"节点密钥的指纹：{kid}")
    click.echo(f"平台密钥的指纹：{keys.fingerprint}")
    click.echo("请当面或打电话与节点那边核对这两个指纹，不要靠介质上的文字：介质途中可能有人改过。")


@click.command(name="import")
@click.argument("bag", type=GivenPath(file_okay=False))
@click.option("--receipt", "receipt_file", type=a_file, help="回执写到哪里；默认写在离线包旁边，加 .receipt.jws。")
@json_option
@click.pass_context
def import_(context: click.Context, bag: Path, receipt_file: Path | None, as_json: bool) -> None:
    """导入离线包（commons-node export），写出回执；再导入一次什么都不会变，只是取得新的回执。"""
    settings = load_settings(context.obj)
    app = create_core(settings)
    work = partial(unit_of_work, app)
    bag = Path(os.path.realpath(bag))  # follows no links in a circle
    bundle = bundles.open_bundle(work, bag, settings)
    with Bars() as bars:
        progress = bars.begin("收下文件", sum(part.size for part in bundle.files))
        answers = bundles.take_in(work, parts(app).store, bundle, settings, progress)
    receipt = receipts.receipt(work, bundle, answers, settings)
    target = receipt_file or bag.with_name(f"{bag.name}.receipt.jws")
    write_whole(target, hub_answers.sign_receipt(receipt, key=log_keys(settings).signing))
    given = sum(len(bucket["versions"]) for bucket in receipt["holdings"]["buckets"])
    if bundle.follows and not as_json:
        click.echo(f"节点换了密钥，新的编号：{bundle.follows[-1].id}")
    if as_json:
        said = {**_counts(answers), "given_back": given, "receipt": str(target)}
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
    else:
        _say(answers, given, target)
    sys.exit(0 if answers.good else 5)


def _counts(answers: bundles.Answers) -> dict[str, Any]:
    return {
        "bundle": {
            "records": dict(Counter(answer["outcome"] for answer in answers.records)),
            "files": dict(Counter(answer["outcome"] for answer in answers.files)),
        },
        "refused": [answer for answer in (*answers.records, *answers.files) if "code" in answer],
        **({"words": answers.words} if answers.words is not None else {}),
    }


def _say(answers: bundles.Answers, given: int, target: Path) -> None:
    records = Counter(answer["outcome"] for answer in answers.records)
    files = Counter(answer["outcome"] for answer in answers.files)
    taken, refused = records["accepted"] + records["superseded"], records["rejected"] + records["conflict"]
    click.echo(f"著录：接收 {taken}，已有 {records['duplicate']}，未接收 {refused}。")
    click.echo(f"文件：收下 {files['stored']}，已有 {files['present']}，未收下 {files['refused']}。")
    if answers.words is not None:
        if answers.words["answers"] or answers.words["petitions"]:
            click.echo(f"回答 {len(answers.words['answers'])} 个，申请 {len(answers.words['petitions'])} 件。")
        if answers.words["arks"]:
            click.echo(f"恢复备份时丢失的永久标识：找回 {answers.words['arks']} 个。")
    for answer in (*answers.records, *answers.files):
        if "code" in answer:
            name, why = answer.get("id") or answer.get("sha256") or "?", answer.get("detail") or answer["code"]
            click.echo(f"  ✗ {name}  {why}")
    if given:
        click.echo(f"节点所存与平台不同：回执附有平台所存的著录 {given} 条，供它核对、取回。")
    click.echo(f"请把回执带回节点：{target}")
