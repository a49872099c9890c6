"""Every page in a real Chromium: accessible, light, self-contained, and usable without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request

from tests.browser.browsing import DESKTOP, PHONE, pages
from tests.browser.gallery import Gallery

NAMES = (
    "home",
    "search",
    "search-words",
    "search-nothing",
    "institutions",
    "institution",
    "about",
    "interfaces",
    "error",
    "gone",
    "resource-artefact",
    "resource-course",
    "resource-video",
    "resource-audio",
)
FIRST_PAGE_BYTES = 100 * 1024
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("language", "scheme", "size"), [("zh", "light", DESKTOP), ("en", "dark", PHONE)])
def test_a_page_meets_wcag(
    shown: Gallery, browser: Browser, name: str, language: str, scheme: str, size: dict[str, int]
) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(shown.origin + ("/en" if language == "en" else "") + pages(shown)[name])
    results = Axe().run(page, options={"runOnly": RULES})
    context.close()
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_loads_nothing_from_elsewhere_and_breaks_no_policy(
    shown: Gallery, browser: Browser, name: str
) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []

    def remember(request: Request) -> None:
        asked.append(request.url)

    page.on("request", remember)
    page.on("console", lambda message: complaints.append(message.text))
    answer = page.goto(shown.origin + pages(shown)[name], wait_until="networkidle")
    context.close()
    assert answer is not None
    strange = [url for url in asked if not url.startswith((*shown.requests_allowed, "data:"))]
    assert strange == []
    expected_status = f"the server responded with a status of {answer.status}"
    assert [one for one in complaints if expected_status not in one] == []


def test_the_first_page_is_light(shown: Gallery, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto(shown.origin + "/", wait_until="networkidle")
    context.close()
    assert len(sizes) >= 3
    assert sum(sizes) <= FIRST_PAGE_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_no_page_is_wider_than_a_phone(shown: Gallery, browser: Browser, name: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700})
    page = context.new_page()
    for prefix in ("", "/en"):
        page.goto(shown.origin + prefix + pages(shown)[name])
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


def test_a_reader_without_scripts_searches_narrows_and_downloads(shown: Gallery, phone: Page) -> None:
    phone.goto(shown.origin + "/")
    phone.get_by_role("searchbox").fill("商鞅方升")
    phone.get_by_role("button", name="检索").click()
    phone.get_by_role("heading", name="商鞅方升：把一升刻成尺寸").get_by_role("link").click()
    assert phone.url.startswith(f"{shown.origin}/resources/ark:99999/")
    with phone.expect_download() as download:
        phone.get_by_role("link", name="下载 商鞅方升图解.png").click()
    assert download.value.suggested_filename == "商鞅方升图解.png"
    phone.get_by_role("link", name="English").click()
    assert phone.url.startswith(f"{shown.origin}/en/resources/ark:99999/")
    assert phone.locator("html").get_attribute("lang") == "en"


def test_the_filters_open_on_a_phone_and_narrow(shown: Gallery, phone: Page) -> None:
    phone.goto(shown.origin + "/search")
    video = phone.get_by_role("link", name="视频")
    assert not video.is_visible()
    phone.get_by_text("筛选", exact=True).click()
    video.first.click()
    assert "type=video" in phone.url
    assert phone.locator(".result").count() >= 1


def test_pictures_and_films_come_from_the_store(shown: Gallery, browser: Browser) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(shown.origin + pages(shown)["resource-artefact"], wait_until="networkidle")
    assert page.evaluate("document.querySelector('.picture img').naturalWidth") > 0
    page.goto(shown.origin + pages(shown)["resource-video"])
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    context.close()


def test_the_keyboard_reaches_the_content_first(shown: Gallery, browser: Browser) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(shown.origin + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    context.close()
