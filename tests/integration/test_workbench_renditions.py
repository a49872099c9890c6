"""Office documents on a submission's page: as PDF where it was made, else a sentence that says how things stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from sqlalchemy import update

from federation.database import unit_of_work
from federation.models.renditions import Rendition
from federation.parts import parts
from federation.renditions import making, office
from tests.support.desk import DOOR, Desk
from tests.support.documents import deck
from tests.support.hub import Hub, Member
from tests.support.publishing import file_entry

PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
DECK = deck("一米有多长")


@pytest.fixture
def desk(hub: Hub) -> Iterator[Desk]:
    return Desk(hub)


@pytest.fixture
def path(desk: Desk, member: Member) -> str:
    """The page of a submission with a deck that the hub has verified."""
    entry = file_entry(DECK, name="课件.pptx", media_type=PPTX)
    _, path = desk.waiting(member, files=[entry])
    member.upload(entry["sha256"], DECK)
    desk.hub.work()
    return path


def note(desk: Desk, **values: Any) -> None:
    with unit_of_work(desk.hub.app) as session:
        session.execute(update(Rendition).values(**values))


def test_a_deck_is_shown_as_its_pdf_which_only_who_may_see_the_version_is_given(desk: Desk, path: str, tmp_path):
    browser = desk.signed_in("li")
    assert browser.get(f"{path}/files/0?pdf=1").status_code == 404
    pdf = tmp_path / "made.pdf"
    pdf.write_bytes(b"%PDF-1.7 slides")
    sha256 = file_entry(DECK)["sha256"]
    with pdf.open("rb") as made:
        size = parts(desk.hub.app).store.renditions.put(sha256=sha256, file=made)
    note(desk, state="ready", size=size)
    assert re.search(rf'<iframe src="{path}/files/0\?pdf=1" title="课件.pptx，转成的 PDF"', browser.page(path))
    got = requests.get(browser.get(f"{path}/files/0?pdf=1").headers["Location"], timeout=10)
    assert (got.content, got.headers["Content-Type"]) == (b"%PDF-1.7 slides", "application/pdf")
    assert got.headers["Content-Disposition"].startswith("inline")
    own = requests.get(browser.get(f"{path}/files/0").headers["Location"], timeout=10)
    assert own.content == DECK
    assert own.headers["Content-Disposition"].startswith("attachment")
    assert desk.browser().get(f"{path}/files/0?pdf=1").headers["Location"].startswith(DOOR)


def test_without_a_pdf_a_sentence_says_why_in_the_readers_language(desk: Desk, path: str) -> None:
    browser = desk.signed_in("li")
    assert "本平台不提供文档预览" in browser.page(path)
    assert "offers no preview of documents" in browser.page(f"/en{path}")
    with unit_of_work(desk.hub.app) as session:
        making.note_ability(session, "hub-1", maker="LibreOffice 7.4")
    assert "正在转成 PDF" in browser.page(path)
    for cause in (office.UNREADABLE, office.TIMEOUT, office.TOO_LARGE, making.CRASHED):
        note(desk, state="failed", cause=cause)
        assert "没能转成 PDF：" in browser.page(path)
    assert "<iframe" not in browser.page(path)
