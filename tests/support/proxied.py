"""A hub of real processes whose public addresses are proxies: one before the web, one before the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.faulty_proxy import FaultyProxy
from tests.support.processes import Command, HubProcess, running_hub_process

PART = 5 * 1024 * 1024
"""The smallest part that S3 allows, so that files of a few parts stay small."""


@dataclass
class ProxiedHub:
    """The hub and the two ways to it."""

    process: HubProcess
    web: FaultyProxy
    store: FaultyProxy

    def node(self, folder: Path, code: str, **environ: str) -> Command:
        """A node that has joined, through the proxy, as institution `code`."""
        node = Command("nodes", {"COMMONS_NODE_DATA": str(folder), **environ})
        node.run("init")
        node.run("join", self.web.origin, self.process.institution(code))
        return node

    def heal(self) -> None:
        """Both ways are good again."""
        self.web.heal()
        self.store.heal()


@contextmanager
def running_proxied_hub(var: Path, **environ: str) -> Iterator[ProxiedHub]:
    """A hub whose public addresses are the proxies'."""
    with FaultyProxy() as web, FaultyProxy() as store:
        public = {"COMMONS_PUBLIC_ORIGIN": web.origin, "COMMONS_STORE_PUBLIC_ENDPOINT": store.origin}
        small = {"COMMONS_STORE_PART_SIZE": str(PART), "COMMONS_SWEEP_SECONDS": "1"}
        with running_hub_process(var, **{**public, **small, **environ}) as hub:
            web.upstream = ("127.0.0.1", hub.port)
            elsewhere = urlsplit(hub.command.environ.get("COMMONS_STORE_ENDPOINT", ""))
            store.upstream = (elsewhere.hostname or "127.0.0.1", elsewhere.port or hub.port + 1)
            yield ProxiedHub(hub, web, store)
