"""`python -m tests.browser.guide_pictures`: the pictures of docs/institution-guide.zh.md, cut to their subjects."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import FloatRect, Page, sync_playwright

from tests.browser.browsing import launch, visit
from tests.browser.gallery import Gallery, gallery
from tests.support.engines import running_engines

FOLDER = Path(__file__).parents[2] / "docs" / "images" / "guide"
SIZE = {"width": 1100, "height": 750}
MOST_BYTES = 90 * 1024
COLOURS = 64
MARGIN = 12
"""Pixels that stay around what a picture is about."""
INVITATION = """计量资源云邀请贵单位加入。
平台：https://commons.example.org
邀请码：kq3nXv8TzR0bY5mJ2cLwEe7hPd9aGs1u"""
FOLDER_SHOWN = r"D:\科普资源\2026"


@dataclass(frozen=True)
class Picture:
    """A page by its name in `browsing`, from the top of one element to the bottom of another, or its own top.

    What is `typed` goes into these fields first, so that the picture shows what a reader would write.
    """

    page: str
    top: str = ""
    bottom: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)


PICTURES = {
    "join": Picture("node-join", bottom="main form", typed={"#invitation": INVITATION, "#name": "展教部电脑"}),
    "overview": Picture("node-overview", bottom=".tally ~ p >> nth=-1"),
    "form-files": Picture("node-form-filled", bottom="#drop"),
    "form-licence": Picture("node-form-filled", top="label[for=license]", bottom="#chooser"),
    "preview": Picture("node-preview", bottom=".plate"),
    "table-faults": Picture("node-table-preview", bottom=".faulty"),
    "table-columns": Picture("node-table-columns", top="#columns", bottom=".columns"),
    "source": Picture(
        "node-source-seen", top="#part-where", bottom="[aria-labelledby=part-what]", typed={"#address": FOLDER_SHOWN}
    ),
    "transfers": Picture("node-transfers", bottom=".transfers"),
    "conversation": Picture("node-conversation", bottom="main form"),
    "changes": Picture("node-changes", bottom=".change >> nth=-1"),
    "checkup": Picture("node-checkup", bottom=".checks > li"),
}


def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        running_engines(),
        tempfile.TemporaryDirectory() as folder,
        gallery(Path(folder)) as shown,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        page = browser.new_page(viewport=SIZE, locale="zh-CN", color_scheme="light")  # type: ignore[arg-type]
        for name, picture in PICTURES.items():
            (FOLDER / f"{name}.png").write_bytes(_small(_take(page, shown, picture)))
        browser.close()


def _take(page: Page, shown: Gallery, picture: Picture) -> bytes:
    visit(page, shown, picture.page)
    page.wait_for_load_state("networkidle")
    for place, words in picture.typed.items():
        page.locator(place).fill(words)
    page.locator("h1").click()
    return page.screenshot(full_page=True, clip=_part(page, picture))


def _part(page: Page, picture: Picture) -> FloatRect:
    """What is in the picture, in pixels of the page."""
    top = _edges(page, picture.top)[0] - MARGIN if picture.top else 0
    bottom = _edges(page, picture.bottom)[1] + MARGIN
    return {"x": 0, "y": top, "width": SIZE["width"], "height": bottom - top}


def _edges(page: Page, selector: str) -> tuple[float, float]:
    """The top and the bottom of an element on the page."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None, selector
    scrolled = page.evaluate("() => window.scrollY")
    return box["y"] + scrolled, box["y"] + box["height"] + scrolled


def _small(picture: bytes) -> bytes:
    """The same picture in few colours: raises `ValueError` when a reader of the guide would still wait for it."""
    with Image.open(BytesIO(picture)) as image, BytesIO() as made:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(made, "PNG", optimize=True)
        if len(made.getvalue()) > MOST_BYTES:
            raise ValueError(f"{len(made.getvalue())} bytes")
        return made.getvalue()


if __name__ == "__main__":
    main()
