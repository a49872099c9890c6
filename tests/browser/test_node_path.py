"""The way of an institution in a real browser: join by a pasted invitation, register, be asked, answer, correct."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from federation import people, questions
from federation.database import unit_of_work
from federation.models.people import User
from federation.models.questions import Question
from federation.models.resources import ResourceVersion
from nodes.app import create_app
from nodes.settings import NodeSettings
from tests.browser.browsing import PHONE
from tests.browser.office import served
from tests.support.hub import Hub, running_hub
from tests.support.reviewing import PASSWORD
from tests.support.stores import RunningStore, free_port

pytestmark = pytest.mark.xdist_group("browser")
PATIENCE = 40_000
"""Milliseconds that a round may take in its own process."""


@pytest.fixture
def alliance(tmp_path: Path, store: RunningStore) -> Iterator[Hub]:
    """A hub that answers at its own address, with a reviewer."""
    port = free_port()
    with running_hub(tmp_path / "hub", store, public_origin=f"http://127.0.0.1:{port}") as hub:
        hub.institution("museum", name_zh="示范计量博物馆")
        with unit_of_work(hub.app) as session:
            given = {"password": PASSWORD, "role": people.REVIEWER, "actor": "operator"}
            people.create_user(session, name="li", display_name="李慧", **given)
        with served(hub.app, port):
            yield hub


@pytest.fixture
def node(tmp_path: Path) -> Iterator[str]:
    """The page of a new node; its origin."""
    app = create_app(NodeSettings(data=str(tmp_path / "node"), sync_minutes=0))
    with served(app) as origin:
        yield origin
    app.config["SYNCER"].stop()
    app.config["WORKPLACE"].database.close()


def synchronise(page: Page, node: str) -> None:
    page.goto(node)
    page.get_by_role("button", name="立即同步").first.click()
    expect(page.get_by_role("heading", name="同步完成")).to_be_visible(timeout=PATIENCE)


def test_an_institution_joins_registers_and_answers_a_reviewer_with_a_new_version(
    browser: Browser, alliance: Hub, node: str
) -> None:
    page = browser.new_page(viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    page.goto(f"{node}/language/zh")
    page.get_by_label("这台电脑叫什么").fill("展教部电脑")
    page.get_by_role("button", name="下一步").click()
    text = f"欢迎加入！平台：{alliance.settings.origin}，邀请码：{alliance.invite('museum')}。"
    page.get_by_label("邀请", exact=True).fill(text)
    page.get_by_role("button", name="加入").click()
    expect(page.get_by_role("heading", name="已加入")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("main")).to_contain_text("示范计量博物馆")

    page.get_by_role("link", name="登记资源").click()
    page.locator("#title-zh").fill("一杆秤怎样称准")
    page.locator("#summary-zh").fill("定盘星、秤砣和提绳各管什么。")
    page.locator("#type").select_option("article")
    page.locator("input[name=themes][value=knowledge]").check()
    page.locator("#links-0-url").fill("https://example.org/steelyard")
    page.locator(".finish .btn:not(.quiet)").click()
    synchronise(page, node)

    with unit_of_work(alliance.app) as session:
        version = session.scalars(select(ResourceVersion)).one()
        assert version.state == "in_review"
        reviewer = session.scalars(select(User).where(User.name == "li")).one()
        questions.ask(session, version, reviewer=reviewer, text="题目里的秤是哪一种？")
        record_id = version.resource_id
    synchronise(page, node)

    page.goto(node)
    page.get_by_role("link", name="审核人有 1 个问题等您回答").click()
    page.get_by_role("textbox", name="回答").fill("戥秤，题目已经写明。")
    page.get_by_role("button", name="记下回答").click()
    page.get_by_role("link", name="已答的").click()
    page.get_by_role("link", name="改成新版本").click()
    page.locator("#title-zh").fill("一杆戥秤怎样称准")
    page.locator(".finish .btn:not(.quiet)").click()
    page.get_by_role("link", name="比较两个版本").click()
    expect(page.locator("ins").first).to_contain_text("戥")
    synchronise(page, node)
    page.context.close()

    assert alliance.states(record_id) == ["superseded", "in_review"]
    with unit_of_work(alliance.app, read_only=True) as session:
        assert session.scalars(select(Question.answer)).one() == "戥秤，题目已经写明。"
