"""Letters, on a real mail server: written with what they tell of, sent by the worker, kept until it has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from federation import audit_reading, letters, mail, mail_round, operations, people, roles
from federation.database import unit_of_work
from federation.models.base import now
from federation.models.mail import OutgoingMail
from federation.overview import recording
from federation.parts import KEY
from tests.support.certificates import self_signed
from tests.support.desk import Desk
from tests.support.hub import ORIGIN, Hub, running_hub
from tests.support.mailbox import Mailbox, running_mailbox
from tests.support.reviewing import PASSWORD
from tests.support.stores import RunningStore, free_port

HERE = {"smtp_host": "127.0.0.1", "smtp_security": "none", "mail_from": "cloud@example.org"}
PERSON = "wang@example.com"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with running_mailbox() as running:
        yield running


@pytest.fixture
def hub(tmp_path: Path, store: RunningStore, mailbox: Mailbox) -> Iterator[Hub]:
    with running_hub(tmp_path, store, smtp_port=mailbox.port, **HERE) as running:
        yield running


def setting(hub: Hub, **changes: Any) -> None:
    """From now on the hub has other settings."""
    hub.app.extensions[KEY] = replace(
        hub.app.extensions[KEY], settings=replace(hub.app.extensions[KEY].settings, **changes)
    )


def write(hub: Hub, to: str = PERSON) -> None:
    with unit_of_work(hub.app) as session:
        letter = letters.notice(hub.settings, name="王", happened=letters.PASSWORD_CHANGED)
        assert mail.write(session, letter, to=to, settings=hub.settings)


def send_all(hub: Hub) -> int:
    rounds = 0
    while mail_round.send_next(hub.app):
        rounds += 1
    return rounds


def waiting(hub: Hub) -> list[OutgoingMail]:
    with unit_of_work(hub.app, read_only=True) as session:
        return list(session.scalars(select(OutgoingMail)))


def let_time_pass(hub: Hub) -> None:
    with unit_of_work(hub.app) as session:
        session.execute(update(OutgoingMail).values(next_try_at=now()))


def test_an_invitation_reaches_its_person_and_its_link_works(hub: Hub, mailbox: Mailbox) -> None:
    desk = Desk(hub)
    boss = desk.signed_in("boss", roles.ADMIN)
    said = {"display_name": "王五", "role": "reviewer", "institution": "", "email": PERSON}
    assert "交给邮件服务器" in boss.submit("/workbench/admin/users", **said).get_data(as_text=True)
    assert send_all(hub) == 1
    [letter] = mailbox.messages
    body = letter.get_content()
    assert (letter["To"], letter["From"], letter["Auto-Submitted"]) == (PERSON, "cloud@example.org", "auto-generated")
    assert "邀请您开设账户" in letter["Subject"]
    assert "invites you" in body
    [link] = {line for line in body.splitlines() if line.startswith(ORIGIN + "/workbench/links")}
    chosen = {"name": "wang", "display_name": "王五", "password": PASSWORD, "again": PASSWORD}
    assert desk.browser().submit(link.removeprefix(ORIGIN), **chosen).status_code == 303
    assert waiting(hub) == []
    with unit_of_work(hub.app, read_only=True) as session:
        assert operations.user(session, "wang").email == PERSON


def test_a_letter_that_waits_shows_neither_its_link_nor_its_text(hub: Hub) -> None:
    write(hub)
    [kept] = waiting(hub)
    assert "密码" not in kept.sealed
    assert hub.database.content().find("您的密码已更换".encode()) == -1


def test_changes_of_an_account_are_told_to_its_person(hub: Hub, mailbox: Mailbox) -> None:
    desk = Desk(hub)
    browser = desk.signed_in("li")
    account = "/workbench/account"
    refused = browser.submit(f"{account}/email", seen_on=account, email=PERSON, password="wrong")
    assert (refused.status_code, "现在的密码不正确" in refused.get_data(as_text=True)) == (401, True)
    assert browser.submit(f"{account}/email", seen_on=account, email="x y", password=PASSWORD).status_code == 422
    for address in (PERSON, "other@example.com"):
        answer = browser.submit(f"{account}/email", seen_on=account, email=address, password=PASSWORD)
        assert answer.status_code == 303
    new = "a new long one"
    assert browser.submit(account, old=PASSWORD, new=new, again=new).status_code == 303
    send_all(hub)
    told = [(letter["To"], letter.get_content()) for letter in mailbox.messages]
    assert [to for to, _ in told] == [PERSON, "other@example.com"]
    assert "邮箱已更换" in told[0][1]
    assert "密码已更换" in told[1][1]


def test_without_a_mail_server_or_an_address_nothing_waits(hub: Hub) -> None:
    with unit_of_work(hub.app) as session:
        letter = letters.notice(hub.settings, name="王", happened=letters.CLOSED)
        assert not mail.write(session, letter, to="", settings=hub.settings)
        assert not mail.write(session, letter, to=PERSON, settings=replace(hub.settings, smtp_host=""))
    assert waiting(hub) == []


def test_what_is_undone_is_not_told(hub: Hub) -> None:
    """The letter stands in the transaction of what it tells of."""
    Desk(hub).person("li")
    with pytest.raises(RuntimeError), unit_of_work(hub.app) as session:
        user = operations.user(session, "li")
        user.email = PERSON
        people.deactivate(session, user, actor="operator")
        mail.notify(session, user, letters.CLOSED, settings=hub.settings)
        raise RuntimeError
    assert waiting(hub) == []


def test_a_server_that_is_away_is_tried_again_with_the_same_message(hub: Hub, mailbox: Mailbox) -> None:
    write(hub)
    setting(hub, smtp_port=free_port())
    assert send_all(hub) == 1
    [kept] = waiting(hub)
    assert kept.next_try_at > now()
    setting(hub, smtp_port=mailbox.port)
    assert send_all(hub) == 0, "not before its time"
    let_time_pass(hub)
    assert send_all(hub) == 1
    assert mailbox.messages[0]["Message-ID"] == f"<{kept.id}@example.org>"
    assert waiting(hub) == []


@pytest.mark.parametrize(("answer", "kept"), [("450 later", 1), ("550 nobody here", 0)])
@pytest.mark.parametrize("what", ["refuse_recipient", "refuse_message"])
def test_what_the_server_refuses_for_good_is_given_up_and_the_rest_waits(
    hub: Hub, mailbox: Mailbox, what: str, answer: str, kept: int
) -> None:
    write(hub)
    setattr(mailbox, what, answer)
    assert send_all(hub) == 1
    assert len(waiting(hub)) == kept


def given_up(hub: Hub) -> list[audit_reading.Entry]:
    """What the audit log says of letters that were not delivered."""
    with unit_of_work(hub.app, read_only=True) as session:
        return audit_reading.read(session, action=mail.GIVEN_UP).entries


def test_a_letter_is_given_up_at_last(hub: Hub, mailbox: Mailbox) -> None:
    write(hub)
    mailbox.refuse_message = "450 later"
    for _ in range(len(mail.PAUSES) + 1):
        assert given_up(hub) == []
        assert send_all(hub) == 1
        let_time_pass(hub)
    assert waiting(hub) == []
    [lost] = given_up(hub)
    assert "450" in lost.reason
    with unit_of_work(hub.app, read_only=True) as session:
        assert recording.letters(session).given_up == 1


def test_a_worker_that_was_killed_while_sending_leaves_the_letter_for_later(hub: Hub, mailbox: Mailbox) -> None:
    write(hub)
    with unit_of_work(hub.app) as session:
        assert mail.claim(session) is not None
        assert mail.claim(session) is None, "nobody else takes it meanwhile"
    assert send_all(hub) == 0
    let_time_pass(hub)
    assert (send_all(hub), len(mailbox.messages)) == (1, 1)


def test_a_letter_sealed_with_another_key_is_given_up_and_stops_nobody(hub: Hub, mailbox: Mailbox) -> None:
    write(hub)
    setting(hub, secret_key="another-key-0123456789-0123456789-0123")
    assert send_all(hub) == 1
    assert (waiting(hub), mailbox.messages) == ([], [])
    assert len(given_up(hub)) == 1


@pytest.mark.parametrize(
    "address",
    ["x", "a@b", "a b@example.org", "a@example.org\nBcc: b@example.org", "a@例子.中国", "a" * 250 + "@b.cd"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    [fault] = mail.address_faults(address)
    assert fault.pointer == "/email"


def test_the_connection_is_encrypted_and_the_server_known_and_logged_in_to(
    tmp_path: Path, store: RunningStore
) -> None:
    certificate = self_signed(tmp_path / "tls")
    login = ("cloud", "hunter2")
    safe = {**HERE, "smtp_security": "starttls", "smtp_user": login[0], "smtp_password": login[1]}
    with (
        running_mailbox(certificate=certificate, login=login) as mailbox,
        running_hub(tmp_path / "hub", store, smtp_port=mailbox.port, **safe) as hub,
    ):
        write(hub)
        for faulty in (
            {},  # the certificate is of an authority that nobody here knows
            {"smtp_ca_bundle": str(certificate[0]), "smtp_password": "wrong"},
            {"smtp_security": "none", "smtp_user": ""},
        ):
            setting(hub, smtp_ca_bundle="", smtp_password=login[1], smtp_security="starttls", smtp_user=login[0])
            setting(hub, **faulty)
            assert (send_all(hub), len(waiting(hub)), mailbox.messages) == (1, 1, []), faulty
            let_time_pass(hub)
        setting(hub, smtp_security="starttls", smtp_user=login[0], smtp_ca_bundle=str(certificate[0]))
        assert (send_all(hub), len(mailbox.messages)) == (1, 1)
