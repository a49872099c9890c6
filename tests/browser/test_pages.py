"""Every page in a real Chromium: accessible, light, self-contained, and usable without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser.browsing import DESKTOP, LAPTOP, PHONE, pages, visit
from tests.browser.gallery import Gallery
from tests.browser.page_names import DESK, NAMES
from tests.support.processes import eventually

FIRST_PAGE_BYTES = 100 * 1024
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

NARROW = {"width": 320, "height": 700}
TAP = 24
"""CSS pixels that WCAG 2.2 (2.5.8) asks of whatever is tapped, unless it stands in a line of text."""
SMALL_TARGETS = """tap => [...document.querySelectorAll("a, button, input, select, summary, textarea")]
.filter(one => {
  const box = one.getBoundingClientRect();
  const hidden = one.closest(".visually-hidden, .skip") || one.type === "hidden" || !one.checkVisibility();
  const label = one.closest("label");
  const tapped = label ? label.getBoundingClientRect() : box;
  const inText = getComputedStyle(one).display === "inline";
  return box.width && !hidden && !inText && (tapped.height < tap || tapped.width < tap);
}).map(one => one.outerHTML.slice(0, 120))"""
COVERED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const seen = (x, y) => { const top = document.elementFromPoint(x, y); return top === one || one.contains(top); };
  const corners = [[box.left, box.top], [box.right, box.top], [box.left, box.bottom], [box.right, box.bottom]];
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const inwards = corners.map(([left, top]) => [left + Math.sign(x - left) * 4, top + Math.sign(y - top) * 4]);
  return [...inwards, [x, y]].every(point => seen(...point)) ? "" : one.outerHTML.slice(0, 120);
}"""
"""What has the focus, when anything covers a corner or the middle of it, or it is out of sight."""
BROKEN_WORDS = """selector => [...document.querySelectorAll(selector)].flatMap(cell => {
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), broken = [];
  while (walker.nextNode()) {
    for (const word of walker.currentNode.data.matchAll(/[A-Za-z]+/g)) {
      const range = new Range();
      range.setStart(walker.currentNode, word.index);
      range.setEnd(walker.currentNode, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(line => line.top)).size > 1) broken.push(word[0]);
    }
  }
  return broken;
})"""
"""Latin words that go over the end of a line."""
LOW = {"width": 1366, "height": 600}

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def wide(browser: Browser) -> Iterator[BrowserContext]:
    """A reader at a desk, by day; the rules of the page do not hinder the checks."""
    context = browser.new_context(viewport=DESKTOP, color_scheme="light", bypass_csp=True)
    yield context
    context.close()


@pytest.fixture(scope="module")
def dark(browser: Browser) -> Iterator[BrowserContext]:
    """A reader with a phone, by night."""
    context = browser.new_context(viewport=PHONE, color_scheme="dark", bypass_csp=True)
    yield context
    context.close()


@pytest.fixture(scope="module")
def plain(browser: Browser) -> Iterator[BrowserContext]:
    """A reader at a desk, as the pages' own rules have it."""
    context = browser.new_context(viewport=DESKTOP)
    yield context
    context.close()


