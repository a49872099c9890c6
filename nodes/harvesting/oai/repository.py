"""One repository, asked one thing at a time: patiently, with a pause between, and again when an answer is broken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from nodes.harvesting.fetching import Answer, Fetcher
from nodes.harvesting.oai.envelope import Response, read
from nodes.patience import BUSY, Patience, Sleep, retry_after, until
from nodes.settings import NodeSettings
from shared.errors import NotARepository, SourceAway, SourceBusy, SourceRefused, SourceUnreadable
from shared.wording import Words

PAUSE = 1.0
"""Seconds between two requests."""
MOST_SETS = 1000
SECONDS, DAYS = "YYYY-MM-DDThh:mm:ssZ", "YYYY-MM-DD"
NOT_XML = Words("it is not XML", "不是 XML")
NOT_OAI = Words("it is XML of something else", "是别的 XML")
EMPTY = Words("its answer is empty", "答复是空的")
CUT = Words("its answer breaks off in the middle", "答复在中间断了")


@dataclass(frozen=True)
class Description:
    """What a repository says of itself (OAI-PMH 2.0, 4.2)."""

    name: str
    earliest: str
    deleted: str
    granularity: str


class Repository:
    """A repository at its base URL."""

    def __init__(
        self,
        address: str,
        fetcher: Fetcher,
        settings: NodeSettings,
        *,
        pause: float = PAUSE,
        sleep: Sleep = time.sleep,
    ) -> None:
        self.address, self._fetcher, self._settings = address, fetcher, settings
        self._pause, self._sleep, self._asked = pause, sleep, False

    def identify(self) -> Description:
        """Who it is. Raises what `ask` raises."""
        response = self.ask("Identify")
        said = {}
        for element in response.verb if response.verb is not None else ():
            said[str(element.tag).rpartition("}")[2]] = (element.text or "").strip()
        if not said:
            raise NotARepository(address=self.address, cause=_errors(response) or NOT_OAI)
        granularity = SECONDS if "hh" in said.get("granularity", "") else DAYS
        return Description(
            said.get("repositoryName", ""),
            said.get("earliestDatestamp", ""),
            said.get("deletedRecord", "no"),
            granularity,
        )

    def formats(self) -> list[str]:
        """The prefixes of its metadata formats (4.4)."""
        response = self.ask("ListMetadataFormats")
        return [one["metadataPrefix"] for one in _entries(response) if one.get("metadataPrefix")]

    def sets(self) -> list[tuple[str, str]]:
        """Its sets with their names (4.6), the first thousand; none for a repository without."""
        found: list[tuple[str, str]] = []
        response = self.ask("ListSets")
        while len(found) < MOST_SETS:
            found += [(one.get("setSpec", ""), one.get("setName", "")) for one in _entries(response)]
            if not response.token:
                break
            response = self.ask("ListSets", resumptionToken=response.token)
        return [(spec, name) for spec, name in dict(found).items() if spec][:MOST_SETS]

    def ask(self, verb: str, **arguments: str) -> Response:
        """The answer to one request, whose own errors are in it; cut when it broke off each time it was asked for.

        Raises `SourceAway`, `SourceBusy`, `SourceRefused`, `NotARepository` or `SourceUnreadable`.
        """
        url = self._url(verb, arguments)
        patience = Patience(seconds=self._settings.patience, attempts=self._settings.attempts, sleep=self._sleep)
        best: Response | None = None
        while True:
            self._keep_apart()
            try:
                answer = self._fetcher.get(url, accept="text/xml, application/xml;q=0.9, */*;q=0.1")
            except SourceAway:
                if not patience.wait(None):
                    raise
                continue
            asked = retry_after(answer.headers) if answer.status in BUSY else None
            response = None if asked is not None else _understood(answer)
            if response is not None and not response.cut:
                return response
            best = _better(best, response)
            if _for_good(answer.status):
                raise SourceRefused(address=url[:300], cause=f"HTTP {answer.status}")
            if not patience.wait(asked):
                return self._in_the_end(answer, best, asked)

    def _in_the_end(self, answer: Answer, best: Response | None, asked: int | None) -> Response:
        status = f"HTTP {answer.status}"
        if best is not None:
            return best
        if asked is not None:
            raise SourceBusy(address=self.address, cause=status, until=until(asked), retry_after=asked)
        if answer.status >= 400:
            raise SourceAway(address=self.address, cause=status, status=answer.status)
        if not answer.body.strip():
            raise SourceUnreadable(address=self.address, cause=EMPTY)
        raise NotARepository(address=self.address, cause=NOT_OAI if b"<?xml" in answer.body[:200] else NOT_XML)

    def _url(self, verb: str, arguments: dict[str, str]) -> str:
        query = urlencode(
            {"verb": verb, **{name: one for name, one in arguments.items() if one}}, quote_via=quote, safe=""
        )
        return self.address + ("&" if "?" in self.address else "?") + query

    def _keep_apart(self) -> None:
        if self._asked and self._pause:
            self._sleep(self._pause)
        self._asked = True


def _understood(answer: Answer) -> Response | None:
    """What an answer says, whatever its status: some repositories send their own errors with 4xx or 500."""
    charset = answer.headers.get("Content-Type", "").partition("charset=")[2].split(";")[0].strip(" \"'")
    response = read(answer.body, charset=charset) if answer.body else None
    if response is not None and answer.status >= 400 and not response.errors:
        return None
    return response


def _better(one: Response | None, other: Response | None) -> Response | None:
    if one is None or other is None:
        return one or other
    return other if len(other.records) > len(one.records) else one


def _for_good(status: int) -> bool:
    return 400 <= status < 500 and status not in (*BUSY, 408)


def _entries(response: Response) -> Iterator[dict[str, str]]:
    for entry in response.verb if response.verb is not None else ():
        yield {str(part.tag).rpartition("}")[2]: (part.text or "").strip() for part in entry}


def _errors(response: Response) -> str:
    return "; ".join(f"{code}: {said}" if said else code for code, said in response.errors.items())
