"""The report and the audit log in the workbench: the right figures to the right people, in every form."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook
from sqlalchemy import text as sql

from federation import counting, days, roles
from federation.counting import Use
from federation.database import unit_of_work
from federation.models.base import now
from tests.support.desk import Browser, Desk
from tests.support.hub import Hub
from tests.support.publishing import publish
from tests.support.records import make_record
from tests.support.tampering import behind_the_back

REPORT = "/workbench/reports/"
READER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def desk(hub: Hub) -> Desk:
    """Two members with a public resource each, the first of which was viewed three times."""
    for code, views in (("a", 3), ("b", 0)):
        member, record = hub.member(code), make_record(title={"zh": f"{code}的资源"})
        publish(hub, member, record)
        uses = [Use("view", record["id"], "", now(), f"192.0.2.{n}", READER) for n in range(views)]
        with unit_of_work(hub.app) as session:
            counting.write(session, uses)
    return Desk(hub)


def test_a_reader_of_the_desk_sees_all_members_on_screen_as_workbook_and_as_csv(desk: Desk) -> None:
    browser = desk.signed_in("li", roles.REVIEWER)
    page = browser.page(REPORT)
    assert "a院" in page
    assert "b院" in page
    book = load_workbook(io.BytesIO(browser.get(REPORT + "report.xlsx").get_data()))
    rows = list(book["各单位"].values)
    views = rows[0].index("浏览")
    assert [(row[0], row[views]) for row in rows[1:]] == [("a院", 3), ("b院", 0), ("合计", 3)]
    text = browser.get(REPORT + "themes.csv").get_data(as_text=True)
    assert text.splitlines()[0].endswith("主题,现公开资源,浏览,独立浏览,下载,独立下载")
    chart = browser.get(REPORT + "members.svg")
    assert chart.content_type == "image/svg+xml"
    assert "default-src 'none'" in chart.headers["Content-Security-Policy"]
    drawn = re.findall(r"<text[^>]*>([^<0-9]+)</text>", chart.get_data(as_text=True))
    assert {"a院", "浏览", "下载"} <= set(drawn)
    assert "收到反馈" not in drawn


def test_the_public_sees_how_often_a_member_s_resources_were_used(desk: Desk) -> None:
    browser = desk.browser()
    assert "浏览 3 次，下载 0 次" in browser.page("/institutions/a")
    assert "次，下载" not in browser.page("/institutions/b")


def test_a_member_sees_its_own_figures_and_no_other_s(desk: Desk) -> None:
    browser = desk.signed_in("wang", roles.MANAGER, institution="b")
    assert "a院" not in browser.page(REPORT)
    assert browser.get(REPORT + "members.csv?institution=a").status_code == 403
    text = browser.get(REPORT + "members.csv").get_data(as_text=True)
    assert [line.split(",")[0] for line in text.splitlines()[1:]] == ["b院", "合计"]


@pytest.mark.parametrize("query", ["begin=x", "begin=2026-02-02&end=2026-01-01", "institution=nobody"])
def test_what_cannot_be_asked_is_said_in_words(desk: Desk, query: str) -> None:
    browser: Browser = desk.signed_in("li", roles.REVIEWER)
    answer = browser.get(f"{REPORT}?{query}")
    assert 400 <= answer.status_code < 500
    assert browser.get(f"{REPORT}nothing.csv").status_code == 404


def test_a_faulty_period_is_said_by_its_field_and_stays_in_the_form(desk: Desk) -> None:
    browser = desk.signed_in("li", roles.REVIEWER)
    for query, words in (
        ("begin=2026-05-01&end=2026-04-01", "截止日期：应在 2026-05-01 到"),
        ("begin=2026-02-30&end=2026-04-01", "起始日期：没有这一天"),
    ):
        answer = browser.get(f"{REPORT}?{query}")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert words in page
        assert 'name="end" value="2026-04-01"' in page
        assert browser.get(f"{REPORT}members.csv?{query}").status_code == 422
    assert "2020-01-01 – 2020-03-31" in browser.page(f"{REPORT}?end=2020-03-31")


def test_a_member_that_there_is_not_is_not_found_without_a_word_of_commands(desk: Desk) -> None:
    answer = desk.signed_in("li", roles.REVIEWER).get(f"{REPORT}?institution=zzz")
    assert answer.status_code == 404
    assert "commons-hub" not in answer.get_data(as_text=True)


LOG = "/workbench/admin/log"


def test_an_auditor_reads_the_log_in_words_and_narrows_it_down(desk: Desk) -> None:
    browser = desk.signed_in("zhao", roles.AUDITOR)
    page = browser.page(LOG)
    for words in ("<b>登录成功</b>", ">zhao<", "《a的资源》", "节点 · a院", "命令行", "user.signed_in"):
        assert words in page, words
    narrowed = browser.page(f"{LOG}?action=version.published")
    assert "<dd>version.published</dd>" in narrowed
    assert "<dd>user.signed_in</dd>" not in narrowed
    assert "<dd>user.signed_in</dd>" in browser.page(f"{LOG}?action=user.")
    assert "没有这样的条目" in browser.page(f"{LOG}?action=100%25")
    assert "没有这样的条目" in browser.page(f"{LOG}?before=0")


def test_what_one_person_has_done_is_a_click_away(desk: Desk) -> None:
    browser = desk.signed_in("zhao", roles.AUDITOR)
    [own, *_] = re.findall(r'href="([^"]*/log\?actor=user[^"]+)">zhao<', browser.page(LOG))
    narrowed = browser.page(own.replace("&amp;", "&"))
    assert "<dd>user.signed_in</dd>" in narrowed
    assert "<dd>version.published</dd>" not in narrowed
    assert set(re.findall(r"<dt>actor</dt><dd>([^<]+)</dd>", narrowed)) == {unquote(own.split("actor=")[1])}
    for nobody in ("user:nobody", "user:", "hub"):
        assert "没有这样的条目" in browser.page(f"{LOG}?actor={nobody}")


def test_the_log_is_read_from_a_day_backwards(desk: Desk) -> None:
    browser = desk.signed_in("zhao", roles.AUDITOR)
    assert "<b>登录成功</b>" in browser.page(f"{LOG}?until={days.today()}")
    assert "没有这样的条目" in browser.page(f"{LOG}?until={days.today() - timedelta(days=1)}")
    for nonsense in ("x", "0001-01-01", "9999-12-31"):
        assert "<b>登录成功</b>" in browser.page(f"{LOG}?until={nonsense}")


def test_an_entry_that_somebody_made_unreadable_is_said_to_be_so_and_breaks_no_page(desk: Desk) -> None:
    with behind_the_back(desk.hub.database) as connection:
        connection.execute(sql("UPDATE audit_events SET entry = '[' WHERE action = 'version.published'"))
        ark = connection.scalar(sql("SELECT ark FROM resources ORDER BY ark LIMIT 1"))
    assert "条目被改动，读不出来" in desk.signed_in("zhao", roles.AUDITOR).page("/workbench/admin/log")
    assert "文件核验无误" in desk.browser().page(f"/resources/{ark}")
