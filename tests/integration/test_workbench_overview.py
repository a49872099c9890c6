"""The overview: what needs action in words, the figures behind it, and where each of them leads."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from federation import operations, quotas, roles
from federation.database import db, unit_of_work
from federation.models.auditing import AuditLeaf, AuditWaiting
from federation.models.backups import BackupMade
from federation.models.base import now
from federation.models.events import AuditEvent
from federation.models.institutions import Node
from federation.models.mail import OutgoingMail
from federation.models.objects import StoredObject, Upload
from federation.models.petitions import Petition
from federation.models.policies import Rereview
from federation.models.reconciliations import Reconciliation
from federation.models.resources import ResourceVersion
from federation.models.withdrawals import HeldWithdrawal
from federation.transparency.keys import log_keys
from federation.transparency.numbering import number
from tests.support.counting import statements
from tests.support.desk import APPROVAL, Browser, Desk
from tests.support.hub import Hub, Member

OVERVIEW = "/workbench/admin/"
DAY = timedelta(days=1)
LINK = re.compile(r'<a [^>]*href="([^"]+)"')
MAIN = re.compile(r"<main.*</main>", re.DOTALL)
GRAVE = re.compile(r'<li class="grave">.*?<a [^>]*>([^<]+)</a>', re.DOTALL)


@pytest.fixture
def desk(hub: Hub) -> Desk:
    return Desk(hub)


@pytest.fixture
def admin(desk: Desk) -> Browser:
    return desk.signed_in("zhao", roles.ADMIN)


def change(desk: Desk, *done: Any) -> None:
    with unit_of_work(desk.hub.app) as session:
        for statement in done:
            session.execute(statement)


def all_that_can_be_wrong(desk: Desk, member: Member) -> None:
    """A hub at which everything that the overview knows of has happened."""
    record, _ = desk.waiting(member)
    unfinished, _ = desk.waiting(member)
    long_ago, node_id = now() - 8 * DAY, member.node_id
    held = {"resource_id": record["id"], "node_id": node_id, "at": long_ago}
    compared = {"node_id": node_id, "hub_count": 2, "node_count": 2, "digest": "0" * 64, "differing": 2}
    sending = {"node_id": node_id, "size": 9}
    stored = {"size": 10**9, "media_type": "image/png", "checked_at": now() - 40 * DAY}
    change(
        desk,
        update(ResourceVersion).where(ResourceVersion.id == desk.version_id(record)).values(due_at=long_ago),
        update(ResourceVersion)
        .where(ResourceVersion.id == desk.version_id(unfinished))
        .values(state="awaiting_files", changed_at=long_ago),
        update(Node).values(last_seen_at=now() - 5 * DAY),
        insert(HeldWithdrawal).values(held),
        insert(Petition).values(
            id=record["id"], version_id=desk.version_id(record), kind="appeal", about="in_review", text="x", maker="x"
        ),
        insert(Reconciliation).values({**compared, "findings": [{"kind": "refused"}]}),
        insert(Upload).values({**sending, "id": "1", "sha256": "1" * 64, "state": "open", "changed_at": long_ago}),
        insert(Upload).values({**sending, "id": "2", "sha256": "2" * 64, "state": "failed"}),
        insert(StoredObject).values({**stored, "sha256": "3" * 64, "damaged_at": now(), "damage": "missing"}),
        insert(StoredObject).values({**stored, "sha256": "4" * 64, "scan": "infected", "malware": "x"}),
        insert(OutgoingMail).values(id="1", address="x@example.org", sealed="", attempts=4, created_at=long_ago),
        insert(BackupMade).values(at=long_ago, objects=3, lacking=1),
        update(AuditWaiting)
        .where(AuditWaiting.event_id == select(AuditWaiting.event_id).limit(1).scalar_subquery())
        .values(refused=True),
    )


def test_a_hub_where_all_is_well_says_so(admin: Browser, member: Member) -> None:
    member.events()
    page = admin.page(OVERVIEW)
    assert "没有要处理的事。" in page
    assert "state-bad" not in page


def test_what_needs_action_stands_first_in_words_and_the_gravest_in_front(
    desk: Desk, admin: Browser, member: Member
) -> None:
    all_that_can_be_wrong(desk, member)
    page = admin.page(OVERVIEW)
    for words in (
        "1 件待审逾期",
        "1 件申诉或续期等答复",
        "1 件撤回等您同意",
        "已 5 天没有同步",
        "有 1 个版本平台不接收",
        "1 个上传停住了",
        "1 个上传失败后没有重送",
        "1 件等文件，最久的已 8 天",
        "2 个文件没有按期重读",
        "1 封信发不出去，最早的写于 8 天前",
        "最近一次备份在 8 天前",
    ):
        assert words in page
    assert page.index("件待审逾期") < page.index("件在等")
    assert GRAVE.findall(page) == [
        "审计日志里有 1 条不是平台写的，可能有人直接动过数据库",
        "1 个文件损坏",
        "1 个文件未通过病毒检查",
    ]


def test_every_link_of_the_overview_leads_to_a_page_that_opens(desk: Desk, admin: Browser, member: Member) -> None:
    all_that_can_be_wrong(desk, member)
    desk.signed_in("li").submit(desk.waiting(member)[1], **APPROVAL)
    main = MAIN.search(admin.page(OVERVIEW))
    assert main is not None
    for link in set(LINK.findall(main[0])):
        if link.startswith("#"):
            assert f'id="{link[1:]}"' in main[0]
        else:
            assert admin.get(link.replace("&amp;", "&")).status_code == 200, link


def test_an_institution_is_named_when_its_quota_is_nearly_used(desk: Desk, admin: Browser, member: Member) -> None:
    with unit_of_work(desk.hub.app) as session:
        quotas.set_quota(session, operations.institution(session, member.code), 10, actor="operator")
    assert "的存储配额已用" not in admin.page(OVERVIEW)
    digest = "5" * 64
    change(desk, insert(StoredObject).values(sha256=digest, size=9, media_type="image/png"))
    file = {"name": "a.png", "role": "main", "media_type": "image/png", "size": 9, "sha256": digest}
    desk.waiting(member, files=[file])
    assert "的存储配额已用 90 %" in admin.page(OVERVIEW)


def test_a_reviewers_decisions_and_second_looks_are_counted_for_the_time_asked_for(
    desk: Desk, admin: Browser, member: Member
) -> None:
    li = desk.signed_in("li-hui")
    paths = [desk.waiting(member)[1] for _ in range(4)]
    for path, verdict in zip(paths, ("approve", "approve", "request_changes", "reject"), strict=True):
        li.submit(path, **{**APPROVAL, "verdict": verdict, "reason": "因为"})
    with unit_of_work(desk.hub.app) as session:
        reviewer = operations.user(session, "li-hui").id
        version = session.scalar(select(ResourceVersion.id).limit(1))
        look = {"version_id": version, "month": "2020-01", "reviewer_id": reviewer, "done_at": now() - 20 * DAY}
        session.execute(insert(Rereview).values({**look, "outcome": "doubtful"}))
    page = admin.page(f"{OVERVIEW}?days=30")
    row = page[page.index("li-hui") : page.index("</tr>", page.index("li-hui"))]
    assert re.findall(r"<td[^>]*>(\d+)", row) == ["2", "1", "1", "1", "1"]
    assert "1 件有疑问" in row
    assert "1 件有疑问" not in admin.page(f"{OVERVIEW}?days=7")
    assert "最近 30 天" in admin.page(f"{OVERVIEW}?days=no")


def test_an_event_that_no_checkpoint_covers_is_reported_only_when_it_has_waited_too_long(
    desk: Desk, admin: Browser
) -> None:
    with unit_of_work(desk.hub.app) as session:
        number(session, sealing=log_keys(desk.hub.settings).sealing)
    assert "没有签发检查点" not in admin.page(OVERVIEW)
    with unit_of_work(desk.hub.app) as session:
        assert session.scalar(select(AuditLeaf.number).limit(1)) == 0
        old = {"id": "0", "at": now() - 3 * DAY, "action": "x", "subject": "x", "entry": "{}", "seal": ""}
        session.execute(insert(AuditEvent).values(old))
        session.execute(insert(AuditWaiting).values(event_id="0", refused=False))
    assert "审计日志已 3 天没有签发检查点" in admin.page(OVERVIEW)


def test_the_overview_asks_the_same_however_much_there_is(desk: Desk, admin: Browser, member: Member) -> None:
    def asked() -> int:
        with desk.hub.app.app_context(), statements(db.engine) as seen:
            admin.page(OVERVIEW)
        return len(seen)

    desk.signed_in("li").submit(desk.waiting(member)[1], **APPROVAL)
    desk.waiting(member)
    few = asked()
    all_that_can_be_wrong(desk, desk.hub.member("many-0"))
    change(desk, delete(HeldWithdrawal))
    for count in range(1, 4):
        desk.waiting(desk.hub.member(f"many-{count}"), themes=["knowledge", "daily-life"])
        desk.signed_in(f"reviewer-{count}").submit(desk.waiting(member)[1], **APPROVAL)
    assert asked() == few
    assert few <= 32
