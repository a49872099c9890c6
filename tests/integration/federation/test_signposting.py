"""A program of others that knows nothing but Signposting finds its way from a page to all of a resource, and back."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from federation.interop.places import BIBTEX, JSON, JSON_LD, LINKSET, XML
from tests.support.hub import running_hub
from tests.support.publishing import file_entry, publish
from tests.support.records import make_record
from tests.support.serving import served
from tests.support.stores import RunningStore, free_port

with warnings.catch_warnings():
    # It names its own classes in ways that newer libraries advise against.
    warnings.simplefilter("ignore")
    import signposting

PDF = b"%PDF-1.7 a caliper"


@pytest.fixture
def page(tmp_path: Path, store: RunningStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a resource's page on a real port."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with running_hub(tmp_path, store, public_origin=origin) as hub, served(hub, port):
        monkeypatch.setattr("tests.support.hub.ORIGIN", origin)
        record = make_record(type="article", files=[file_entry(PDF, name="卡尺 说明.pdf")])
        yield f"{origin}/resources/{publish(hub, hub.member(), record, PDF, indexed=False)}"


def test_the_client_of_others_reads_headers_page_and_link_set_alike(page: str) -> None:
    header, html = signposting.find_signposting_http(page), signposting.find_signposting_html(page)
    assert header.citeAs.target == html.citeAs.target == page.replace("/resources/", "/")
    assert {one.target for one in header.types} == {"https://schema.org/AboutPage", "https://schema.org/Article"}
    assert {str(one.type) for one in header.describedBy} == {JSON, JSON_LD, XML, BIBTEX}
    [linkset], [same] = header.linksets, html.linksets
    assert (str(linkset.type), linkset.target) == (LINKSET, same.target)
    assert header.license.target == html.license.target
    told = signposting.find_signposting_linkset(linkset.target).for_context(page)
    for rel in ("citeAs", "license"):
        assert getattr(told, rel).target == getattr(header, rel).target
    for rel in ("types", "describedBy", "items"):
        assert {one.target for one in getattr(told, rel)} == {one.target for one in getattr(header, rel)}


def test_it_comes_back_from_every_part_to_the_page(page: str) -> None:
    linkset = signposting.find_signposting_http(page).linksets
    told = signposting.find_signposting_linkset(next(iter(linkset)).target)
    [file] = told.for_context(page).items
    assert told.for_context(file.target).collection.target == page
    for description in told.for_context(page).describedBy:
        back = [one for one in told.for_context(description.target).signposts if str(one.rel) == "describes"]
        assert {one.target for one in back} == {page}
        itself = signposting.find_signposting_http(description.target)
        assert {one.target for one in itself.signposts if str(one.rel) == "describes"} == {page}
        assert {one.target for one in itself.linksets} == {next(iter(linkset)).target}
