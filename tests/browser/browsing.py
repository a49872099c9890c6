"""Chromium as Debian has it, told to keep to itself; and the pages that there are to look at."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, Playwright

from tests.browser.gallery import Gallery

ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


def chromium() -> str | None:
    """Where the system's Chromium is; None lets Playwright look for its own."""
    named = os.environ.get("COMMONS_CHROMIUM")
    candidates = [named] if named else ["/usr/bin/chromium", "/usr/bin/chromium-browser"]
    return next((path for path in candidates if Path(path).exists()), None)


def launch(playwright: Playwright) -> Browser:
    """A headless browser."""
    return playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)


def pages(shown: Gallery) -> Mapping[str, str]:
    """One address of each type of page, by a name for its picture."""
    arks = shown.arks
    found = {
        "home": "/",
        "search": "/search",
        "search-words": "/search?q=%E8%AE%A1%E9%87%8F&type=article",
        "search-nothing": "/search?q=zzzzqqqq&type=video",
        "institutions": "/institutions",
        "institution": "/institutions/demo-society",
        "about": "/about",
        "interfaces": "/api",
        "error": "/nothing-here",
        "gone": f"/resources/{shown.withdrawn}",
    }
    for kind in ("artefact", "course", "video", "audio", "interactive", "image", "article"):
        if kind in arks:
            found[f"resource-{kind}"] = f"/resources/{arks[kind]}"
    return found
