"""What the tests of this folder share: one hub a module, with a caller of every kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.callers import Stage, running_stage
from tests.support.stores import RunningStore


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Stage]:
    with running_stage(tmp_path_factory.mktemp("stage"), store) as running:
        yield running
