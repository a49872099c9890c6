"""A node's local page, for the tests of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.local_page import Node, local_page


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """The page of a new node, in Chinese."""
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")
    with local_page(tmp_path / "node") as made:
        yield made
