"""`commons-node template`: the workbook to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from nodes import faults, template
from nodes.console import say
from nodes.texts import _, language
from shared.commands import GivenPath
from shared.errors import FileThere


@click.command()
@click.argument("file", type=GivenPath(dir_okay=False))
def template_(file: Path) -> None:
    """写出批量登记的 Excel 模板：中文列名、下拉列表、例子和填写说明。

    填好之后用 commons-node import 文件 登记，或在本机网页的“表格”里上传。
    """
    path = file if file.suffix.lower() == ".xlsx" else file.with_name(file.name + ".xlsx")
    if path.exists():
        raise FileThere(path=str(path))
    try:
        template.make(path, language())
    except OSError as error:
        raise faults.of_system(error, path) from error
    say(_("模板已写到 {path}。").format(path=path))
