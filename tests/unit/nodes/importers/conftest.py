"""A folder to import from, and a short way to import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nodes.importers import ImportRow, load_mapping, read

Import = Callable[..., list[ImportRow]]


@pytest.fixture
def import_(tmp_path: Path) -> Import:
    """Import `name` with this content, through a mapping given as TOML text."""

    def run(name: str, content: str | bytes, mapping: str = "") -> list[ImportRow]:
        source = tmp_path / "source" / name
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        rules = None
        if mapping:
            (tmp_path / "mapping.toml").write_text(mapping, encoding="utf-8")
            rules = load_mapping(tmp_path / "mapping.toml")
        return list(read(source, rules, tmp_path / "generated"))

    return run
