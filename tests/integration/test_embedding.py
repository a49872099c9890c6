"""A resource on other sites: its card in a frame of theirs, and nothing else of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from federation.interop import oembed
from tests.support.exhibition import HOSTILE, Exhibition, exhibition
from tests.support.hub import ORIGIN
from tests.support.stores import RunningStore


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Exhibition]:
    with exhibition(tmp_path_factory.mktemp("embedding"), store) as found:
        yield found


def asked(shown: Exhibition, url: str, more: str = "") -> Any:
    return shown.get(f"/oembed?url={quote(url, safe='')}{more}")


@pytest.mark.parametrize("form", ["{origin}/resources/{ark}", "{origin}/resources/{ark}/", "{origin}/{ark}"])
def test_any_address_of_a_resource_gives_its_frame(shown: Exhibition, form: str) -> None:
    ark = shown.arks["caliper"]
    answer = asked(shown, form.format(origin=ORIGIN, ark=ark))
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    said = answer.get_json()
    assert (said["version"], said["type"], said["title"]) == ("1.0", "rich", "游标卡尺怎么读")
    assert f'src="{ORIGIN}/embed/{ark}"' in said["html"]
    frame = shown.get(f"/embed/{ark}")
    assert frame.status_code == 200
    assert f'href="/resources/{ark}"' in frame.text


@pytest.mark.parametrize(
    ("prefix", "url"),
    [("", "{origin}/en/resources/{ark}"), ("/en", "{origin}/resources/{ark}"), ("/en", "{origin}/{ark}")],
)
def test_the_answer_is_in_the_language_of_the_page_that_is_embedded(shown: Exhibition, prefix: str, url: str) -> None:
    ark = shown.arks["caliper"]
    address = quote(url.format(origin=ORIGIN, ark=ark), safe="")
    said = shown.get(f"{prefix}/oembed?format=json&url={address}").get_json()
    assert said["title"] == "How to read a vernier caliper"
    assert said["provider_name"] == "Metrology Commons"
    assert f'src="{ORIGIN}/en/embed/{ark}"' in said["html"]


def test_only_the_card_may_stand_in_a_frame_of_others(shown: Exhibition) -> None:
    ark = shown.arks["caliper"]
    assert "frame-ancestors *" in shown.get(f"/embed/{ark}").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in shown.page("caliper").headers["Content-Security-Policy"]
    assert "Set-Cookie" not in shown.get(f"/embed/{ark}").headers


def test_the_page_of_a_resource_says_how_to_embed_it(shown: Exhibition) -> None:
    page = shown.page("caliper").text
    assert 'type="application/json+oembed"' in page


def test_it_is_never_larger_than_the_room_that_the_other_site_has(shown: Exhibition) -> None:
    url = f"{ORIGIN}/resources/{shown.arks['caliper']}"
    for width, height in ((300, 120), (120, 40), (1, 1)):
        said = asked(shown, url, f"&maxwidth={width}&maxheight={height}").get_json()
        assert (said["width"], said["height"]) == (width, height)
        assert f'width="{width}" height="{height}"' in said["html"]
    for nonsense in ("x", "-5", "0", "99999999999", ""):
        said = asked(shown, url, f"&maxwidth={nonsense}&maxheight={nonsense}").get_json()
        assert (said["width"], said["height"]) == (oembed.WIDTH, oembed.HEIGHT)


def test_a_hostile_title_breaks_out_of_nothing(shown: Exhibition) -> None:
    answer = asked(shown, f"{ORIGIN}/resources/{shown.arks['hostile']}").get_json()
    assert HOSTILE not in answer["html"]
    assert HOSTILE not in shown.get(f"/embed/{shown.arks['hostile']}").text


def test_what_is_not_ours_or_not_there_is_refused(shown: Exhibition) -> None:
    ark = shown.arks["caliper"]
    for url in (
        "",
        "x",
        f"https://example.org/resources/{ark}",
        f"{ORIGIN}/about",
        f"{ORIGIN}/resources/ark:99999/x",
        "http://[",
        "http://ex／ample.org/",
    ):
        assert asked(shown, url).status_code == 404, url
    assert asked(shown, f"{ORIGIN}/en/resources/{ark}", "&x=1" * 50).status_code == 200
    assert asked(shown, "x", f"&url={ORIGIN}/en/resources/{ark}").status_code == 404
    assert asked(shown, f"{ORIGIN}/resources/{shown.arks['gone']}").status_code == 410
    assert shown.get(f"/embed/{shown.arks['gone']}").status_code == 410


def test_another_form_than_json_is_refused_in_words_that_any_page_may_read(shown: Exhibition) -> None:
    for prefix, words in (("", "只提供"), ("/en", "only JSON here")):
        answer = shown.get(f"{prefix}/oembed?format=xml&url={ORIGIN}/resources/{shown.arks['caliper']}")
        assert (answer.status_code, words in answer.text) == (501, True)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
