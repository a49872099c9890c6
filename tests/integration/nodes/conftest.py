"""A node's local page, and a server that plays its hub, for the tests of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nodes.hub_client import HubClient
from nodes.workplace import Workplace
from tests.support.local_page import Node, local_page
from tests.support.played import PlayedHub


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """The page of a new node, in Chinese."""
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")
    with local_page(tmp_path / "node") as made:
        yield made


@pytest.fixture
def played() -> Iterator[PlayedHub]:
    """A server that answers as the test says, in the place of a hub."""
    hub = PlayedHub()
    yield hub
    hub.server.shutdown()
    hub.server.server_close()


@pytest.fixture
def pauses() -> list[float]:
    """How long the client was about to wait, each time."""
    return []


@pytest.fixture
def client(workplace: Workplace, played: PlayedHub, pauses: list[float]) -> Iterator[HubClient]:
    """The client of the test's own `workplace`, for which waiting takes no time."""
    made = HubClient(played.origin, workplace.key, workplace.settings, sleep=pauses.append)
    yield made
    made.session.close()