@pytest.fixture(scope="module")
def narrow(browser: Browser) -> Iterator[BrowserContext]:
    """The narrowest screen that pages are made for."""
    context = browser.new_context(viewport=NARROW)
    yield context
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    ("name", "language"),
    # The workbench by day and in Chinese is looked at on the reviewer's way (test_review_path).
    [(name, language) for language in ("zh", "en") for name in NAMES if language == "en" or name not in DESK],
)
def test_a_page_meets_wcag(
    shown: Gallery, wide: BrowserContext, dark: BrowserContext, name: str, language: str
) -> None:
    page = (wide if language == "zh" else dark).new_page()
    visit(page, shown, name, language)
    results = Axe().run(page, options={"runOnly": RULES})
    page.close()
    assert results.violations_count == 0, results.generate_report()


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
def test_a_page_keeps_to_itself_and_fits_a_narrow_screen_and_a_finger(
    shown: Gallery, narrow: BrowserContext, name: str
) -> None:
    """It loads nothing from elsewhere and breaks no policy; nothing is cut off, and nothing is too small to tap."""
    page = narrow.new_page()
    asked: list[str] = []
    complaints: list[str] = []

    def remember(request: Request) -> None:
        asked.append(request.url)

    page.on("request", remember)
    page.on("console", lambda message: complaints.append(message.text))
    for language in ("zh", "en"):
        visit(page, shown, name, language)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        assert page.evaluate(SMALL_TARGETS, TAP) == []
    page.wait_for_load_state("networkidle")
    page.close()
    assert [url for url in asked if not url.startswith((*shown.requests_allowed, "data:"))] == []
    # A page for an error, or for a form with faults, is itself an answer that the browser notes as failed.
    assert [one for one in complaints if "the server responded with a status of 4" not in one] == []


def test_a_list_shows_the_pictures_that_resources_have(shown: Gallery, plain: BrowserContext) -> None:
    page = plain.new_page()
    for path in ("/search?q=商鞅方升", "/institutions/demo-institute"):
        page.goto(shown.origin + path)
        page.locator("img.cover").first.scroll_into_view_if_needed()
        # Asked from outside: the page's own policy forbids the browser to wait for a script.
        eventually(lambda: page.evaluate("document.querySelector('img.cover').naturalWidth > 0"))
        assert page.locator("svg.cover").count() > 0
    page.close()


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


def test_the_search_box_is_a_combobox_for_the_keyboard(shown: Gallery, narrow: BrowserContext) -> None:
    phone = narrow.new_page()
    phone.goto(shown.origin + "/search")
    box = phone.get_by_role("combobox", name="检索资源")
    box.press_sequentially("度")
    options = phone.get_by_role("option")
    expect(options.first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(phone.get_by_role("status")).to_contain_text("条建议")
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    assert Axe().run(phone, options={"runOnly": RULES}).violations_count == 0
    chosen = box.input_value()
    box.press("Escape")
    expect(box).to_have_value("度")
    expect(phone.get_by_role("listbox")).to_be_hidden()
    box.press("ArrowDown")
    expect(options.first).to_be_visible()
    box.press("ArrowDown")
    box.press("Enter")
    expect(phone.get_by_role("heading", level=1)).to_contain_text(f"“{chosen}”")
    phone.close()


def test_the_filters_open_on_a_phone_and_narrow(shown: Gallery, phone: Page) -> None:
    phone.goto(shown.origin + "/search")
    video = phone.get_by_role("link", name="视频")
    assert not video.is_visible()
    phone.get_by_text("筛选", exact=True).click()
    video.first.click()
    assert "type=video" in phone.url
    assert phone.locator(".result").count() >= 1


def test_a_lesson_that_the_device_has_no_room_to_remember_is_not_called_done(
    shown: Gallery, plain: BrowserContext
) -> None:
    page = plain.new_page()
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); }")
    page.goto(shown.origin + pages(shown)["lesson"])
    mark = page.locator("[data-mark] button")
    mark.click()
    assert mark.get_attribute("aria-pressed") == "false"
    assert mark.text_content() == "没有记下：浏览器的存储满了"
    page.close()


def test_a_course_keeps_on_the_device_which_lessons_are_done(shown: Gallery, plain: BrowserContext) -> None:
    page = plain.new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.goto(shown.origin + pages(shown)["resource-course"])
    progress = page.locator("[data-progress]")
    assert not progress.is_visible()
    page.locator(".lessons a").first.click()
    page.get_by_role("button", name="学完了这一课").click()
    page.get_by_role("link", name="下一课").click()
    expect(page.locator(".way")).to_contain_text("第 2 课")
    page.goto(shown.origin + pages(shown)["resource-course"])
    assert progress.inner_text() == "学完 1 课，共 3 课"
    assert page.locator("[data-done]:visible").count() == 1
    page.get_by_role("button", name="清除进度").click()
    assert not progress.is_visible()
    assert set(sent) == {"GET"}
    page.close()


