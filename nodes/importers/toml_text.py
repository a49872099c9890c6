"""TOML as this node writes it (toml.io 1.0): the tables of a mapping, with each rule on a line of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(data: Mapping[str, Any]) -> str:
    """`data` as a document: what is no table first, then a section for each table that holds anything."""
    lines = [f"{name} = {_value(value)}" for name, value in data.items() if not isinstance(value, Mapping)]
    for name, table in data.items():
        if isinstance(table, Mapping):
            lines += _sections([name], table)
    return "\n".join(lines) + "\n"


def _sections(path: list[str], table: Mapping[str, Any]) -> list[str]:
    """`lookups` is a table of tables: each becomes a section."""
    if path == ["lookups"]:
        return [line for name, inner in table.items() for line in _sections([*path, name], inner)]
    if not table:
        return []
    head = ".".join(map(_key, path))
    return ["", f"[{head}]", *(f"{_key(name)} = {_value(value)}" for name, value in table.items())]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(name)} = {_value(one)}" for name, one in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return _text(value) if isinstance(value, str) else str(value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for the one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
