"""What the answers of one hub are made from: its database, its settings, and a certain look at the feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy.orm import Session

from federation.interop.oai_pmh import formats, names
from federation.interop.oai_pmh.formats import Format
from federation.interop.oai_pmh.selecting import Settled
from federation.settings import HubSettings


@dataclass(frozen=True)
class Repository:
    """One hub as OAI-PMH sees it; `settle` calls `selecting.settle` in a transaction of its own."""

    session: Session
    settings: HubSettings
    settle: Callable[[], Settled]

    @property
    def origin(self) -> str:
        """The public address of the hub."""
        return self.settings.origin

    @property
    def base_url(self) -> str:
        """Where requests go."""
        return f"{self.origin}/oai"

    @property
    def formats(self) -> Mapping[str, Format]:
        """The formats by prefix."""
        return _formats(self.base_url)

    @property
    def admin_email(self) -> str:
        """Whom to write to: who is named in the settings, or else the webmaster of the domain (RFC 2142 §5)."""
        return self.settings.admin_email or f"webmaster@{names.domain(self.origin)}"


@lru_cache(maxsize=4)
def _formats(base_url: str) -> Mapping[str, Format]:
    return formats.formats(base_url)
