"""Fixtures that every test may use; each starts the real thing, once where it is safe to share."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from shared.starting import loading
from tests.support import engines, forked
from tests.support.hub import Hub, Member, running_hub
from tests.support.once import make_once
from tests.support.processes import HubProcess, running_hub_process
from tests.support.stores import RunningStore, running_store

MAX_ID = 60
"""Characters of a value that still make a readable name of a test."""
SHARED = {"live_hub": "live", "browser": "browser"}
"""Costly fixtures that are started once, and the group of the tests that ask for one."""
SERVERS = pytest.StashKey[ExitStack]()

# How long an example takes says how busy the machine is: on one with other work, a good test would fail by chance.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the chosen engine's servers before pytest-xdist starts its workers, which find them running."""
    servers = session.config.stash[SERVERS] = ExitStack()
    if not session.config.option.collectonly:
        servers.enter_context(engines.running_engines())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop what was started."""
    session.config.stash[SERVERS].close()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Nothing that is loaded for the tests is garbage: the collector does not look through it again and again."""
    with loading():
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other engine; pytest counts it as deselected. What is `SHARED` is so by one worker.

    First of all: pytest-xdist writes the groups into the names then.
    """
    for item in items:
        for fixture in SHARED.keys() & getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(SHARED[fixture]))
    left_out = [item for item in items if not _runs_here(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _runs_here(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("only_on")
    if marker is None:
        return True
    (name,) = marker.args
    if name not in engines.ENGINES:
        raise pytest.UsageError(f"{item.nodeid}: there is no engine {name}")
    return bool(name == engines.engine())


@pytest.fixture(scope="session", autouse=True)
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What many hubs in this process, and many commands, have in common is made once."""
    make_once(tmp_path_factory.mktemp("once"))
    with forked.programs():
        yield


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStore]:
    """An object store for this test process; each hub has buckets of its own in it."""
    with running_store(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture
def hub(tmp_path: Path, store: RunningStore) -> Iterator[Hub]:
    """A hub with an empty database."""
    with running_hub(tmp_path, store) as running:
        yield running


@pytest.fixture
def member(hub: Hub) -> Member:
    """An enrolled institution."""
    return hub.member("institute-a")


@pytest.fixture
def other(hub: Hub) -> Member:
    """Another enrolled institution."""
    return hub.member("institute-b")


@pytest.fixture(scope="session")
def live_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub in its own processes, shared by all tests that ask for it; each brings institutions of its own."""
    with running_hub_process(tmp_path_factory.mktemp("live") / "var") as running:
        yield running


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name what is long or binary by its argument: made anew in each worker, it may differ, and xdist then stops."""
    if isinstance(val, bytes) or (isinstance(val, str) and len(val) > MAX_ID):
        return argname
    return None
