"""Causes in both languages: what the system, a JSON or a TOML reader said, in words for a person."""

from __future__ import annotations

import errno
import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any


class Words(str):
    """An English text that knows its Chinese: a plain string for programs, the reader's language in a message."""

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, en: str, zh: str) -> Words:
        """Both texts, without a full stop: they become a part of a sentence."""
        made = super().__new__(cls, en)
        made.zh = zh
        return made


def spoken(values: Mapping[str, Any], language: str) -> dict[str, Any]:
    """`values` for a sentence in `language`."""
    chinese = language.startswith("zh")
    return {name: value.zh if chinese and isinstance(value, Words) else value for name, value in values.items()}


UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
NO_BREAK = "\u00a0"


def file_size(count: int) -> str:
    """A number of bytes on a page, with an SI unit (powers of 1000), three digits at most, unbroken: `3.2 MB`."""
    value, unit = float(count), UNITS[0]
    for unit in UNITS:
        if value < 999.5 or unit == UNITS[-1]:
            break
        value /= 1000
    shown = f"{value:.0f}" if value >= 99.5 or unit == "B" else f"{value:.1f}"
    return f"{shown}{NO_BREAK}{unit}"


def in_bytes(count: int) -> str:
    """A number of bytes as people read it, with an SI unit (powers of 1000): `1.5 GB`."""
    value, unit = float(count), UNITS[0]
    for unit in UNITS:
        if value < 1000 or unit == UNITS[-1]:
            break
        value /= 1000
    return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"


def in_time(seconds: int) -> Words:
    """A time to wait as people say it, rounded up: seconds below two minutes, minutes below two hours, else hours."""
    for size, en, zh in ((3600, "hours", "小时"), (60, "minutes", "分钟")):
        if seconds >= 2 * size:
            count = -(-seconds // size)
            return Words(f"{count} {en}", f"{count} {zh}")
    return Words("1 second" if seconds == 1 else f"{seconds} seconds", f"{seconds} 秒")


_SYSTEM = {
    errno.ENOENT: Words("there is no such file", "文件不存在"),
    errno.EACCES: Words("permission denied", "没有权限"),
    errno.EPERM: Words("permission denied", "没有权限"),
    errno.ENOTDIR: Words("a part of the path is not a folder", "路径中有一段不是文件夹"),
    errno.EEXIST: Words("something else has this name", "已有同名的别的东西"),
    errno.EISDIR: Words("it is a folder, not a file", "是文件夹，不是文件"),
    errno.ELOOP: Words("its links lead in a circle", "链接互相指来指去，找不到文件"),
    errno.ENAMETOOLONG: Words("the name or path is too long", "文件名或路径过长"),
    errno.ENOSPC: Words("the disk is full", "磁盘已满"),
    errno.EDQUOT: Words("the disk quota is used up", "磁盘配额已用完"),
    errno.EROFS: Words("the disk is read-only", "所在的磁盘是只读的"),
    errno.EIO: Words("the disk reports a fault", "磁盘读写出错"),
    errno.EMFILE: Words("too many files are open", "打开的文件过多"),
    errno.ENFILE: Words("too many files are open", "打开的文件过多"),
}
NOT_REGULAR = Words("it is a pipe or a device, not a regular file", "是管道或设备，不是普通文件")
BAD_PATH = Words("the path holds characters that no path may have", "路径中有不允许的字符")
TOO_LONG_NUMBER = Words("a number has too many digits", "数字的位数过多")


def system_fault(error: OSError | ValueError | RuntimeError) -> Words:
    """What the system said of a path; Python itself refuses some (NUL, a circle of links, an unknown home)."""
    if isinstance(error, RuntimeError):
        return _SYSTEM[errno.ELOOP]
    if isinstance(error, ValueError):
        return BAD_PATH
    if isinstance(error.strerror, Words):
        return error.strerror
    said = error.strerror or type(error).__name__
    return _SYSTEM.get(error.errno or 0, Words(said, f"系统报告 {said}"))


_JSON = {
    "Expecting value": "这里缺少一个值",
    "Expecting property name enclosed in double quotes": "这里应是用双引号括起的名称",
    "Expecting ':' delimiter": "这里缺少冒号",
    "Expecting ',' delimiter": "这里缺少逗号",
    "Unterminated string starting at": "从这里开始的文字没有用双引号结束",
    "Invalid control character at": "文字里有换行或其他控制字符",
    "Invalid \\escape": "反斜杠的用法不对",
    "Invalid \\u" + 4 * "X" + " escape": "\\u 后面应是四位十六进制数字",
    "Extra data": "从这里开始是多余的内容",
    "Illegal trailing comma before end of object": "最后一项后面不能有逗号",
    "Illegal trailing comma before end of array": "最后一项后面不能有逗号",
}


def json_fault(error: ValueError) -> Words:
    """What Python's JSON reader itself found; its only fault without a place is a number that is too long."""
    if not isinstance(error, json.JSONDecodeError):
        return TOO_LONG_NUMBER
    words = _JSON.get(error.msg.removesuffix(":"), "写法不符合 JSON")
    return Words(str(error), f"第 {error.lineno} 行第 {error.colno} 列，{words}")


_TOML = (
    ("Unclosed array", "方括号没有结束"),
    ("Unclosed inline table", "花括号没有结束"),
    ("Unterminated string", "文字没有用引号结束"),
    ("Expected '='", "名称后面缺少等号"),
    ("Cannot overwrite a value", "同一名称写了两次"),
    ("Cannot declare", "同一个表写了两次"),
    ("Invalid value", "等号后面的值写法不对，文字须加引号"),
    ("Expected newline or end of document", "一行只能写一项"),
    ("Invalid date or datetime", "日期写法不对"),
    ("Illegal character", "有不允许的字符，文字须在一行内结束"),
    ("Found invalid character", "有不允许的控制字符"),
    ("Unescaped", "反斜杠的用法不对"),
)
_TOML_PLACE = re.compile(r"at line (\d+), column (\d+)\)$")


def toml_fault(error: ValueError) -> Words:
    """What Python's TOML reader found; as with JSON, a number that is too long has no place."""
    if not isinstance(error, tomllib.TOMLDecodeError):
        return TOO_LONG_NUMBER
    said = str(error)
    place = _TOML_PLACE.search(said)
    where = f"第 {place[1]} 行第 {place[2]} 列" if place else "文件末尾"
    return Words(said, f"{where}，{next((zh for en, zh in _TOML if said.startswith(en)), '写法不符合 TOML')}")
