"""`python -m tests.browser.screenshots [--out DIR]`: every type of page, on phone and desktop, by day and night.

With `--readme` only the picture of README.md is made.
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.browsing import DESKTOP, PHONE, every_name, launch, visit
from tests.browser.gallery import Gallery, gallery
from tests.support.engines import running_engines

SIZES = {"phone": PHONE, "desktop": DESKTOP}
README_PICTURE = Path(__file__).parents[2] / "docs" / "images" / "home.png"


def main() -> None:
    """Take the pictures that were asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--out", type=Path, default=Path("var/screenshots"))
    asked.add_argument("--only", nargs="*", default=[], help="how the names of pages begin, such as home or node-")
    asked.add_argument("--sizes", nargs="*", default=list(SIZES))
    asked.add_argument("--languages", nargs="*", default=["zh", "en"])
    asked.add_argument("--schemes", nargs="*", default=["light", "dark"])
    asked.add_argument("--readme", action="store_true", help="make the picture of README.md and nothing else")
    options = asked.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_engines(),
        gallery(Path(folder)) as shown,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        if options.readme:
            _take_for_readme(browser, shown)
            return
        for size, language, scheme in product(options.sizes, options.languages, options.schemes):
            _take(browser, shown, size, language, scheme, options)
        browser.close()


def _take_for_readme(browser: Browser, shown: Gallery) -> None:
    """What a visitor sees first, without scrolling."""
    README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport=DESKTOP, locale="zh-CN")
    page.goto(shown.origin + "/", wait_until="networkidle")
    page.screenshot(path=README_PICTURE)


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
    for name in every_name(shown):
        if options.only and not name.startswith(tuple(options.only)):
            continue
        visit(page, shown, name, language)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=options.out / f"{name}-{size}-{language}-{scheme}.png", full_page=True)
    context.close()


if __name__ == "__main__":
    main()
