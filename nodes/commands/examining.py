"""`commons-node doctor`: what is wrong with this node, and how to mend it."""

from __future__ import annotations

import sys

import click

from nodes.checkup import examining
from nodes.checkup.findings import BAD, GOOD, WARN
from nodes.console import json_option, say, say_json
from nodes.texts import _, language

MARKS = {GOOD: "√", WARN: "!", BAD: "×"}
"""Signs that GBK has, too: what is written into a file on Windows in China keeps them."""


@click.command()
@json_option
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """体检：时钟、网络、证书、磁盘、密钥、数据库、文件、备份和服务；每项好不好，怎样改。有不好的，退出码为 1。"""
    found = examining.examine(context.obj)
    if as_json:
        say_json([finding.in_words(language()) for finding in found])
    else:
        for finding in found:
            words = finding.in_words(language())
            say(f"{MARKS[finding.level]} {words['name']}  {words['said']}")
            if words["mend"]:
                say(f"    → {words['mend']}")
        count = sum(finding.level != GOOD for finding in found)
        say(_("一切正常。") if not count else _("有 {count} 项要看一看。").format(count=count))
    sys.exit(any(finding.level == BAD for finding in found))
