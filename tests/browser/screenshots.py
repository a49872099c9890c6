"""`python -m tests.browser.screenshots [--out DIR]`: every type of page, on phone and desktop, by day and night."""

from __future__ import annotations

import argparse
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.browsing import DESKTOP, PHONE, launch, pages
from tests.browser.gallery import Gallery, gallery

SIZES = {"phone": PHONE, "desktop": DESKTOP}


def main() -> None:
    """Take the pictures that were asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--out", type=Path, default=Path("var/screenshots"))
    asked.add_argument("--only", nargs="*", default=[], help="names of pages, such as home")
    asked.add_argument("--sizes", nargs="*", default=list(SIZES))
    asked.add_argument("--languages", nargs="*", default=["zh", "en"])
    asked.add_argument("--schemes", nargs="*", default=["light", "dark"])
    options = asked.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, gallery(Path(folder)) as shown, sync_playwright() as playwright:
        browser = launch(playwright)
        for size, language, scheme in product(options.sizes, options.languages, options.schemes):
            _take(browser, shown, size, language, scheme, options)
        browser.close()


def _take(
    browser: Browser, shown: Gallery, size: str, language: str, scheme: str, options: argparse.Namespace
) -> None:
    context = browser.new_context(
        viewport=SIZES[size],
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=1,
        locale="zh-CN" if language == "zh" else "en-GB",
    )
    page = context.new_page()
    for name, path in pages(shown).items():
        if options.only and name not in options.only:
            continue
        page.goto(shown.origin + ("/en" if language == "en" else "") + path, wait_until="networkidle")
        page.screenshot(path=options.out / f"{name}-{size}-{language}-{scheme}.png", full_page=True)
    context.close()


if __name__ == "__main__":
    main()
