"""A served hub and a real Chromium, once for each worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.browsing import launch
from tests.browser.gallery import Gallery, gallery


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    """The demo resources, served."""
    with gallery(tmp_path_factory.mktemp("gallery")) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without any service of its own on the network."""
    with sync_playwright() as playwright:
        found = launch(playwright)
        yield found
        found.close()
