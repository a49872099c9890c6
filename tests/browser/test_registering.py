"""Registering in a real browser: a folder goes in, the form fills itself, and nothing typed is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from nodes.app import create_app
from nodes.settings import NodeSettings
from tests.browser.browsing import DESKTOP
from tests.browser.office import served
from tests.support.stores import free_port

pytestmark = pytest.mark.xdist_group("browser")

DEMO = Path(__file__).parents[2] / "config" / "demo" / "institute" / "files"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DROP = """() => {
  const moved = new DataTransfer();
  for (const words of ["说明", "另一份说明"]) moved.items.add(new File([words], "说明.txt", { lastModified: 0 }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const how = { dataTransfer: moved, bubbles: true, cancelable: true };
    document.getElementById("drop").dispatchEvent(new DragEvent(kind, how));
  }
}"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What somebody has on the desk: slides, a picture, and what the system put beside them."""
    made = tmp_path / "安培"
    (made / "图").mkdir(parents=True)
    (made / "ampere.pptx").write_bytes((DEMO / "ampere.pptx").read_bytes())
    (made / "图" / "blood-pressure.png").write_bytes((DEMO / "blood-pressure.png").read_bytes())
    (made / "Thumbs.db").write_bytes(b"x")
    return made


def fill_from_files(page: Page, folder: Path) -> None:
    """A folder is chosen and a file is dropped; what they tell is proposed, and what was typed before stays."""
    page.locator("#rights_holder").fill("甲院")
    page.locator("input[webkitdirectory]").set_input_files(folder)
    expect(page.locator(".filled")).to_contain_text("中文标题")
    expect(page.get_by_label("中文标题")).to_have_value("安培：数电子")
    expect(page.get_by_label("类型", exact=False).first).to_have_value("slides")
    page.evaluate(DROP)
    expect(page.locator("#file-list > li")).to_have_count(4)
    expect(page.locator("#file-list > li").nth(3).get_by_role("textbox").first).to_have_value("说明 (2).txt")
    page.evaluate(DROP)
    expect(page.locator("#drop > [role=alert]")).to_contain_text("已经在里面了")
    expect(page.locator("#file-list > li")).to_have_count(4)
    expect(page.locator("#file-list progress")).to_have_count(0)
    expect(page.locator("#file-list")).to_contain_text("1200\xa0×\xa01700")
    expect(page.locator("#file-list img")).to_have_count(1)
    page.get_by_role("button", name="加上“电流”").click()
    expect(page.get_by_label("关键词")).to_have_value("电流")


def check_as_it_is_typed(page: Page) -> None:
    """A fault is said once its field was left, beside it, and goes when it is mended."""
    date = page.get_by_label("创作日期")
    date.fill("去年")
    expect(page.locator("#created-fault")).to_have_count(0)
    date.blur()
    expect(page.locator("#created-fault")).to_contain_text("日期写法不对")
    date.fill("2025")
    expect(page.locator("#created-fault")).to_be_empty()
    expect(page.locator("#left")).to_contain_text("还差")
    expect(page.locator("#left")).to_contain_text("主题")
    assert Axe().run(page, options={"runOnly": RULES}).violations_count == 0


def test_a_folder_is_registered_in_minutes_and_a_draft_survives_reload_and_restart(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    settings, port = NodeSettings(data=str(tmp_path / "node")), free_port()
    first, second = create_app(settings), create_app(settings)
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    with served(first, port) as origin:
        page.goto(f"{origin}/language/zh?next=/resources/new")
        fill_from_files(page, folder)
        check_as_it_is_typed(page)
        expect(page.locator("#kept")).to_contain_text("已保存")
        # What was typed a moment ago is not saved yet when the page is loaded anew, and comes back all the same.
        page.get_by_label("权利人").fill("甲乙院")
        page.reload()
        expect(page.get_by_label("权利人")).to_have_value("甲乙院")
        expect(page.locator("#file-list > li")).to_have_count(4)
    # The node is started anew: its old tokens are worth nothing, and the page finds that out by itself.
    with served(second, port):
        page.get_by_label("中文简介").fill("讲讲安培怎样数电子。")
        expect(page.locator("#kept")).to_contain_text("已保存")
        page.goto(f"{origin}/")
        page.get_by_role("link", name="接着填").click()
        expect(page.get_by_label("中文简介")).to_have_value("讲讲安培怎样数电子。")
        page.get_by_label("计量知识").check()
        expect(page.locator("#left")).to_contain_text("可以登记")
        page.get_by_role("button", name="看公众会看到什么").click()
        expect(page.get_by_role("heading", name="安培：数电子")).to_be_visible()
        expect(page.locator(".preview")).to_contain_text("注明作者和出处")
        page.get_by_role("link", name="回去").first.click()
        page.get_by_role("button", name="登记", exact=True).click()
        expect(page.locator(".flash")).to_contain_text("已登记")
        expect(page.locator(".files-here > li")).to_have_count(4)
        page.goto(f"{origin}/")
        expect(page.get_by_text("没登记完的草稿")).to_have_count(0)
    context.close()
    assert errors == []
    for app in (first, second):
        app.config["SYNCER"].stop()
