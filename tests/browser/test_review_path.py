"""The reviewer's way in a real browser: sign in, read, judge, go on; on a phone and without scripts too."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from federation import operations, people
from federation.checklist import DEFAULT
from federation.database import unit_of_work
from federation.models.resources import Resource
from tests.browser.browsing import DESKTOP, PHONE
from tests.support.hub import Hub, Member
from tests.support.publishing import file_entry
from tests.support.records import make_record
from tests.support.reviewing import PASSWORD


class Quiet(WSGIRequestHandler):
    """A handler that writes no log."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def origin(hub: Hub) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, hub.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def reviewers(hub: Hub) -> None:
    with unit_of_work(hub.app) as session:
        for name, role in (("li", people.REVIEWER), ("wang", people.REVIEWER), ("boss", people.ADMIN)):
            people.create_user(session, name=name, display_name=name, password=PASSWORD, role=role, actor="operator")


@contextmanager
def signed_in(
    browser: Browser, origin: str, name: str, size: dict[str, int] = DESKTOP, *, scripts: bool = True
) -> Iterator[Page]:
    context = browser.new_context(viewport=size, java_script_enabled=scripts)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{origin}/workbench/")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("heading", name="待审核").wait_for()
    yield page
    context.close()


def confirm_everything(page: Page) -> None:
    for item in DEFAULT.items:
        page.get_by_role("checkbox", name=item.zh).check()


def approve(page: Page) -> None:
    confirm_everything(page)
    page.get_by_role("radio", name="通过", exact=True).check()
    page.get_by_role("button", name="提交结论").click()
    page.get_by_role("status").wait_for()


@pytest.mark.usefixtures("reviewers")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_reviewer_publishes_one_and_returns_the_next_without_scripts(
    hub: Hub, member: Member, browser: Browser, origin: str, size: dict[str, int]
) -> None:
    first, second = make_record(title={"zh": "加油机"}), make_record(title={"zh": "电能表"})
    member.publish(first, second)
    with signed_in(browser, origin, "li", size, scripts=False) as page:
        page.get_by_role("link", name="加油机").click()
        page.get_by_role("radio", name="通过", exact=True).check()
        page.get_by_role("checkbox", name="科学性").check()
        page.get_by_role("button", name="提交结论").click()
        assert "逐项确认" in page.get_by_role("alert").inner_text()
        assert page.get_by_role("checkbox", name="科学性").is_checked()
        confirm_everything(page)
        page.get_by_role("button", name="提交结论").click()
        assert "已发布" in page.get_by_role("status").inner_text()
        assert page.get_by_role("heading", level=1).inner_text() == "电能表"
        page.get_by_role("radio", name="退回修改").check()
        page.get_by_label("理由").fill("请补充数据来源。")
        page.get_by_role("button", name="提交结论").click()
        page.get_by_role("heading", name="都审完了").wait_for()
    assert hub.states(first["id"]) == ["published"]
    assert hub.states(second["id"]) == ["changes_requested"]


@pytest.mark.usefixtures("reviewers")
def test_what_is_sensitive_goes_through_two_hands_and_none_of_its_own_institution(
    hub: Hub, member: Member, browser: Browser, origin: str
) -> None:
    with unit_of_work(hub.app) as session:
        people.create_user(
            session,
            name="insider",
            display_name="insider",
            password=PASSWORD,
            role=people.REVIEWER,
            institution=operations.institution(session, member.code),
            actor="operator",
        )
    record = make_record(title={"zh": "红色度量衡"}, themes=["red-metrology"])
    member.publish(record)
    with signed_in(browser, origin, "insider") as page:
        page.get_by_role("link", name="红色度量衡").click()
        page.get_by_role("heading", name="不能审核").wait_for()
        assert "不得审核本单位" in page.locator("#verdict").inner_text()
        assert page.get_by_role("button", name="提交结论").count() == 0
    with signed_in(browser, origin, "li") as page:
        page.get_by_role("link", name="红色度量衡").click()
        address = page.url
        for _ in range(2):
            page.goto(address)
            approve(page)
            assert hub.states(record["id"]) == ["in_review"]
        page.goto(address)
        assert "您已通过这一版本" in page.locator("#verdict").inner_text()
    with signed_in(browser, origin, "wang") as page:
        page.get_by_role("link", name="红色度量衡").click()
        approve(page)
        assert hub.states(record["id"]) == ["published"]
        with unit_of_work(hub.app, read_only=True) as session:
            ark = session.get_one(Resource, record["id"]).ark
        page.goto(f"{origin}/resources/{ark}")
        assert page.get_by_role("heading", level=1).inner_text() == "红色度量衡"


@pytest.mark.usefixtures("reviewers")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_can_be_used_by_everybody_and_fits_the_screen(
    member: Member, browser: Browser, origin: str, size: dict[str, int]
) -> None:
    member.publish(make_record(title={"zh": "很长的标题" * 30, "en": "Unbreakable" * 20}, themes=["history"]))
    with signed_in(browser, origin, "boss", size) as page:
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        link = page.locator(".queue .name a").get_attribute("href")
        for path in (
            "/workbench/",
            link,
            "/workbench/account",
            "/workbench/admin/institutions",
            "/workbench/admin/files",
            "/workbench/admin/users",
        ):
            for prefix in ("", "/en"):
                page.goto(f"{origin}{prefix}{path}")
                width = page.evaluate("document.documentElement.scrollWidth")
                assert width <= size["width"], f"{path} is {width} px wide"
                found = Axe().run(page)
                assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert faults == []


@pytest.mark.usefixtures("reviewers")
def test_an_interactive_runs_on_the_page_without_an_origin(
    hub: Hub, member: Member, browser: Browser, origin: str
) -> None:
    body = b"<!doctype html><title>x</title><p></p><script>document.querySelector('p').append(self.origin)</script>"
    entry = file_entry(body, name="a.html", media_type="text/html")
    member.publish(make_record(title={"zh": "水钟"}, files=[entry]))
    member.upload(entry["sha256"], body)
    hub.work()
    with signed_in(browser, origin, "li") as page:
        page.get_by_role("link", name="水钟").click()
        page.get_by_text("在这里试用").click()
        shown = page.frame_locator("iframe").locator("p")
        shown.get_by_text("null").wait_for()


@pytest.mark.usefixtures("reviewers")
def test_keys_alone_publish_and_can_be_switched_off(hub: Hub, member: Member, browser: Browser, origin: str) -> None:
    record = make_record(title={"zh": "加油机"})
    member.publish(record, make_record(title={"zh": "电能表"}))
    with signed_in(browser, origin, "li") as page:
        for key in ("j", "j", "k", "x", "Enter"):
            page.keyboard.press(key)
        page.get_by_role("heading", name="加油机").wait_for()
        for key in [str(number) for number in range(1, len(DEFAULT.items) + 1)] + ["a"]:
            page.keyboard.press(key)
        page.get_by_role("button", name="提交结论").press("Enter")
        page.get_by_role("heading", name="电能表").wait_for()
        assert hub.states(record["id"]) == ["published"]
        page.get_by_text("快捷键", exact=True).click()
        page.get_by_label("使用快捷键").uncheck()
        page.keyboard.press("a")
        assert not page.get_by_role("radio", name="通过", exact=True).is_checked()
        page.reload()
        assert not page.locator("[data-keys-on]").is_checked()
