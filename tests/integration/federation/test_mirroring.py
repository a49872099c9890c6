"""ResourceSync: a mirror kept by a client of others has every byte that is public, and later every change of it."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import pytest

from federation.interop import resourcesync
from federation.interop.resourcesync import RS
from federation.interop.sitemaps import SITEMAP
from shared.canonical import canonical
from tests.support.exhibition import PDF, Exhibition, exhibition
from tests.support.hub import ORIGIN, Hub, Member, running_hub
from tests.support.publishing import counted_queries, file_entry, publish, withdraw
from tests.support.records import make_record
from tests.support.serving import served
from tests.support.stores import RunningStore, free_port

CLIENT = Path(sys.executable).with_name("resync-sync")
MD, LN, LOC = f"{{{RS}}}md", f"{{{RS}}}ln", f"{{{SITEMAP}}}loc"
OLD, NEW = b"%PDF-1.7 old", b"%PDF-1.7 newer"


@dataclass
class Source:
    """A hub on a real port, and what a mirror of it must hold: bytes by path."""

    hub: Hub
    member: Member
    origin: str
    held: dict[str, bytes]

    def publish(self, record: dict[str, Any], **files: bytes) -> str:
        """Publish a record with its files, or a new version of it."""
        named = [file_entry(data, name=name.replace("_", " ") + ".pdf") for name, data in files.items()]
        record["files"] = named
        ark = publish(self.hub, self.member, record, *files.values(), indexed=False)
        self.forget(ark)
        self.held[f"resources/{ark}/record.json"] = canonical(record)
        for entry, data in zip(named, files.values(), strict=True):
            self.held[f"resources/{ark}/files/{entry['name']}"] = data
        return ark

    def forget(self, ark: str) -> None:
        """Expect nothing of this resource any more."""
        self.held = {path: data for path, data in self.held.items() if f"/{ark}/" not in path}


@pytest.fixture
def source(tmp_path: Path, store: RunningStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    monkeypatch.setattr(resourcesync, "MOST", 2)
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with running_hub(tmp_path, store, public_origin=origin) as hub, served(hub, port):
        monkeypatch.setattr("tests.support.hub.ORIGIN", origin)
        yield Source(hub, hub.member(), origin, {})


def synchronise(source: Source, folder: Path, *mode: str) -> Mapping[str, bytes]:
    """Run the client; what its copy holds afterwards."""
    copy = folder / "copy"
    copy.mkdir(exist_ok=True)
    command = [CLIENT, *mode, "--delete", f"{source.origin}/", f"{copy}/"]
    said = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, text=True)
    assert (said.returncode, re.search("(?i)error|mismatch|fail", said.stdout + said.stderr)) == (0, None), said
    return {unquote(str(path.relative_to(copy))): path.read_bytes() for path in copy.rglob("*") if path.is_file()}


def parts_since(source: Source, moment: str) -> list[str]:
    """The parts of the list of changes that tell of a moment or later ones: the client
    (2.0.1) cannot read an index of them, nor compare digests while it follows changes."""
    root = ET.fromstring(source.hub.open("GET", "/changelist.xml").data)
    found = root.iter(f"{{{SITEMAP}}}sitemap")
    return [one.findtext(LOC) or "" for one in found if said(one).get("until", "9") >= moment]


def test_a_mirror_has_everything_and_later_everything_that_has_changed(source: Source, tmp_path: Path) -> None:
    changed, gone = make_record(), make_record()
    source.publish(changed, 卡尺=OLD, 附件_一=b"%PDF-1.7 dropped later", same=PDF)
    ark = source.publish(gone, 旧=b"%PDF-1.7 to go")
    source.publish(make_record(), 不变=PDF)
    until = said(ET.fromstring(source.hub.open("GET", "/resourcelist.xml").data))["at"]
    assert synchronise(source, tmp_path, "--baseline", "--hash", "sha-256") == source.held
    source.publish({**changed, "version": 2}, 卡尺=NEW, same=PDF)
    withdraw(source.hub, gone, "不要了")
    source.forget(ark)
    source.publish(make_record(), 新=b"%PDF-1.7 new")
    for part in parts_since(source, until):
        copy = synchronise(source, tmp_path, "--incremental", "--changelist-uri", part, "--from", until)
    assert copy == source.held
    assert len(source.held) == 7


# -- the documents --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Exhibition]:
    with exhibition(tmp_path_factory.mktemp("mirroring"), store) as found:
        yield found


def document(shown: Exhibition, address: str) -> ET.Element:
    answer = shown.get(address.removeprefix(ORIGIN))
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    return ET.fromstring(answer.data)


def said(element: ET.Element) -> Mapping[str, str]:
    """What the description of an element or document says."""
    found = element.find(MD)
    assert found is not None
    return found.attrib


def located(root: ET.Element) -> list[str]:
    return [one.text or "" for one in root.iter(LOC)]


def linked(root: ET.Element, rel: str) -> list[str]:
    return [one.attrib["href"] for one in root.findall(LN) if one.attrib["rel"] == rel]


def entries(shown: Exhibition, kind: str) -> list[ET.Element]:
    """The entries of all parts of a list."""
    parts = located(document(shown, f"/{kind}.xml"))
    return [url for part in parts for url in document(shown, part)[2:] if url.tag != LN]


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_every_document_leads_to_the_next_and_back(shown: Exhibition, prefix: str) -> None:
    root = document(shown, f"{prefix}/.well-known/resourcesync")
    assert said(root)["capability"] == "description"
    [capabilities] = located(root)
    root = document(shown, capabilities)
    assert linked(root, "up") == [f"{ORIGIN}/.well-known/resourcesync"]
    kinds = [said(url)["capability"] for url in root.iter(f"{{{SITEMAP}}}url")]
    assert kinds == ["resourcelist", "changelist"]
    for index, kind in zip(located(root), kinds, strict=True):
        root = document(shown, index)
        assert (said(root)["capability"], linked(root, "up")) == (kind, [capabilities])
        for part in located(root):
            root = document(shown, part)
            assert said(root)["capability"] == kind
            assert (linked(root, "up"), linked(root, "index")) == ([capabilities], [index])


def test_what_is_listed_has_the_announced_length_and_digest(shown: Exhibition) -> None:
    found = entries(shown, "resourcelist")
    listed = {(url.findtext(LOC) or "").removeprefix(ORIGIN): said(url) for url in found}
    assert {urlsplit(path).path.rpartition("/files/")[0] for path in listed if "/files/" in path}
    for path, told in listed.items():
        if path.endswith("/record.json"):
            answer = shown.get(path)
            assert answer.mimetype == told["type"]
            assert len(answer.data) == int(told["length"])
            assert f"sha-256:{hashlib.sha256(answer.data).hexdigest()}" == told["hash"]
    ours = f"/resources/{shown.arks['caliper']}/"
    assert listed[f"{ours}record.json"]["hash"].startswith("sha-256:")
    assert f"{ours}files/%E5%8D%A1%E5%B0%BA%20%E8%AF%B4%E6%98%8E.pdf" in listed
    assert not [path for path in listed if shown.arks["gone"] in path]


def test_what_was_withdrawn_is_told_as_created_and_deleted(shown: Exhibition) -> None:
    gone = f"{ORIGIN}/resources/{shown.arks['gone']}/record.json"
    told = [said(url) for url in entries(shown, "changelist") if url.findtext(LOC) == gone]
    assert [one["change"] for one in told] == ["created", "deleted"]
    assert "hash" not in told[1]
    assert shown.get(gone.removeprefix(ORIGIN)).status_code == 410


def test_parts_of_changes_follow_each_other_without_a_gap(shown: Exhibition, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resourcesync, "MOST", 2)
    root = document(shown, "/changelist.xml")
    spans = [said(one) for one in root.iter(f"{{{SITEMAP}}}sitemap")]
    assert len(spans) > 2
    assert [one["until"] for one in spans[:-1]] == [one["from"] for one in spans[1:]]
    for part, span in zip(located(root), spans, strict=True):
        root = document(shown, part)
        assert {**said(root), "capability": None} == {**span, "capability": None}
        moments = [said(url)["datetime"] for url in root.iter(f"{{{SITEMAP}}}url")]
        assert moments == sorted(moments)
        assert all(span["from"] <= one <= span.get("until", "9") for one in moments)
        assert all(datetime.fromisoformat(one).tzinfo for one in moments)


def test_files_under_embargo_are_not_mirrored(shown: Exhibition) -> None:
    record = make_record(files=[file_entry(PDF, name="later.pdf")], embargo_until="2999-01-01")
    ark = publish(shown.hub, shown.member, record, PDF)
    for kind in ("resourcelist", "changelist"):
        addresses = [url.findtext(LOC) or "" for url in entries(shown, kind)]
        assert f"{ORIGIN}/resources/{ark}/record.json" in addresses
        assert not [one for one in addresses if "later.pdf" in one]


@pytest.mark.parametrize("name", ["resourcelist-0", "resourcelist-99", "changelist-2147483648", "dumplist-1"])
def test_there_is_no_part_beyond_the_last(shown: Exhibition, name: str) -> None:
    assert shown.get(f"/{name}.xml").status_code == 404


@pytest.mark.parametrize("kind", ["resourcelist", "changelist"])
def test_a_part_takes_the_same_few_queries_however_much_is_in_it(
    shown: Exhibition, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with counted_queries(shown.hub) as many:
        document(shown, f"/{kind}-1.xml")
    monkeypatch.setattr(resourcesync, "MOST", 1)
    with counted_queries(shown.hub) as one:
        document(shown, f"/{kind}-1.xml")
    assert len(one) == len(many) <= 5


def test_a_hub_in_which_nothing_is_public_yet_has_empty_lists(tmp_path: Path, store: RunningStore) -> None:
    with running_hub(tmp_path, store) as hub:
        empty = Exhibition(hub, hub.member(), {}, {})
        assert entries(empty, "resourcelist") == entries(empty, "changelist") == []
