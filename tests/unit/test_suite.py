"""The suite itself: what it takes for granted of its tools."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("suite")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process needs no groups")
def test_tests_that_share_something_costly_go_to_one_worker(request: pytest.FixtureRequest) -> None:
    """Pytest and xdist must agree on where a group is written; when they did not, everything was started twice."""
    assert request.node.nodeid.endswith("@suite")