def test_a_film_comes_from_the_store_and_has_its_captions(shown: Gallery, browser: Browser) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(shown.origin + pages(shown)["resource-video"])
    page.evaluate("document.querySelector('video').load()")
    page.evaluate("document.querySelector('video').preload = 'auto'")
    eventually(lambda: page.evaluate("document.querySelector('video').readyState >= 1"))
    eventually(lambda: page.evaluate("document.querySelector('track').track.cues?.length > 0"))
    context.close()


def test_a_picture_opens_in_large_by_mouse_and_keyboard_and_as_a_link_without_scripts(
    shown: Gallery, browser: Browser
) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(shown.origin + pages(shown)["resource-article"])
    links, dialog = page.locator("a[data-look]"), page.locator("dialog[data-viewer]")
    links.first.click()
    nth = dialog.locator("[data-nth]")
    assert nth.inner_text() == f"1 / {links.count()}"
    page.keyboard.press("ArrowRight")
    assert nth.inner_text() == f"2 / {links.count()}"
    page.keyboard.press("+")
    assert dialog.get_by_role("button", name="原大").get_attribute("aria-pressed") == "true"
    eventually(lambda: page.evaluate("document.querySelector('[data-shown]').naturalWidth > 900"))
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    # The dialog is gone before it says so, and then the place comes back where one was.
    eventually(lambda: page.evaluate("document.activeElement === document.querySelectorAll('a[data-look]')[1]"))
    context.close()
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    without = context.new_page()
    without.goto(shown.origin + pages(shown)["resource-article"])
    without.locator("a[data-look]").first.click()
    without.wait_for_url("**/p1.webp")
    context.close()


def test_what_runs_does_so_in_its_frame_without_an_origin(shown: Gallery, browser: Browser) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(shown.origin + pages(shown)["resource-interactive"])
    assert not page.frames[1].url  # nothing is loaded before it is opened
    page.get_by_text("在这里试用").click()
    page.frame_locator("iframe").locator("h1").first.wait_for()
    assert page.frames[1].url.startswith(shown.store)
    assert page.frames[1].evaluate("self.origin") == "null"
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


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_reviewer_sees_what_has_the_focus_and_has_reason_and_button_at_hand(
    shown: Gallery, plain: BrowserContext, language: str
) -> None:
    """WCAG 2.2, 2.4.11; also when a first attempt is answered with what is missing, and the page is scrolled."""
    page = plain.new_page()
    for name, size in product(("desk-version", "desk-fault"), (LAPTOP, DESKTOP, LOW, PHONE)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        visit(page, shown, name, language)
        for control in (page.locator("#reason"), page.locator(".verdict .btn")) if size in (LAPTOP, DESKTOP) else ():
            box = control.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= size["height"], f"{name} at {size} begins without reason and button"
        page.locator(".verdict [type=checkbox]").first.focus()
        while page.evaluate("document.activeElement.closest('.verdict') !== null"):
            assert page.evaluate(COVERED) == "", f"{name} at {size}"
            page.keyboard.press("Tab")
        page.locator("#reason").fill("理由\n" * 9)
        assert page.evaluate(COVERED) == "", f"{name} at {size}, typing"
    page.close()


def test_words_of_the_queue_stay_whole(shown: Gallery, plain: BrowserContext) -> None:
    page = plain.new_page()
    for width in (965, 1100, 1280, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        visit(page, shown, "desk-queue", "en")
        assert page.evaluate(BROKEN_WORDS, ".queue td, .queue th") == [], f"at {width}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_a_keyword_in_another_language_is_one_chip(shown: Gallery, plain: BrowserContext) -> None:
    page = plain.new_page()
    page.goto(shown.origin + "/en" + pages(shown)["resource-artefact"])
    inside = page.locator(".chips [lang]").first
    assert inside.evaluate("one => getComputedStyle(one).borderTopWidth") == "0px"
    page.close()
