"""A keeper with an Excel table and a folder of files, in a real browser: faults, correction, registration."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page

from tests.browser.browsing import PHONE
from tests.browser.office import served
from tests.browser.tabulated import HEADINGS, ROWS, tabulate
from tests.browser.test_pages import RULES
from tests.support.batching import work_here
from tests.support.local_page import local_page
from tests.support.workbooks import as_bytes, workbook

pytestmark = pytest.mark.xdist_group("browser")


def test_a_table_with_its_folder_is_uploaded_mended_and_registered(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMONS_LANGUAGE", "zh")
    folder = tmp_path / "课件"
    (folder / "图").mkdir(parents=True)
    (folder / "图" / "秤.png").write_bytes(b"png")
    table = tmp_path / "课件(1).xlsx"
    table.write_bytes(as_bytes(workbook([HEADINGS, (*ROWS[0], "图/秤.png"), (*ROWS[2][:-1], "2026", "图/秤.png")])))
    with local_page(tmp_path / "node") as node, served(node.app) as origin:
        work_here(node)
        context = browser.new_context(viewport=PHONE, accept_downloads=True, bypass_csp=True)
        page = context.new_page()
        page.goto(f"{origin}/tables")
        page.locator("#table").set_input_files(table)
        page.locator("#folder").set_input_files(folder)
        page.get_by_role("button", name="上传并预览").click()
        page.get_by_text("是不是“视频”？").wait_for()
        with page.expect_download() as downloading:
            page.get_by_role("link", name="下载待改的行").click()
        mended = tmp_path / "改好了.xlsx"
        downloading.value.save_as(mended)
        book = load_workbook(mended)
        book.worksheets[0]["D2"] = "视频"
        book.save(mended)
        page.get_by_role("button", name="登记这 1 件").click()
        page.get_by_text("已登记 1 件").wait_for()
        page.locator("#corrected").set_input_files(mended)
        page.get_by_role("button", name="上传并预览").click()
        page.get_by_role("button", name="登记这 1 件").click()
        page.get_by_text("已登记 1 件").wait_for()
        assert page.locator(".heading .eyebrow").inner_text().strip() == "课件"
        assert node.counts()[:2] == (2, 2)
        numbers = tabulate(node.workplace)
        for path in ("", f"/{numbers['checked']}", f"/{numbers['asked']}", "/mappings"):
            page.goto(f"{origin}/tables{path}")
            _is_accessible_and_fits(page)
        context.close()


def _is_accessible_and_fits(page: Page) -> None:
    results = Axe().run(page, options={"runOnly": RULES})
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
