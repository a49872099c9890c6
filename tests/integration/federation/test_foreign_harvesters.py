"""Harvesters of others against a hub on a real port: all that it has, and later what has changed, nothing amiss.

Sickle is what most people use, oaipmh-scythe its successor, and Debian's `oai_pmh` (HTTP::OAI) is written in Perl.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import oaipmh_scythe
import pytest
import sickle
from lxml import etree

from federation.interop.oai_pmh import names, records
from tests.support.harvesting import DC, OAI
from tests.support.hub import Hub, Member, running_hub
from tests.support.offices import needs
from tests.support.publishing import publish, publish_all, withdraw
from tests.support.records import make_record
from tests.support.serving import served
from tests.support.stores import RunningStore, free_port

PART = 3
Records = Mapping[str, str | None]
"""What a harvester has: the Chinese title of each record by identifier, None of one that is deleted."""


@dataclass
class Library:
    """A hub on a real port; `held` is what every harvester must have of it in the end."""

    hub: Hub
    member: Member
    base_url: str
    held: dict[str, str | None]
    made: dict[str, dict[str, Any]]

    def publish(self, record: dict[str, Any]) -> None:
        """Publish a record, or a new version of one."""
        name = names.identifier(self.hub.settings.origin, publish(self.hub, self.member, record, indexed=False))
        self.made[name], self.held[name] = record, record["title"]["zh"]

    def withdraw(self, name: str) -> None:
        """Take a record away."""
        withdraw(self.hub, self.made[name], "不要了")
        self.held[name] = None


@pytest.fixture
def library(tmp_path, store: RunningStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setattr(records, "PART", PART)
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with running_hub(tmp_path, store, public_origin=origin) as hub, served(hub, port):
        # Members sign for the address that the hub has.
        monkeypatch.setattr("tests.support.hub.ORIGIN", origin)
        member = hub.member()
        library = Library(hub, member, f"{origin}/oai", {}, {})
        made = [make_record(title={"zh": f"杆秤 {number} <&>"}) for number in range(10)]
        arks = publish_all(hub, member, [(record, {}) for record in made], indexed=False)
        for ark, record in zip(arks, made, strict=True):
            name = names.identifier(origin, ark)
            library.made[name], library.held[name] = record, record["title"]["zh"]
        library.withdraw(next(iter(library.held)))
        yield library


def with_sickle(base_url: str, **dates: str) -> tuple[Records, str]:
    """What Sickle gets, and when the first answer was given."""
    found = sickle.Sickle(base_url, encoding="utf-8").ListRecords(metadataPrefix="oai_dc", **dates)
    date = found.oai_response.xml.findtext(f"{OAI}responseDate")
    return {one.header.identifier: None if one.deleted else one.metadata["title"][0] for one in found}, date


def with_scythe(base_url: str, **dates: str) -> tuple[Records, str]:
    """What oaipmh-scythe gets, by POST."""
    given = {f"{name}_" if name == "from" else name: value for name, value in dates.items()}
    with oaipmh_scythe.Scythe(base_url, http_config=oaipmh_scythe.HTTPConfig(http_method="POST")) as client:
        date = client.harvest({"verb": "Identify"}).xml.findtext(f"{OAI}responseDate")
        found = list(client.list_records(metadata_prefix="oai_dcterms", **given))
    return {one.header.identifier: None if one.deleted else one.metadata["title"][0] for one in found}, date


def with_perl(base_url: str, **dates: str) -> tuple[Records, str]:
    """What Debian's oai_pmh gets: a header and the metadata of each record. It goes on from the latest date."""
    given = [part for name, value in dates.items() for part in (f"--{name}", value)]
    command = [PERL, "-X", "ListRecords", "--metadataPrefix", "oai_dc", *given, base_url]
    said = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode("utf-8")
    heads, titles = [], []
    for record in said.rstrip("\f").split("\f"):
        head, _, metadata = record.partition("\n\n")
        heads.append(dict(line.split(": ", 1) for line in head.splitlines() if ": " in line))
        titles.append(etree.fromstring(metadata).findtext(f".//{DC}title") if metadata.strip() else None)
    mirror = {head["identifier"]: title for head, title in zip(heads, titles, strict=True)}
    assert [head.get("status") == "deleted" for head in heads] == [title is None for title in titles]
    return mirror, max(head["datestamp"] for head in heads)


PERL = "oai_pmh"
HARVESTERS = [with_sickle, with_scythe, pytest.param(with_perl, marks=needs(PERL))]


@pytest.mark.parametrize("harvest", HARVESTERS)
def test_everything_is_harvested_and_later_what_has_changed(library, harvest: Callable[..., tuple[Records, str]]):
    mirror, since = harvest(library.base_url)
    assert mirror == library.held
    _, changed, gone, *_ = library.held
    library.publish({**library.made[changed], "version": 2, "title": {"zh": "改过的杆秤"}})
    library.withdraw(gone)
    library.publish(make_record(title={"zh": "新的杆秤"}))
    news, _ = harvest(library.base_url, **{"from": since})
    assert {**mirror, **news} == library.held
