"""The site that the tests of one worker share; each test has a node of its own or leaves everything settled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.site import Site, running_site


@pytest.fixture(scope="session")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The processes, started once."""
    with running_site(tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest.fixture
def site(shared_site: Site) -> Iterator[Site]:
    """The site with good networks before and after."""
    shared_site.hub.heal()
    yield shared_site
    shared_site.hub.heal()
