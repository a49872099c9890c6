"""The suite itself: what it takes for granted of its tools."""

from __future__ import annotations

import os

import pytest

alone = pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process needs no groups")


@pytest.mark.xdist_group("suite")
@alone
def test_tests_that_share_something_costly_go_to_one_worker(request: pytest.FixtureRequest) -> None:
    """Pytest and xdist must agree on where a group is written; when they did not, everything was started twice."""
    assert request.node.nodeid.endswith("@suite")


@alone
def test_whoever_asks_for_the_running_hub_goes_where_it_runs(
    request: pytest.FixtureRequest, live_hub: object
) -> None:
    assert request.node.nodeid.endswith("@live")
