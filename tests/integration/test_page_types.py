"""What is promised of every type of page: little to load, nothing from elsewhere, safe headers, and 304 when kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from tests.support.exhibition import Exhibition, exhibition
from tests.support.hub import running_hub
from tests.support.stores import RunningStore

KIB = 1024
FIRST_PAGE = 100 * KIB
BLOCKING = 3
PAGES = (
    "/",
    "/search",
    "/search?q=%E5%8D%A1%E5%B0%BA",
    "/search?q=nothingofthekind",
    "/institutions",
    "/institutions/institute-a",
    "/about",
    "/api",
    "/audit",
    "/resources/{caliper}",
    "/resources/{course}",
    "/resources/{caliper}/feedback",
    "/resources/{gone}",
    "/embed/{caliper}",
    "/nothing/here",
    "/workbench/sign-in",
)
PROGRAMS = (
    "/api/v1/institutions",
    "/api/v1/search",
    "/api/v1/resources/{caliper}",
    "/api/v1/vocabularies",
    "/feed.atom",
    "/feed.json",
    "/sitemap.xml",
    "/sitemap-1.xml",
    "/resourcelist.xml",
    "/changelist-1.xml",
    "/resources/{caliper}/metadata.jsonld",
    "/resources/{caliper}/record.json",
    "/resources/{caliper}/qr.svg",
    "/opensearch.xml",
    "/robots.txt",
)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Exhibition]:
    with exhibition(tmp_path_factory.mktemp("page-types"), store) as found:
        yield found


def asked(shown: Exhibition, path: str, **headers: str) -> TestResponse:
    # A robot's views are not counted, and so change no page between two requests.
    return shown.get(path.format(**shown.arks), User_Agent="Googlebot/2.1", **headers)


def loaded(page: str) -> list[tuple[str, bool]]:
    """What a browser fetches for a page, and whether it shows nothing before it has it."""
    found = []
    for mark in re.findall(r"<(?:link|script|img)\b[^>]*>", page):
        place = re.search(r'(?:src|href)="([^"]+)"', mark)
        style, script = 'rel="stylesheet"' in mark, mark.startswith("<script")
        if place and (style or script or mark.startswith("<img") or 'rel="icon"' in mark):
            waits = (style and 'media="print"' not in mark) or (script and not re.search(r"\b(defer|async)\b", mark))
            found.append((place[1], waits))
    return found


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_waits_for_three_requests_at_most_and_loads_nothing_from_elsewhere(
    shown: Exhibition, path: str, prefix: str
) -> None:
    answer = asked(shown, prefix + path)
    assert answer.mimetype == "text/html"
    fetched = loaded(answer.text)
    assert fetched
    assert sum(waits for _, waits in fetched) <= BLOCKING
    assert all(place.startswith("/") and not place.startswith("//") for place, _ in fetched)


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_first_page_with_all_that_it_loads_is_small_even_uncompressed(shown: Exhibition, prefix: str) -> None:
    page = asked(shown, prefix + "/")
    places = {place for place, _ in loaded(page.text)}
    assert len(page.data) + sum(len(asked(shown, place).data) for place in places) <= FIRST_PAGE


@pytest.mark.parametrize("path", PAGES + PROGRAMS)
def test_every_answer_says_what_may_be_done_with_it(shown: Exhibition, path: str) -> None:
    headers = asked(shown, path).headers
    policy = headers["Content-Security-Policy"]
    assert ("default-src 'none'" in policy, "unsafe" in policy) == (True, False)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] in ("strict-origin-when-cross-origin", "no-referrer")
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    own = path in PAGES and not path.startswith("/embed/")
    assert headers["Cross-Origin-Resource-Policy"] == ("same-origin" if own else "cross-origin")
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("path", PAGES + PROGRAMS)
def test_what_is_good_and_public_is_asked_about_by_its_strong_tag(shown: Exhibition, path: str) -> None:
    first = asked(shown, path)
    if first.status_code != 200 or "no-store" in first.headers["Cache-Control"]:
        assert first.headers["Cache-Control"] in ("no-store", "private, no-store")
        return
    tag = first.headers["ETag"]
    assert not tag.startswith("W/")
    assert first.headers["Cache-Control"].startswith("public, ")
    again = asked(shown, path, If_None_Match=tag)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)


def test_assets_are_kept_for_a_year_and_never_asked_about(shown: Exhibition) -> None:
    for place, _ in loaded(asked(shown, "/").text):
        assert "immutable" in asked(shown, place).headers["Cache-Control"]


def test_behind_tls_browsers_are_told_to_stay_there(
    tmp_path_factory: pytest.TempPathFactory, store: RunningStore
) -> None:
    with running_hub(tmp_path_factory.mktemp("tls"), store, public_origin="https://cloud.example.org") as hub:
        for path in ("/", "/api/v1/institutions", "/nothing"):
            headers = hub.open("GET", path).headers
            assert int(headers["Strict-Transport-Security"].split("=")[1].split(";")[0]) >= 31_536_000
