"""Which other servers a web page names."""

from __future__ import annotations

import pytest

from federation.derivatives import elsewhere
from federation.derivatives.elsewhere import Elsewhere, read

LONG = 500_000
"""Characters for which the square of them would be an hour."""


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.example.com/x.js"></script>',
        "<IMG SRC = 'HTTP://CDN.example.com/x.png'>",
        "<img src=//cdn.example.com/x.png>",
        '<img srcset="a.png 1x, https://cdn.example.com/b.png 2x">',
        '<link rel="stylesheet" href="https://cdn.example.com/x.css">',
        '<svg><use xlink:href="https://cdn.example.com/x.svg#a"/></svg>',
        '<base href="https://cdn.example.com/">',
        "<style>@import 'https://cdn.example.com/x.css'; p { content: url( https://cdn.example.com:80/) }</style>",
        '<p style="background:url(//cdn.example.com/x.png)">',
        '<object data="https://cdn.example.com/x">',
        '<meta http-equiv="refresh" content="0; url=https://cdn.example.com/">',
        '<iframe src="https://cdn.example.com?q"></iframe>',
    ],
)
def test_what_is_fetched_as_soon_as_the_page_is_shown_is_loaded(page: str) -> None:
    for data in (page.encode(), page.encode("utf-16"), b"\xff\xd0" + page.encode("gb18030")):
        assert read(data) == Elsewhere(loads=("cdn.example.com",))


@pytest.mark.parametrize(
    "page",
    [
        '<a href="https://example.com/">去看看</a>',
        '<map><area href="https://example.com/"></map>',
        "<p>见 https://example.com/ 和 //example.com/</p>",
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><path d="M0 0"/></svg>',
        '<img src="data:image/png;base64,AAAA//example.com/AAAA">',
        "<img src='x.png'><script>x = 1 // example.com\n</script>",
        "<!-- https://example.com/ -->",
        '<script>fetch("http://localhost:8000/x")</script>',
        "",
    ],
)
def test_links_namespaces_and_remarks_load_nothing(page: str) -> None:
    assert read(page.encode()) == Elsewhere()


def test_what_scripts_speak_of_is_told_apart() -> None:
    page = """<img src="https://a.example.com/x"><SCRIPT type="module">
        new WebSocket("wss://b.example.com"); import("//c.example.com/x.js"); x = "https://a.example.com/y"
    </SCRIPT><img src="https://d.example.com/x"><script>fetch("https://b.example.com/")"""
    assert read(page.encode()) == Elsewhere(
        loads=("a.example.com", "d.example.com"), names=("b.example.com", "c.example.com")
    )


@pytest.mark.parametrize("piece", ["<script", '<script src="', "//a", "src=", "url(", '"https://', "<script>", "-"])
def test_a_page_that_is_made_to_take_long_takes_no_longer_than_others(piece: str) -> None:
    found = read((piece * (LONG // len(piece))).encode())
    assert len(found.loads) + len(found.names) <= 1


def test_ten_servers_are_enough() -> None:
    page = "".join(f'<img src="https://x{number}.example.com/">' for number in range(99))
    assert len(read(page.encode()).loads) == elsewhere.MOST_HOSTS
