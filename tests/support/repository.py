"""An OAI-PMH repository as a real HTTP server: recorded or made records, in parts, with faults as a test says."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

OAI = "http://www.openarchives.org/OAI/2.0/"
RECORD = re.compile(r"<record>.*?</record>", re.S)
IDENTIFIER = re.compile(r"<identifier>([^<]*)</identifier>")
DATESTAMP = re.compile(r"<datestamp>([^<]*)</datestamp>")
_numbers = count(1)
DC = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/">{inside}</oai_dc:dc>'
)


@dataclass(frozen=True)
class Sent:
    """One answer: its body may be cut, after an announced length."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_to: int | None = None


Fault = Callable[[Sent], Sent]


def record(name: str, datestamp: str, title: str = "", *, deleted: bool = False, inside: str = "") -> str:
    """A record in Dublin Core as XML."""
    status = ' status="deleted"' if deleted else ""
    header = f"<header{status}><identifier>{name}</identifier><datestamp>{datestamp}</datestamp></header>"
    if deleted:
        return f"<record>{header}</record>"
    said = f"<dc:title>{escape(title or name)}</dc:title><dc:identifier>https://example.org/{name}</dc:identifier>"
    return f"<record>{header}<metadata>{DC.format(inside=said + inside)}</metadata></record>"


def recorded(folder: Path) -> list[str]:
    """Every record of a folder of recorded answers, each once, as it stands in its latest."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.xml")):
        for one in RECORD.findall(path.read_text(encoding="utf-8")):
            named = IDENTIFIER.search(one)
            if named is not None:
                found[named[1]] = one
    return list(found.values())


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_args: object) -> None:
        """Whoever hung up was meant to, or was killed."""


class PlayedRepository:
    """Gives `records` in parts of `part`; `faults` are applied to the lists that are asked for, one after the other.

    A fault is a function of the answer; None leaves it as it is. `forget` makes it know no token any more.
    """

    def __init__(self, records: Sequence[str], *, part: int = 100, seconds: bool = True) -> None:
        self.records, self.part, self.seconds = list(records), part, seconds
        self.at = "2026-01-01T00:00:00Z"
        self.faults: list[Fault | None] = []
        self.always: Fault | None = None
        self.asked: list[dict[str, str]] = []
        self.agents: list[str] = []
        self.says_size = True
        self.token = lambda start, from_: f"{start}|{from_}|=="
        self.forgotten: set[str] = set()
        self._given: list[str] = []
        self._server = _Quiet(("127.0.0.1", 0), self._handler())
        # The system gives a port again: to a node, each repository is one that it has not met before.
        self.address = f"http://127.0.0.1:{self._server.server_port}/oai/{next(_numbers)}"

    def forget_tokens(self) -> None:
        """Every token given until now has expired."""
        self.forgotten.update(self._given)

    def lists(self) -> list[dict[str, str]]:
        """What was asked by ListRecords."""
        return [one for one in self.asked if one["verb"] == "ListRecords"]

    def answer(self, query: dict[str, str]) -> Sent:
        """The answer to a query, before any fault."""
        verb = query.get("verb", "")
        if verb == "Identify":
            form = "YYYY-MM-DDThh:mm:ssZ" if self.seconds else "YYYY-MM-DD"
            inside = (
                "<repositoryName>某馆机构库</repositoryName><baseURL>x</baseURL><protocolVersion>2.0</protocolVersion>"
                "<adminEmail>a@example.org</adminEmail><earliestDatestamp>2001-01-01</earliestDatestamp>"
                f"<deletedRecord>persistent</deletedRecord><granularity>{form}</granularity>"
            )
            return self._said(f"<Identify>{inside}</Identify>")
        if verb == "ListMetadataFormats":
            one = "<metadataFormat><metadataPrefix>oai_dc</metadataPrefix></metadataFormat>"
            return self._said(f"<ListMetadataFormats>{one}</ListMetadataFormats>")
        if verb == "ListSets":
            one = "<set><setSpec>maps</setSpec><setName>地图</setName></set>"
            return self._said(f"<ListSets>{one}</ListSets>")
        return self._list(query)

    def _list(self, query: dict[str, str]) -> Sent:
        token = query.get("resumptionToken", "")
        if token in self.forgotten or (token and token not in self._given):
            return self._said('<error code="badResumptionToken">unknown</error>')
        if not token and query.get("metadataPrefix") != "oai_dc":
            return self._said('<error code="cannotDisseminateFormat">no</error>')
        start, from_ = (token.split("|")[0], token.split("|")[1]) if token else ("0", query.get("from", ""))
        if not self.seconds and "T" in from_:
            return self._said('<error code="badArgument">days only</error>')
        found = [one for one in self.records if _datestamp(one)[: len(from_) or None] >= from_]
        if not found:
            return self._said('<error code="noRecordsMatch"/>')
        first = int(start)
        inside = "".join(found[first : first + self.part])
        if first + self.part < len(found):
            made = self.token(first + self.part, from_)
            self._given.append(made)
            size = f' completeListSize="{len(found)}"' if self.says_size else ""
            inside += f"<resumptionToken{size}>{escape(made)}</resumptionToken>"
        return self._said(f"<ListRecords>{inside}</ListRecords>")

    def _said(self, inside: str) -> Sent:
        xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="{OAI}" {xsi}>'
            f"<responseDate>{self.at}</responseDate><request>{self.address}</request>{inside}</OAI-PMH>"
        )
        return Sent(text.encode(), headers={"Content-Type": "text/xml;charset=UTF-8"})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        played = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                played.asked.append(query)
                played.agents.append(self.headers["User-Agent"])
                sent = played.answer(query)
                if query["verb"] == "ListRecords":
                    fault = played.faults.pop(0) if played.faults else played.always
                    sent = fault(sent) if fault is not None else sent
                self.send_response(sent.status)
                for name, value in {**sent.headers, "Content-Length": str(len(sent.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(sent.body[: sent.cut_to])

            def log_message(self, *_args: object) -> None:
                pass

        return Handler

    def start(self) -> None:
        """Begin to answer."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


def _datestamp(one: str) -> str:
    found = DATESTAMP.search(one)
    return found[1] if found else ""


@contextmanager
def played_repository(records: Sequence[str], **options: object) -> Iterator[PlayedRepository]:
    """A repository that answers on a free port."""
    made = PlayedRepository(records, **options)  # type: ignore[arg-type]
    made.start()
    try:
        yield made
    finally:
        made.stop()
