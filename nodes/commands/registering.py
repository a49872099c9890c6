"""`commons-node register`: one resource, from options or from a file that describes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from nodes import drafts, registration
from nodes import files as local_files
from nodes.commands.opening import looking_for, opened
from nodes.console import json_option, say, say_json
from nodes.drafts import Draft, read_draft
from nodes.files import FileSpec
from nodes.progress import Bars
from nodes.texts import _
from shared.commands import GivenPath
from shared.errors import FieldError, InvalidRecord

OPTIONS = {
    "title": "--title-zh",
    "summary": "--summary-zh",
    "type": "--type",
    "themes": "--theme",
    "disciplines": "--discipline",
    "audiences": "--audience",
    "keywords": "--keyword",
    "language": "--language",
    "license": "--license",
    "rights_holder": "--rights-holder",
    "files": "--file",
    "links": "--link",
}
"""The option that gives a field."""


@click.command()
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
    workplace = opened(context)
    if source is not None:
        _refuse_beside_description(context)
    draft = read_draft(source) if source is not None else _draft_from_options(options)
    with Bars() as bars, workplace.database.unit_of_work(read_only=True) as session:
        reading = bars.begin("读取文件", local_files.total_size(draft.files))
        prepared = local_files.prepare(draft.files, reading, known=local_files.registered(session))
    with looking_for(record_id or draft.record_id), workplace.database.unit_of_work() as session:
        named = drafts.standing_id(session, draft, given=record_id)
        try:
            done = registration.register(
                session, draft.fields, prepared, key=workplace.key, record_id=named, version=draft.version
            )
        except InvalidRecord as error:
            if source is not None or as_json:
                raise
            raise InvalidRecord([_at_option(fault) for fault in error.errors]) from error
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


def _at_option(fault: FieldError) -> FieldError:
    """The fault at the option that whoever typed the command knows: they have not written any field."""
    field, _slash, inside = fault.pointer.removeprefix("/").partition("/")
    option = OPTIONS.get(field, fault.pointer)
    if field in ("title", "summary") and inside == "en":
        option = option.replace("-zh", "-en")
    return FieldError(option, fault.code, fault.params)


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
