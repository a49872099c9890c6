"""What the harvest of any source works with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nodes.harvesting.fetching import Fetcher, agent_of
from nodes.harvesting.intake import Intake
from nodes.harvesting.mapping_files import mapping_of
from nodes.importers import Mapping
from nodes.patience import Sleep
from nodes.source_models import HarvestSource
from nodes.sources import Options, options_of
from nodes.workplace import Workplace

Keep = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Work:
    """One harvest: the source, where what it brings goes, how its place and title are kept, and how it waits."""

    workplace: Workplace
    source: HarvestSource
    intake: Intake
    keep: Keep
    call: Callable[[str], None]
    pause: float
    sleep: Sleep = time.sleep

    @property
    def options(self) -> Options:
        """How the source is read."""
        return options_of(self.source)

    def mapping(self) -> Mapping:
        """The mapping of the source. Raises `ImportUnreadable`."""
        return mapping_of(self.source.kind, self.options)

    def fetcher(self) -> Fetcher:
        """Who asks; the source's own address may be on a private network, since its operator typed it."""
        return Fetcher(agent=agent_of(self.workplace), typed=self.source.address)
