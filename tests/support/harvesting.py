"""A harvester that believes nothing: every answer is checked against the schemas before anything is read from it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from lxml import etree

from federation.interop.oai_pmh.formats import QUALIFIED_SCHEMA
from tests.support.hub import Hub

OAI = "{http://www.openarchives.org/OAI/2.0/}"
DC = "{http://purl.org/dc/elements/1.1/}"
TERMS = "{http://purl.org/dc/terms/}"
OF_DCMI = "https://www.dublincore.org/schemas/xmls/qdc/2008/02/11/dcterms.xsd"
SCHEMAS = Path(__file__).with_name("oai_pmh")


@lru_cache
def schema() -> Any:
    """What an answer may look like: the schemas of the tests, and the hub's own, which names one of DCMI."""
    with tempfile.TemporaryDirectory() as place:
        folder = shutil.copytree(SCHEMAS, Path(place) / "schemas")
        ours = QUALIFIED_SCHEMA.read_text(encoding="utf-8")
        assert OF_DCMI in ours
        (folder / QUALIFIED_SCHEMA.name).write_text(ours.replace(OF_DCMI, "dcterms.xsd"), encoding="utf-8")
        return etree.XMLSchema(etree.parse(folder / "everything.xsd"))


@dataclass
class Got:
    """One record of a list or an answer to GetRecord."""

    identifier: str
    datestamp: str
    sets: list[str]
    deleted: bool
    metadata: Any

    def texts(self, name: str, namespace: str = DC) -> list[str]:
        """The values of one element of the metadata."""
        return [] if self.metadata is None else [one.text for one in self.metadata.iter(namespace + name)]


@dataclass
class Answer:
    """A checked answer."""

    root: Any
    body: bytes = field(repr=False)

    @property
    def codes(self) -> list[str]:
        """The codes of its errors."""
        return [one.get("code") for one in self.root.iter(OAI + "error")]

    def text(self, name: str) -> str:
        """The text of the one element with this name."""
        [found] = self.root.iter(OAI + name)
        return found.text or ""

    def texts(self, name: str) -> list[str]:
        """The texts of all elements with this name."""
        return [one.text or "" for one in self.root.iter(OAI + name)]

    @property
    def date(self) -> str:
        """When it was given."""
        return self.text("responseDate")

    @property
    def token(self) -> str | None:
        """The resumption token: empty at the end of a list, None where there is none."""
        found = self.root.find(f".//{OAI}resumptionToken")
        return None if found is None else found.text or ""

    @property
    def counts(self) -> dict[str, str]:
        """What the resumption token says of the list."""
        return dict(self.root.find(f".//{OAI}resumptionToken").attrib)

    @property
    def records(self) -> list[Got]:
        """Its records or headers."""
        return [_got(header) for header in self.root.iter(OAI + "header")]


@dataclass
class Harvester:
    """Asks one hub, in the test's process."""

    hub: Hub

    def raw(self, query: str = "", form: str | None = None) -> Answer:
        """The checked answer to a query, or to a form that is posted."""
        if form is None:
            response = self.hub.open("GET", "/oai" + (f"?{query}" if query else ""))
        else:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            response = self.hub.open("POST", "/oai", form.encode(), headers)
        assert response.status_code == 200, response.get_data(as_text=True)
        assert response.headers["Content-Type"] == "text/xml; charset=UTF-8"
        assert "Set-Cookie" not in response.headers
        root = etree.fromstring(response.data)
        schema().assertValid(root)
        return Answer(root, response.data)

    def ask(self, verb: str, prefix: str = "oai_dc", **arguments: str) -> Answer:
        """The answer to a verb; lists and records are asked for in a format, unless they go on."""
        given = {name.rstrip("_"): value for name, value in arguments.items()}
        if verb in ("GetRecord", "ListRecords", "ListIdentifiers") and "resumptionToken" not in given:
            given["metadataPrefix"] = prefix
        return self.raw(urlencode({"verb": verb, **given}))

    def parts(self, verb: str = "ListRecords", **arguments: str) -> Iterator[Answer]:
        """The parts of a list, one after the other."""
        answer = self.ask(verb, **arguments)
        while True:
            yield answer
            if not answer.token:
                return
            answer = self.ask(verb, resumptionToken=answer.token)

    def harvest(self, verb: str = "ListRecords", **arguments: str) -> list[Got]:
        """All records of a list; none where none match."""
        return [record for part in self.parts(verb, **arguments) for record in part.records]


def _got(header: Any) -> Got:
    around = header.getparent()
    metadata = around.find(OAI + "metadata")
    return Got(
        header.findtext(OAI + "identifier"),
        header.findtext(OAI + "datestamp"),
        [one.text for one in header.iter(OAI + "setSpec")],
        header.get("status") == "deleted",
        metadata[0] if metadata is not None else None,
    )
