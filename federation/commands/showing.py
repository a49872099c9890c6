"""How commands show a list: JSON for programs, a table for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
from rich.cells import cell_len, set_cell_size

json_option = click.option("--json", "as_json", is_flag=True, help="输出 JSON，供程序读取。")
Show = Callable[[Mapping[str, Any]], str]
NOTHING = "—"
"""Stands in a cell that is empty."""


def show(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Show], *, as_json: bool, none: str) -> None:
    """Print rows: a JSON list for programs; for people a table with `columns`, or the words for `none`."""
    if as_json:
        click.echo(json.dumps(list(rows), ensure_ascii=False, indent=2))
    elif rows:
        cells = [[shown(row).strip() or NOTHING for shown in columns.values()] for row in rows]
        for line in lines([list(columns), *cells]):
            click.echo(line)
    else:
        click.echo(none)


def lines(table: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells under one another; a Chinese sign is two columns wide, and nothing is cut off."""
    widths = [max(cell_len(cell) for cell in column) for column in zip(*table, strict=True)]
    return [
        "  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def field(name: str) -> Show:
    """The column of a field as it is."""
    return lambda row: str(row[name])


def term(name: str, words: Mapping[str, Any]) -> Show:
    """The column of a field by the word that people use for it."""
    return lambda row: str(words.get(row[name], row[name]))
