"""`commons-node backup` and `restore`."""

from __future__ import annotations

from pathlib import Path

import click

from nodes.backups import making, restoring
from nodes.console import json_option, say, say_json
from nodes.progress import Bars
from nodes.settings import NodeSettings
from nodes.texts import _
from nodes.workplace import open_workplace
from shared.commands import GivenPath
from shared.errors import InvalidUsage
from shared.wording import Words

NO_FOLDER = Words(
    "name the folder for the backups, or set backup_folder.", "请写备份到哪个文件夹，或设置 backup_folder。"
)

INSIDE = Words(
    "the backups must lie outside the data folder, best on another disk: they would be lost with it.",
    "备份要放在数据目录之外，最好在另一块盘上，不然会和它一起丢失。",
)


@click.command()
@click.argument("folder", type=GivenPath(file_okay=False), required=False)
@click.option("--files", "with_files", is_flag=True, help="连同节点自己保存的文件（本机网页上传的等）。")
@click.option("--keep", type=click.IntRange(1, 1000), help="只留最近的几份，更早的删去；不写则按设置。")
@json_option
@click.pass_context
def backup(context: click.Context, folder: Path | None, with_files: bool, keep: int | None, as_json: bool) -> None:
    """备份到文件夹：数据库、密钥、设置；节点不用停。不写文件夹则按设置 backup_folder。"""
    settings: NodeSettings = context.obj
    if folder is None and not settings.backup_folder:
        raise InvalidUsage(cause=NO_FOLDER)
    workplace = open_workplace(settings, key_wanted=False)
    target = folder or Path(settings.backup_folder).expanduser()
    if target.resolve().is_relative_to(workplace.folder.resolve()):
        raise InvalidUsage(cause=INSIDE)
    # A folder that is named here may be a person's own archive: nothing goes there unless that is asked for.
    kept = keep or (0 if folder is not None else settings.backup_keep)
    with Bars() as bars:
        made = making.make(
            workplace, target, with_files=with_files or settings.backup_files, keep=kept, reporter=bars
        )
    if as_json:
        said = {"path": str(made.path), "files": made.files, "size": made.size, "forgotten": made.forgotten}
        say_json({**said, "locked": made.locked})
        return
    say(_("备份已写好并核对过：") + str(made.path))
    for name in made.forgotten:
        say(_("删去较早的一份：") + name)
    if made.locked:
        say(_("私钥也在里面，仍有口令保护：恢复时要用备份时的口令。"))
    else:
        say(_("私钥也在里面，没有口令：谁拿到这份备份，谁就能以本单位的名义签名。请像保管公章一样保管它。"))


@click.command()
@click.argument("source", type=GivenPath(exists=True, file_okay=False))
@click.option("--force", is_flag=True, help="数据目录里已有节点，也用备份代替；原来的改名留着。")
@json_option
@click.pass_context
def restore(context: click.Context, source: Path, force: bool, as_json: bool) -> None:
    """从备份恢复到数据目录：先逐个字节核对，有一处不对就什么都不改。先停止节点。"""
    settings: NodeSettings = context.obj
    with Bars() as bars:
        done = restoring.restore(settings, source, force=force, reporter=bars)
    if as_json:
        aside = str(done.aside) if done.aside is not None else None
        say_json({"backup": str(done.backup), "folder": str(done.folder), "files": done.files, "aside": aside})
        return
    say(_("已从 {backup} 恢复到 {folder}。").format(backup=done.backup.name, folder=done.folder))
    if done.aside is not None:
        say(_("原来的留在：") + str(done.aside))
    if done.locked:
        say(_("私钥有口令保护，要用备份时的口令。"))
    say(_("备份时的设置（要用就以 --config 指定）：") + str(done.settings))
    say(_("备份之后平台可能又有了变化。请运行 commons-node reconcile：它说出哪里不同，并补齐两边缺少的。"))
