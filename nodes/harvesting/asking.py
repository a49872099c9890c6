"""Asking for one document, with patience for a server that is away or busy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from nodes.harvesting.fetching import Answer
from nodes.harvesting.oai.repository import CUT
from nodes.harvesting.work import Work
from nodes.patience import BUSY, Patience, retry_after, until
from shared.errors import SourceAway, SourceBusy, SourceRefused


def patiently(work: Work, url: str, *, accept: str, also: Mapping[str, str] = MappingProxyType({})) -> Answer:
    """A whole answer that is no error. Raises what fetching raises, `SourceBusy` or `SourceRefused`."""
    settings, fetcher = work.workplace.settings, work.fetcher()
    patience = Patience(seconds=settings.patience, attempts=settings.attempts, sleep=work.sleep)
    while True:
        try:
            answer = fetcher.get(url, accept=accept, also=also)
        except SourceAway:
            if not patience.wait(None):
                raise
            continue
        if answer.status < 400 and answer.whole:
            return answer
        status = f"HTTP {answer.status}" if answer.status >= 400 else CUT
        if 400 <= answer.status < 500 and answer.status not in BUSY:
            raise SourceRefused(address=url, cause=status)
        asked = retry_after(answer.headers) if answer.status in BUSY else None
        if not patience.wait(asked):
            if asked is not None:
                raise SourceBusy(address=url, cause=status, until=until(asked), retry_after=asked)
            raise SourceAway(address=url, cause=status, status=answer.status)
