"""Chromium as Debian has it, told to keep to itself; and the pages that there are to look at."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, Response

from tests.browser.gallery import Gallery
from tests.browser.office import DEMO, DONE, RUNNING
from tests.support.reviewing import PASSWORD

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
LAPTOP = {"width": 1366, "height": 768}


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
        "search-symbols": "/search?q=%F0%9F%91%A8&type=video",
        "search-refused": "/search?q=%E8%AE%A1%E9%87%8F&type=foo&theme=history&page=0",
        "browse": "/browse",
        "timeline": "/timeline",
        "timeline-band": "/timeline/western-han",
        "map": "/map",
        "map-cell": "/map/0/4/9",
        "institutions": "/institutions",
        "institution": "/institutions/demo-society",
        "collections": "/collections",
        "collection": "/collections/from-hand-to-constant",
        "campaign": "/collections/metrology-day-2027",
        "calendar": "/calendar",
        "occasion": "/calendar/world-metrology-day",
        "about": "/about",
        "interfaces": "/api",
        "audit": "/audit",
        "error": "/nothing-here",
        "gone": f"/resources/{shown.withdrawn}",
        "feedback": f"/resources/{arks['artefact']}/feedback",
        "feedback-sent": f"/resources/{arks['artefact']}/feedback?sent=",
    }
    if {"course", "lesson"} <= arks.keys():
        found["lesson"] = f"/resources/{arks['lesson']}?course={arks['course']}"
    for kind in (
        "artefact",
        "course",
        "activity-kit",
        "profile",
        "video",
        "audio",
        "interactive",
        "image",
        "article",
        "dataset",
    ):
        if kind in arks:
            found[f"resource-{kind}"] = f"/resources/{arks[kind]}"
    return found


def desk_pages(shown: Gallery) -> Mapping[str, str]:
    """The pages of the workbench, by a name for each."""
    versions = shown.office.versions
    return {
        "desk-door": "/workbench/sign-in",
        "desk-queue": "/workbench/",
        "desk-queue-none": "/workbench/?institution=demo-society",
        "desk-together": "/workbench/together/?" + "&".join(f"version={number}" for number in versions.values()),
        "desk-policy": "/workbench/policy/",
        "desk-rules": "/workbench/rules/",
        "desk-experts": "/workbench/policy/experts",
        "desk-rereviews": "/workbench/rereviews/",
        "desk-petitions": "/workbench/petitions/",
        "desk-feedback": "/workbench/feedback/",
        "desk-collections": "/workbench/collections/",
        "desk-collection": f"/workbench/collections/{shown.drafts['from-hand-to-constant']}?find=%E5%85%89%E9%92%9F",
        "desk-collection-proposed": f"/workbench/collections/{shown.drafts['at-the-market']}",
        "desk-approved": f"/workbench/versions/{versions['approved']}",
        "desk-version": f"/workbench/versions/{versions['waiting']}",
        "desk-fault": f"/workbench/versions/{versions['sensitive']}",
        "desk-changes": f"/workbench/versions/{versions['published']}",
        "desk-account": "/workbench/account",
        "desk-overview": "/workbench/admin/",
        "desk-institutions": "/workbench/admin/institutions",
        "desk-node": f"/workbench/admin/nodes/{shown.office.node_id}",
        "desk-node-held": f"/workbench/admin/nodes/{shown.held}",
        "desk-files": "/workbench/admin/files",
        "desk-log": "/workbench/admin/log",
        "desk-report": "/workbench/reports/",
        "desk-users": "/workbench/admin/users",
        "desk-person": f"/workbench/admin/users/{shown.office.people['sun']}",
        "desk-second-factor": "/workbench/account/second-factor",
        "member-resources": "/workbench/own/",
        "member-resource": f"/workbench/own/versions/{versions['returned']}",
        "member-people": "/workbench/own/people",
        "guest-invitation": shown.office.invitation,
        "guest-link-refused": "/workbench/links?token=x",
        "guest-code": "/workbench/sign-in",
    }


NEW_NODE = frozenset({"node-new", "node-join", "node-join-fault", "node-join-carried", "node-people-none"})
"""Pages that are shown of a node that has not joined."""
SHARED_NODE = frozenset({"node-door", "node-people"})
"""Pages of a node that several people share."""


def node_pages(shown: Gallery) -> Mapping[str, str]:
    """The pages of the node, by a name for each."""
    resources = shown.office.resources
    return {
        "node-new": "/",
        "node-join": "/join/invitation",
        "node-join-fault": "/join/invitation",
        "node-join-carried": "/join/carried",
        "node-join-done": "/join/done",
        "node-people-none": "/people",
        "node-door": "/sign-in",
        "node-people": "/people",
        "node-overview": "/",
        "node-list": "/resources",
        "node-list-nothing": "/resources?text=nothing",
        "node-conversation": "/conversation",
        "node-changes": f"/resources/{resources['published']}/changes",
        "node-form": "/resources/new",
        "node-form-faults": "/resources/new",
        "node-form-filled": "/resources/new",
        "node-preview": f"/resources/{resources['waiting']}/preview",
        "node-drafts": "/drafts",
        "node-edit": f"/resources/{resources['waiting']}/edit",
        "node-resource": f"/resources/{resources['waiting']}",
        "node-feedback": f"/resources/{resources['published']}",
        "node-returned": f"/resources/{resources['returned']}",
        "node-withdrawn": f"/resources/{resources['withdrawn']}",
        "node-sync": "/sync",
        "node-sync-running": "/sync?still=1",
        "node-sync-done": "/sync",
        "node-reconciliation": "/reconciliation",
        "node-checkup": "/checkup",
        "node-transfers": "/transfers/",
        "node-transfers-limits": "/transfers/limits/",
        "node-transfers-none": "/transfers/",
        "node-sources": "/sources",
        "node-source": "/sources/1",
        "node-source-new": "/sources/new",
        "node-source-seen": "/sources/new",
        "node-error": "/nothing-here",
        "node-tables": "/tables",
        "node-table-preview": f"/tables/{shown.office.tables['checked']}",
        "node-table-columns": f"/tables/{shown.office.tables['asked']}",
        "node-mappings": "/tables/mappings",
    }


def every_name(shown: Gallery) -> list[str]:
    """The names of all pages of portal, workbench and node."""
    return [*pages(shown), *desk_pages(shown), *node_pages(shown)]


def visit(page: Page, shown: Gallery, name: str, language: str = "zh") -> Response | None:
    """Open the page called `name`: signed in for the workbench, with its form sent where the name says so."""
    if name.startswith("node-"):
        return _visit_node(page, shown, name, language)
    prefix = "/en" if language == "en" else ""
    if name not in desk_pages(shown):
        return page.goto(shown.origin + prefix + pages(shown)[name])
    address = shown.origin + prefix + desk_pages(shown)[name]
    if name == "desk-door" or not name.startswith("desk-"):
        page.context.clear_cookies()
    answer = page.goto(address)
    if name == "desk-door" or name in ("guest-invitation", "guest-link-refused"):
        return answer
    if "/sign-in" in page.url:
        page.locator("#name").fill({"desk": "zhao", "member": "chen", "guest": "sun"}[name.partition("-")[0]])
        page.locator("#password").fill(PASSWORD)
        page.locator("#password").press("Enter")
        page.wait_for_url("**/workbench/**")
        answer = None if name == "guest-code" else page.goto(address)
    if name == "desk-fault":
        page.locator("input[name=checklist]").first.check()
        page.locator("input[value=approve]").check()
        page.locator(".verdict .btn").click()
        page.get_by_role("alert").wait_for()
        return None
    return answer


def _visit_node(page: Page, shown: Gallery, name: str, language: str) -> Response | None:
    office = shown.office
    origin = office.node
    if name in NEW_NODE:
        origin = office.new_node
    elif name in SHARED_NODE:
        origin = office.shared_node
    states = {"node-sync-running": RUNNING, "node-sync-done": DONE}
    office.show_round(states.get(name, DONE))
    office.show_transfers(name in ("node-transfers", "node-transfers-limits"))
    page.goto(f"{origin}/language/{language}")
    if name in SHARED_NODE:
        page.context.clear_cookies()
        page.goto(f"{origin}/language/{language}")
    answer = page.goto(origin + node_pages(shown)[name])
    if name == "node-checkup" and not page.locator(".checks").count():
        page.locator(".acts .btn").click()
        page.locator(".checks").wait_for()
        return None
    if name == "node-people":
        page.locator("#name").fill("周远")
        page.locator("#password").fill(PASSWORD)
        page.locator("#password").press("Enter")
        page.wait_for_url("**/people")
        return None
    if name == "node-join-fault":
        page.locator("#invitation").fill(f"http://127.0.0.1:1 {'0' * 40}")
        page.locator("form .btn").click()
        page.get_by_role("alert").wait_for()
        return None
    if name == "node-source-seen":
        page.locator("input[name=kind][value=folder]").check()
        page.locator("#address").fill(str(DEMO / "institute" / "resources"))
        page.locator(".finish .btn").click()
        page.locator("#part-what").wait_for()
        return None
    if name == "node-form-faults":
        page.locator("#title-zh").fill("一杆秤怎样称准")
        page.locator("#created").fill("二〇二六年五月")
        page.locator("#links-0-url").fill("www.example.org/steelyard")
        page.locator(".finish .btn").first.click()
        page.get_by_role("alert").wait_for()
        return None
    if name == "node-form-filled":
        _fill_in(page)
        return None
    return answer


def _fill_in(page: Page) -> None:
    """Files are chosen and read, one field is wrong, and a licence is being looked for."""
    page.locator("#chosen").set_input_files(
        [DEMO / "institute" / "files" / name for name in ("ampere.pptx", "blood-pressure.png")]
    )
    page.locator(".filled:not(:empty)").wait_for()
    page.locator("#created").fill("二〇二六")
    page.locator("#chooser summary").click()
    page.locator("[name='licence.maker'][value=ours]").check()
    page.locator("[name='licence.change'][value=no]").check()
    page.locator("[data-question=sell-unchanged]").wait_for()
    page.locator("#created-fault .fault").wait_for()
