"""The institution's command: `commons-node`."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from nodes import (
    drafts,
    importers,
    importing,
    membership,
    queries,
    reconciliation_report,
    registration,
    relinking,
    routine,
    synchronisation_report,
)
from nodes import files as local_files
from nodes.console import GivenPath, NamedErrors, json_option, say, say_json
from nodes.drafts import Draft, read_draft
from nodes.files import FileSpec
from nodes.hub_client import HubClient
from nodes.key_commands import key, unlocked
from nodes.offline_commands import COMMANDS as OFFLINE_COMMANDS
from nodes.progress import Bars
from nodes.settings import load_settings
from nodes.texts import _, language
from nodes.wording import STATES, state_name
from nodes.workplace import Workplace, initialise, open_workplace
from shared.errors import UnknownState


@click.group(cls=NamedErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=GivenPath(dir_okay=False), help="配置文件（TOML）。")
@click.option("--data", type=GivenPath(file_okay=False), help="数据目录。")
@click.pass_context
def main(context: click.Context, config: Path | None, data: Path | None) -> None:
    """计量资源云节点：登记本单位的资源，发布到平台。"""
    context.obj = load_settings(config, data=data)


for command in OFFLINE_COMMANDS:
    main.add_command(command)


def _open(context: click.Context) -> Workplace:
    return open_workplace(unlocked(context.obj))


main.add_command(key)


@main.command()
@click.pass_context
def init(context: click.Context) -> None:
    """建立数据目录、数据库和签名密钥；已有的不会改动。"""
    workplace = initialise(unlocked(context.obj))
    say(_("节点已就绪：") + str(workplace.folder))
    say(_("密钥编号：") + workplace.key.id)


@main.command()
@click.argument("hub")
@click.argument("token", default="")
@click.option("--name", help="节点名称；默认为本机名。")
@click.pass_context
def join(context: click.Context, hub: str, token: str, name: str | None) -> None:
    """用邀请码加入平台 HUB（网址）；密钥还在、数据库丢了，不用邀请码就能回来。"""
    workplace = _open(context)
    client = HubClient(membership.hub_origin(hub), workplace.key, workplace.settings)
    joined = membership.join(workplace, client, token=token, node_name=name or socket.gethostname())
    names = joined.institution_name
    say(_("已加入平台，本单位：") + str(names.get(language()) or names.get("zh") or joined.institution_code))


@main.command()
@click.option("--from", "source", type=GivenPath(dir_okay=False), help="著录文件（TOML 或 JSON）。")
@click.option("--id", "record_id", default="", help="已有资源的编号：登记它的新版本。")
@click.option("--title-zh", help="中文标题。")
@click.option("--title-en", help="英文标题。")
@click.option("--summary-zh", help="中文简介（通俗易懂）。")
@click.option("--summary-en", help="英文简介。")
@click.option("--type", "kind", help="资源类型，如 article、video。")
@click.option("--theme", "themes", multiple=True, help="主题，可重复。")
@click.option("--discipline", "disciplines", multiple=True, help="计量专业，可重复。")
@click.option("--audience", "audiences", multiple=True, help="受众，可重复。")
@click.option("--keyword", "keywords", multiple=True, help="关键词，可重复。")
@click.option(
    "--language", "languages", multiple=True, default=("zh",), show_default=True, help="资源的语言，可重复。"
)
@click.option("--license", "licence", help="使用许可，如 CC-BY-4.0。")
@click.option("--rights-holder", help="权利人。")
@click.option("--file", "paths", multiple=True, type=GivenPath(), help="文件，可重复。")
@click.option("--link", "links", multiple=True, help="链接，可重复。")
@json_option
@click.pass_context
def register(context: click.Context, /, source: Path | None, record_id: str, as_json: bool, **options: Any) -> None:
    """登记一项资源（用选项或著录文件，不能混用），下次同步时发布。

    著录文件可以写 id（本节点已有的资源，等于 --id）和 version（须是下一个版本号）。
    """
    workplace = _open(context)
    if source is not None:
        _refuse_beside_description(context)
    draft = read_draft(source) if source is not None else _draft_from_options(options)
    with Bars() as bars:
        prepared = local_files.prepare(draft.files, bars.begin("读取文件", local_files.total_size(draft.files)))
    with workplace.database.unit_of_work() as session:
        named = drafts.standing_id(session, draft, given=record_id)
        done = registration.register(
            session, draft.fields, prepared, key=workplace.key, record_id=named, version=draft.version
        )
    if as_json:
        say_json({"id": done.record_id, "version": done.version, "unchanged": done.unchanged})
    elif done.unchanged:
        say(_("内容没有变化，未产生新版本：") + done.record_id)
    else:
        say(_("已登记：") + f"{done.record_id}（v{done.version}）")


def _refuse_beside_description(context: click.Context) -> None:
    """Options that describe the resource too: whichever won, somebody would miss what they wrote elsewhere."""
    given = [
        parameter.opts[-1]
        for parameter in context.command.params
        if parameter.name not in ("source", "record_id", "as_json")
        and context.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise click.UsageError(
            _("用了 --from，就不能再用 {options}：请写进著录文件。").format(options="、".join(given)), context
        )


def _draft_from_options(options: Mapping[str, Any]) -> Draft:
    """Fields from options; what was not given is left out, so that the schema names what is missing."""
    fields: dict[str, Any] = {}
    for name in ("title", "summary"):
        texts = {tag: options[f"{name}_{tag}"] for tag in ("zh", "en") if options[f"{name}_{tag}"]}
        if texts:
            fields[name] = texts
    for name in ("themes", "disciplines", "audiences", "keywords"):
        if options[name]:
            fields[name] = list(options[name])
    fields["language"] = list(options["languages"])
    for option, name in (("kind", "type"), ("licence", "license"), ("rights_holder", "rights_holder")):
        if options[option]:
            fields[name] = options[option]
    if options["links"]:
        fields["links"] = [{"url": url} for url in options["links"]]
    return Draft(fields, [FileSpec(path) for path in options["paths"]])


@main.command(name="import")
@click.argument("source", type=GivenPath())
@click.option("--mapping", type=GivenPath(dir_okay=False), help="字段对照文件（TOML）。")
@click.option("--dry-run", is_flag=True, help="只检查，不登记。")
@json_option
@click.pass_context
def import_(context: click.Context, source: Path, mapping: Path | None, dry_run: bool, as_json: bool) -> None:
    """批量登记：文件夹、JSON Lines、JSON 数组、CSV 或 Crossref XML。"""
    workplace = _open(context)
    rules = importers.load_mapping(mapping) if mapping is not None else None
    rows = importers.read(source, rules, workplace.folder / "generated")
    with Bars() as bars:
        done = importing.import_rows(
            workplace,
            rows,
            source_name=importers.source_name(source, rules),
            dry_run=dry_run,
            progress=bars.begin("登记", 0),
        )
    if as_json:
        say_json(done.as_dict(language()))
    else:
        _say_imported(done)
    sys.exit(5 if done.failed else 0)


def _say_imported(done: importing.Imported) -> None:
    counts = _("新登记 {created}，新版本 {updated}，无变化 {unchanged}，有误 {failed}。")
    say(counts.format(created=done.created, updated=done.updated, unchanged=done.unchanged, failed=len(done.failed)))
    for failure in done.failed:
        for fault in failure.errors:
            place = _("第 {row} 行").format(row=failure.row)
            say(f"  {place} {failure.source_id}  {fault.pointer or '/'}  {fault.message(language())}", error=True)


@main.command()
@click.option("--wait", type=click.FloatRange(0, 86400), default=0.0, help="等待平台核验文件的秒数。")
@json_option
@click.pass_context
def sync(context: click.Context, wait: float, as_json: bool) -> None:
    """与平台同步：发布著录、上传文件、取回审核结果；每天核对一次两边是否一致。"""
    workplace = _open(context)
    with Bars() as bars:
        done = routine.go_round(workplace, wait=wait, reporter=bars)
    if as_json:
        say_json(done.as_dict())
    else:
        said = synchronisation_report.lines(done.synced)
        if done.reconciled is not None and (done.reconciled.findings or not done.reconciled.equal):
            said += reconciliation_report.lines(done.reconciled, dry_run=False)
        say("\n".join(said))
    sys.exit(0 if done.good else 5)


@main.command()
@click.option("--dry-run", is_flag=True, help="只核对，什么都不改。")
@click.option(
    "--files",
    "folders",
    multiple=True,
    type=GivenPath(exists=True, file_okay=False),
    help="在此文件夹里按内容找回文件，可重复。",
)
@json_option
@click.pass_context
def reconcile(context: click.Context, dry_run: bool, folders: tuple[Path, ...], as_json: bool) -> None:
    """与平台逐版本核对，补齐两边缺少的；恢复过备份之后用它。"""
    workplace = _open(context)
    with Bars() as bars:
        done = routine.reconcile(workplace, dry_run=dry_run, reporter=bars)
        if folders and not dry_run:
            found = relinking.relink(workplace, folders)
            say(_("找回文件 {count} 个。").format(count=found), error=True)
            done = routine.reconcile(workplace, reporter=bars)
    if as_json:
        say_json(done.as_dict())
    else:
        say("\n".join(reconciliation_report.lines(done, dry_run=dry_run)))
    sys.exit(0 if done.equal else 5)


@main.command()
@click.argument("record_id", required=False)
@click.option("--state", default="", help="只列出处于此状态的资源。")
@json_option
@click.pass_context
def status(context: click.Context, record_id: str | None, state: str, as_json: bool) -> None:
    """资源的状态：全部，或某一项的各个版本。"""
    workplace = _open(context)
    if state and state not in STATES:
        raise UnknownState(state=state[:80], known="、".join(STATES))
    with workplace.database.unit_of_work(read_only=True) as session:
        if record_id:
            rows = [
                {"version": v.number, "state": v.state, "reason": v.reason, "errors": v.errors, "ark": v.resource.ark}
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
        line = f"{state_name(row['state'])}  {name}  {row['ark']}".rstrip()
        say(f"{line}  {row['reason']}".rstrip())
        for fault in row["errors"]:
            say(f"    {fault.get('pointer', '')}  {fault.get('detail', fault.get('code', ''))}")


@main.command()
@click.argument("record_id")
@click.option("--reason", required=True, help="撤回的理由，会对公众显示。")
@click.pass_context
def withdraw(context: click.Context, record_id: str, reason: str) -> None:
    """撤回一项资源；下次同步时生效。"""
    workplace = _open(context)
    with workplace.database.unit_of_work() as session:
        done = registration.withdraw(session, record_id, reason, key=workplace.key)
    say(_("此资源先前已撤回。") if done.unchanged else _("已登记撤回，同步后生效。"))


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="端口。")
@click.pass_context
def serve(context: click.Context, port: int | None) -> None:
    """在本机浏览器中使用节点。"""
    from nodes.server import run  # noqa: PLC0415  # Flask is loaded only when pages are served

    settings = unlocked(context.obj)
    initialise(settings)
    run(settings, port=port or settings.port)
