"""A hub with a caller of every kind: nodes with their keys, people with their sessions, and everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from federation import account_links, key_register, operations, people
from federation.database import unit_of_work
from federation.models.events import AuditEvent
from federation.models.institutions import Institution, Invitation
from federation.models.objects import Upload
from federation.models.people import AccountLink, User
from federation.models.resources import Resource, ResourceVersion
from federation.models.reviews import Claim, Decision
from shared import http_signatures
from tests.support.desk import DOOR, Browser, Desk
from tests.support.hub import ORIGIN, Hub, Member, running_hub
from tests.support.log import signed
from tests.support.publishing import file_entry, publish
from tests.support.records import Signer, make_record
from tests.support.stores import RunningStore

NODES = ("node of A", "node of B", "suspended node", "stranger's key")
MEMBERS = ("contributor", "manager")
ROLES = ("staff of A", *MEMBERS, "reviewer", "chief_reviewer", "admin", "auditor")
PEOPLE = (*ROLES, "closed account")
CALLERS = ("anonymous", *NODES, *PEOPLE)
OK, AT_THE_DOOR, UNKNOWN, FORBIDDEN, NOT_THERE = "allowed", "led to sign in", "401", "403", "404"


@dataclass
class Stage:
    """A hub with one caller of each kind, and things for them to do."""

    desk: Desk
    nodes: dict[str, Signer]
    browsers: dict[str, Browser]
    members: dict[str, Member]
    ark: str = ""

    @property
    def hub(self) -> Hub:
        return self.desk.hub

    def call(self, caller: str, method: str, path: str, data: Any = None, body: bytes = b"") -> TestResponse:
        """One request as that caller makes it: with its cookie and the form's token, or with its signature.

        It is made in a copy of the caller's browser, so that no answer changes who the next request is from.
        """
        browser = self.copied(caller)
        headers = {}
        if caller in NODES:
            request = http_signatures.Request(method, ORIGIN + path, {"Content-Type": "application/json"})
            signer = self.nodes[caller]
            http_signatures.sign_request(request, body, private_key=signer.private_key, kid=signer.key_id)
            headers = dict(request.headers)
        if path.startswith("/api/"):
            headers.setdefault("Content-Type", "application/json")
            return browser.client.open(path, method=method, data=body, headers=headers, base_url=ORIGIN)
        if method == "POST":
            headers["X-CSRFToken"] = browser.token("/workbench/account" if caller in ROLES else DOOR)
            headers.pop("Content-Type", None)
        return browser.client.open(path, method=method, data=data, headers=headers, base_url=ORIGIN)

    def copied(self, caller: str) -> Browser:
        """A browser with the cookie of that caller's."""
        copy, cookie = self.desk.browser(), self.browsers[caller].client.get_cookie("session", domain="hub.test")
        if cookie is not None:
            copy.client.set_cookie("session", cookie.value, domain="hub.test")
        return copy

    def traces(self) -> tuple[int, ...]:
        """How much there is of what a request could leave behind."""
        kinds = (AuditEvent, ResourceVersion, Upload, User, Institution, Invitation, Decision, AccountLink, Claim)
        with unit_of_work(self.hub.app, read_only=True) as session:
            return tuple(session.query(kind).count() for kind in kinds)

    def version(self) -> str:
        """A submission of A that waits for its review, new each time."""
        return self.desk.waiting(self.members["A"])[1]

    def invitation(self) -> int:
        """An open invitation of a contributor of A, new each time; its number."""
        with unit_of_work(self.hub.app) as session:
            member = operations.institution(session, "a")
            account_links.invite(session, display_name="甲", role="contributor", institution=member, days=1)
            return account_links.open_invitations(session)[0].id

    def somebody(self, role: str = people.REVIEWER) -> str:
        """A further account, new each time, of A when the role is one of members; its id."""
        name = f"extra{len(self.desk.actions())}"
        self.desk.person(name, role, "a" if role in MEMBERS else "")
        with unit_of_work(self.hub.app, read_only=True) as session:
            return operations.user(session, name).id

    def institution_id(self) -> int:
        with unit_of_work(self.hub.app, read_only=True) as session:
            return operations.institution(session, "a").id

    def version_of_ark(self) -> int:
        """The published version."""
        with unit_of_work(self.hub.app, read_only=True) as session:
            published = select(ResourceVersion.id).join(Resource).where(Resource.ark == self.ark)
            return session.scalars(published).one()


def account(caller: str) -> str:
    return caller.replace(" ", "-").lower()


@contextmanager
def running_stage(folder: Path, store: RunningStore) -> Iterator[Stage]:
    """A stage on a hub of its own."""
    with running_hub(folder, store, max_withdrawn_percent=100) as hub:
        desk = Desk(hub)
        a, b = hub.member("a"), hub.member("b")
        suspended = Member(hub, "a")
        assert hub.enrolment(hub.invite("a"), suspended.signer).status_code == 201
        with unit_of_work(hub.app) as session:
            key_register.set_key_state(
                session, suspended.signer.key_id, state="suspended", reason="test", actor="operator"
            )
        signers = dict(zip(NODES, (a.signer, b.signer, suspended.signer, Signer()), strict=True))
        browsers = {caller: desk.browser() for caller in CALLERS}
        roles = {"staff of A": ("reviewer", "a"), "closed account": ("admin", "")}
        roles |= {member: (member, "a") for member in MEMBERS}
        for caller in PEOPLE:
            desk.person(account(caller), *roles.get(caller, (caller, "")))
            assert browsers[caller].enter(account(caller)).status_code == 303
        with unit_of_work(hub.app) as session:
            people.deactivate(session, operations.user(session, account("closed account")), actor="operator")
        data = b"to be read by everybody"
        entry = file_entry(data, name="all.txt", media_type="text/plain")
        ark = publish(hub, a, make_record(files=[entry]), data)
        signed(desk.hub)
        yield Stage(desk, signers, browsers, {"A": a, "B": b}, ark)


def became(answer: TestResponse) -> str:
    """The class of what became of a request."""
    if answer.status_code == 303 and answer.headers["Location"].startswith(f"{DOOR}?next="):
        return AT_THE_DOOR
    return OK if answer.status_code < 400 or answer.status_code == 422 else str(answer.status_code)
