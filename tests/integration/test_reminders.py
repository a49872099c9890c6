"""Reminders: what reviewers and institutions are written to about, how often, and who is left in peace."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from federation import days, feedback, mail, operations, people, reminder_round, reminding, roles
from federation.collections import content, curating, showing
from federation.database import unit_of_work
from federation.days import ZONE
from federation.models.base import now
from federation.models.feedback import Feedback
from federation.models.links import LinkCheck
from federation.models.mail import OutgoingMail
from federation.models.people import User
from federation.models.questions import Question
from federation.models.reminders import Reminder
from federation.models.resources import ResourceVersion
from federation.parts import KEY
from tests.support.desk import APPROVAL, Browser, Desk
from tests.support.hub import Hub, Member, running_hub
from tests.support.publishing import withdraw
from tests.support.stores import RunningStore

MAIL = {"smtp_host": "127.0.0.1", "smtp_security": "none", "mail_from": "cloud@example.org"}
NOON = now().astimezone(ZONE).replace(hour=12, minute=0) + timedelta(days=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ACCOUNT = "/workbench/account"


@pytest.fixture
def hub(tmp_path: Path, store: RunningStore) -> Iterator[Hub]:
    with running_hub(tmp_path, store, **MAIL) as running:
        yield running


@pytest.fixture
def desk(hub: Hub) -> Desk:
    return Desk(hub)


def reachable(desk: Desk, name: str, role: str = roles.REVIEWER, institution: str = "") -> Browser:
    """Somebody who is signed in and has an address."""
    browser = desk.signed_in(name, role, institution)
    change(desk, update(User).where(User.name == name).values(email=f"{name}@example.org"))
    return browser


def change(desk: Desk, statement: Any) -> None:
    with unit_of_work(desk.hub.app) as session:
        session.execute(statement)


def falls_due(desk: Desk, record: dict[str, Any], at: datetime) -> None:
    version_id = desk.version_id(record)
    change(desk, update(ResourceVersion).where(ResourceVersion.id == version_id).values(due_at=at))


def letters(desk: Desk) -> dict[str, str]:
    """The letters that wait, which are taken out: to whom, and what they say."""
    found: dict[str, str] = {}
    with unit_of_work(desk.hub.app) as session:
        while claimed := mail.claim(session):
            message = mail.compose(claimed, desk.hub.settings)
            assert message["To"] not in found, "one letter for each"
            found[message["To"]] = message.get_content()
            mail.drop(session, claimed.id)
    return found


def test_a_reviewer_is_told_once_a_day_what_falls_due_and_first_what_they_have_claimed(
    desk: Desk, member: Member
) -> None:
    soon, soon_path = desk.waiting(member, title={"zh": "明天的尺", "en": "Tomorrow's rule"})
    late, late_path = desk.waiting(member, title={"zh": "昨天的秤"})
    mine, mine_path = desk.waiting(member, title={"zh": "我的砝码"})
    desk.waiting(member, title={"zh": "不急的钟"})
    for record, at in ((soon, NOON + DAY), (late, NOON - DAY - HOUR), (mine, NOON + DAY)):
        falls_due(desk, record, at)
    li = reachable(desk, "li")
    desk.person("without-address")
    li.submit(f"{mine_path}/claim", seen_on=mine_path)
    assert reminder_round.run(desk.hub.app, moment=NOON) == 1
    said = letters(desk)["li@example.org"]
    assert "有 3 件两天之内到期或已经逾期，其中逾期 1 件" in said
    assert said.index("《我的砝码》") < said.index("《昨天的秤》") < said.index("《明天的尺》")
    assert "逾期 1 天" in said
    assert "您已领取" in said
    assert "“Tomorrow's rule”" in said
    assert "不急的钟" not in said
    assert reminder_round.run(desk.hub.app, moment=NOON + HOUR) == 0
    assert reminder_round.run(desk.hub.app, moment=NOON + DAY) == 1
    for path in (soon_path, late_path, mine_path):
        li.submit(path, **APPROVAL)
    letters(desk)
    assert reminder_round.run(desk.hub.app, moment=NOON + 2 * DAY) == 0, "nothing falls due any more"


def test_nobody_is_told_of_what_they_may_not_judge_or_another_is_at(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member)
    falls_due(desk, record, NOON)
    reachable(desk, "staff", roles.REVIEWER, member.code)
    wang = reachable(desk, "wang")
    reachable(desk, "li")
    wang.submit(f"{path}/claim", seen_on=path)
    reminder_round.run(desk.hub.app, moment=NOON)
    assert letters(desk).keys() == {"wang@example.org"}


def test_a_chief_reviewer_is_told_what_is_overdue_and_nobody_is_at(desk: Desk, member: Member) -> None:
    record, _ = desk.waiting(member)
    falls_due(desk, record, now() - HOUR)
    chief = reachable(desk, "chief", roles.CHIEF_REVIEWER, member.code)
    reachable(desk, "boss", roles.ADMIN)
    assert "1 件已逾期，还没有人领取" in chief.page("/workbench/")
    reminder_round.run(desk.hub.app, moment=NOON)
    assert "逾期而没有人领取的共 1 件" in letters(desk)["chief@example.org"]


def test_a_manager_is_told_once_a_week_what_waits_for_the_institution(
    desk: Desk, member: Member, other: Member
) -> None:
    reviewer = desk.signed_in("li")
    returned, path = desk.waiting(member, title={"zh": "退回的尺"})
    _, asked_path = desk.waiting(member, title={"zh": "问到的秤"})
    _, foreign_path = desk.waiting(other, title={"zh": "别家的钟"})
    for one in (path, foreign_path):
        reviewer.submit(one, verdict="request_changes", reason="误差写错了。")
    reviewer.submit(f"{asked_path}/questions", seen_on=asked_path, question="档案在哪里？")
    chen = reachable(desk, "chen", roles.MANAGER, member.code)
    reachable(desk, "wu", roles.CONTRIBUTOR, member.code)
    assert reminder_round.run(desk.hub.app, moment=NOON) == 0, "nothing is a week old"
    assert "超过 7 天" not in chen.page("/workbench/own/")
    long_ago = now() - 8 * DAY
    change(desk, update(ResourceVersion).values(changed_at=long_ago))
    change(desk, update(Question).values(at=long_ago))
    assert reminder_round.run(desk.hub.app, moment=NOON) == 1
    said = letters(desk)["chen@example.org"]
    page = chen.page("/workbench/own/")
    for text in (said, page):
        assert "退回的尺" in text
        assert "问到的秤" in text
        assert "别家的钟" not in text
    assert "误差写错了" not in said, "the page says why, the letter names titles alone"
    assert "档案在哪里" not in said
    assert reminder_round.run(desk.hub.app, moment=NOON + 6 * DAY) == 0
    assert reminder_round.run(desk.hub.app, moment=NOON + 7 * DAY + HOUR) == 1
    letters(desk)
    member.publish({**returned, "version": 2})
    change(desk, update(Question).values(answered_at=now()))
    assert reminder_round.run(desk.hub.app, moment=NOON + 15 * DAY) == 0


def test_a_manager_is_told_what_expires_until_a_renewal_is_asked_for(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member, title={"zh": "将到期的尺"})
    desk.signed_in("li").submit(path, **APPROVAL)
    chen = reachable(desk, "chen", roles.MANAGER, member.code)
    assert reminder_round.run(desk.hub.app, moment=NOON) == 0
    change(desk, update(ResourceVersion).values(expires_on=days.today() + timedelta(days=30)))
    assert reminder_round.run(desk.hub.app, moment=NOON) == 1
    assert "将到期的尺" in letters(desk)["chen@example.org"]
    assert "快要到期停止公开" in chen.page("/workbench/own/")
    own = path.replace("/workbench/", "/workbench/own/")
    assert chen.submit(f"{own}/petitions", seen_on=own, kind="renewal", text="明年还用").status_code == 303
    assert reminder_round.run(desk.hub.app, moment=NOON + 8 * DAY) == 0
    assert desk.hub.states(record["id"]) == ["published"]


def test_a_manager_is_told_what_readers_wait_for_and_which_links_are_dead(
    desk: Desk, member: Member, other: Member
) -> None:
    links = {"links": [{"url": "https://example.org/dead"}]}
    record, path = desk.waiting(member, title={"zh": "问到的尺"}, **links)
    _, foreign = desk.waiting(other, title={"zh": "别家的钟"}, **links)
    reviewer = desk.signed_in("li")
    for one in (path, foreign):
        reviewer.submit(one, **APPROVAL)
    chen = reachable(desk, "chen", roles.MANAGER, member.code)
    with unit_of_work(desk.hub.app) as session:
        version = session.get_one(ResourceVersion, desk.version_id(record))
        said = {"kind": "question", "text": "误差怎么来的？", "address": "203.0.113.7"}
        feedback.give(session, version, settings=desk.hub.settings, **said)
    assert reminder_round.run(desk.hub.app, moment=NOON) == 0, "nothing is a week old, no link was opened"
    change(desk, update(Feedback).values(at=now() - 8 * DAY))
    change(desk, update(LinkCheck).values(outcome="broken", status=404, checked_at=now()))
    assert reminder_round.run(desk.hub.app, moment=NOON) == 1
    letter, page = letters(desk)["chen@example.org"], chen.page("/workbench/own/")
    assert "公众的提问或指出的错误超过 7 天没有答复的有 1 件" in letter
    assert "链接打不开的有 1 件" in letter
    for text in (letter, page):
        assert text.count("问到的尺") >= 2
        assert "别家的钟" not in text
        assert "误差怎么来的" not in text
    own = chen.page(path.replace("/workbench/", "/workbench/own/"))
    assert "误差怎么来的？" in own
    assert "https://example.org/dead 打不开（404）" in own
    change(desk, update(Feedback).values(hidden_at=now()))
    assert "误差怎么来的" not in chen.page(path.replace("/workbench/", "/workbench/own/"))


def test_a_manager_is_told_which_collections_lost_a_resource(desk: Desk, member: Member, other: Member) -> None:
    record, path = desk.waiting(other, title={"zh": "会撤的尺"})
    desk.signed_in("li").submit(path, **APPROVAL)
    chen = reachable(desk, "chen", roles.MANAGER, member.code)
    desk.signed_in("admin", roles.ADMIN)
    said = {"title": {"zh": "量尺集"}, "introduction": {"zh": "一。"}, "items": [{"resource": record["id"]}]}
    with unit_of_work(desk.hub.app) as session:
        author, lead = (session.scalars(select(User).where(User.name == name)).one() for name in ("chen", "admin"))
        made = curating.create(session, by=author, kind="collection", slug="rulers", title="x")
        curating.revise(session, made, content.read(said), based_on=1, by=author)
        showing.propose(session, made, by=author, based_on=2)
        showing.show(session, made, by=lead, based_on=2)
    assert reminder_round.run(desk.hub.app, moment=NOON) == 0
    assert "量尺集" not in chen.page("/workbench/own/")
    withdraw(desk.hub, record, "有误", indexed=False)
    assert reminder_round.run(desk.hub.app, moment=NOON) == 1
    assert "“量尺集”，1 件" in letters(desk)["chen@example.org"]
    assert "量尺集" in chen.page("/workbench/own/")
    assert "量尺集" not in desk.signed_in("wang", roles.CONTRIBUTOR, member.code).page("/workbench/own/")


def test_admins_are_told_once_a_day_of_what_they_must_not_find_out_by_chance(desk: Desk, member: Member) -> None:
    record, path = desk.waiting(member)
    reachable(desk, "boss", roles.ADMIN)
    reachable(desk, "zhao", roles.AUDITOR)
    assert reminder_round.run(desk.hub.app, moment=NOON) == 0
    desk.signed_in("li").submit(path, verdict="reject", reason="重复")
    chen = desk.signed_in("chen", roles.MANAGER, member.code)
    own = path.replace("/workbench/", "/workbench/own/")
    chen.submit(f"{own}/petitions", seen_on=own, kind="appeal", text="不是重复")
    assert reminder_round.run(desk.hub.app, moment=NOON) == 1
    [(to, said)] = letters(desk).items()
    assert to == "boss@example.org"
    assert "等答复的申诉和续期申请：1 件" in said
    assert "损坏" not in said
    assert desk.hub.states(record["id"])[0] not in said
    assert reminder_round.run(desk.hub.app, moment=NOON + HOUR) == 0
    assert reminder_round.run(desk.hub.app, moment=NOON + DAY) == 1


def setting(hub: Hub, **changes: Any) -> None:
    """From now on the hub has other settings."""
    old = hub.app.extensions[KEY]
    hub.app.extensions[KEY] = replace(old, settings=replace(old.settings, **changes))


def test_nothing_is_written_at_night_when_switched_off_without_a_server_or_to_a_closed_account(
    desk: Desk, member: Member
) -> None:
    record, _ = desk.waiting(member)
    falls_due(desk, record, NOON)
    reachable(desk, "li")
    assert reminder_round.run(desk.hub.app, moment=NOON.replace(hour=3)) == 0
    for off in ({"reminders": False}, {"smtp_host": ""}):
        setting(desk.hub, **off)
        assert reminder_round.run(desk.hub.app, moment=NOON) == 0
        setting(desk.hub, reminders=True, **MAIL)
    with unit_of_work(desk.hub.app) as session:
        people.deactivate(session, operations.user(session, "li"), actor="operator")
    assert reminder_round.run(desk.hub.app, moment=NOON) == 0
    with unit_of_work(desk.hub.app, read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(OutgoingMail)) == 0
        assert session.scalar(select(func.count()).select_from(Reminder)) == 0


def test_who_does_not_want_to_be_reminded_says_so_on_the_account_page(desk: Desk, member: Member) -> None:
    record, _ = desk.waiting(member)
    falls_due(desk, record, NOON)
    li = reachable(desk, "li")
    assert "写信提醒我" in li.page(ACCOUNT)
    assert li.submit(f"{ACCOUNT}/reminders", seen_on=ACCOUNT).status_code == 303
    assert reminder_round.run(desk.hub.app, moment=NOON) == 0
    li.submit(f"{ACCOUNT}/reminders", seen_on=ACCOUNT, reminded="yes")
    assert reminder_round.run(desk.hub.app, moment=NOON) == 1


def test_a_worker_that_dies_while_it_writes_has_told_nobody(desk: Desk, member: Member) -> None:
    record, _ = desk.waiting(member)
    falls_due(desk, record, NOON)
    reachable(desk, "li")
    with pytest.raises(RuntimeError), unit_of_work(desk.hub.app) as session:
        li = operations.user(session, "li").id
        assert reminding.remind(session, li, settings=desk.hub.settings, moment=NOON)
        raise RuntimeError
    assert letters(desk) == {}
    assert reminder_round.run(desk.hub.app, moment=NOON) == 1


def test_two_workers_at_the_same_moment_write_one_letter(desk: Desk, member: Member) -> None:
    record, _ = desk.waiting(member)
    falls_due(desk, record, NOON)
    reachable(desk, "li")
    with unit_of_work(desk.hub.app, read_only=True) as session:
        [li] = reminding.to_be_reminded(session, moment=NOON)
    both, written = threading.Barrier(2), list[bool]()

    def work() -> None:
        both.wait()
        with unit_of_work(desk.hub.app) as session:
            written.append(reminding.remind(session, li, settings=desk.hub.settings, moment=NOON))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sorted(written) == [False, True]
    assert len(letters(desk)) == 1
