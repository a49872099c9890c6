"""What the form's script says, in the reader's language: it has no words of its own."""

from __future__ import annotations

from nodes.web.language import gettext as _


def script_words() -> dict[str, str]:
    """Sentences by a name; `{…}` stands for what the script fills in."""
    return {
        "drop": _("把文件或文件夹拖到这里，或者"),
        "choose": _("选择文件"),
        "folder": _("选择文件夹"),
        "waiting": _("等候"),
        "sending": _("正在存入：{percent}%"),
        "reading": _("已存入，正在读取……"),
        "here": _("已存入"),
        "failed": _("没有存成：{cause}"),
        "changed": _("读不到这个文件：可能刚被改动、移走，或是文件夹"),
        "offline": _("连不上本机的节点程序，请确认它还开着"),
        "again": _("再试一次"),
        "remove": _("移除"),
        "many": _("一件资源最多 {max} 个文件，多出的 {extra} 个没有加入。请分成几件登记。"),
        "twice": _("“{name}”已经在里面了，没有再加。"),
        "unfinished": _("上次没存完的文件，再选一次就从断处接着存：{names}"),
        "busy": _("还有文件没存完，存完再登记。离开页面会中断它们。"),
        "proposed": _("从文件读出，请核对"),
        "filled": _("已从文件填上：{names}。请核对。"),
        "kept": _("草稿 {time} 已保存"),
        "keeping": _("正在保存草稿……"),
        "unkept": _("草稿没有存成：{cause}。会再试。"),
        "mine": _("以这里填的为准"),
        "theirs": _("改用那个窗口里的"),
        "left": _("还差：{names}"),
        "ready": _("必填的都有了，可以登记。"),
        "add": _("加上“{word}”"),
        "take": _("就用这一种"),
        "taken": _("已选“{name}”"),
        "separator": _("、"),
        "joiner": _("；"),
    }
