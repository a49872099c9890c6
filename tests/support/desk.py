"""A desk of the workbench in a test: people of each role, and browsers that send each form with its token."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from federation import operations, people
from federation.checklist import DEFAULT
from federation.database import unit_of_work
from federation.models.events import AuditEvent
from federation.models.resources import ResourceVersion
from tests.support.hub import ORIGIN, Hub, Member
from tests.support.records import make_record
from tests.support.reviewing import PASSWORD

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
APPROVAL = {"verdict": "approve", "reason": "", "checklist": [item.code for item in DEFAULT.items]}
DOOR = "/workbench/sign-in"


@dataclass
class Browser:
    """A browser that keeps its cookies and sends each form with its token."""

    client: FlaskClient

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, base_url=ORIGIN, **options)

    def page(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (answer.status_code, answer.get_data(as_text=True))
        return answer.get_data(as_text=True)

    def token(self, path: str) -> str:
        found = TOKEN.search(self.get(path).get_data(as_text=True))
        assert found is not None, f"no form on {path}"
        return found[1]

    def submit(self, path: str, *, seen_on: str = "", **values: Any) -> TestResponse:
        data = {"csrf_token": self.token(seen_on or path), **values}
        return self.client.post(path, data=data, base_url=ORIGIN)

    def enter(self, name: str, password: str = PASSWORD, query: str = "") -> TestResponse:
        return self.submit(DOOR + query, name=name, password=password)


@dataclass
class Desk:
    """A hub with people, and browsers for them."""

    hub: Hub

    def person(self, name: str, role: str = people.REVIEWER, institution: str = "") -> None:
        with unit_of_work(self.hub.app) as session:
            people.create_user(
                session,
                name=name,
                display_name=name,
                password=PASSWORD,
                role=role,
                institution=operations.institution(session, institution) if institution else None,
                actor="operator",
            )

    def browser(self) -> Browser:
        return Browser(self.hub.app.test_client())

    def signed_in(self, name: str, role: str = people.REVIEWER, institution: str = "") -> Browser:
        self.person(name, role, institution)
        browser = self.browser()
        assert browser.enter(name).status_code == 303
        return browser

    def version_id(self, record: dict[str, Any]) -> int:
        with unit_of_work(self.hub.app, read_only=True) as session:
            found = session.scalars(
                select(ResourceVersion.id).where(
                    ResourceVersion.resource_id == record["id"], ResourceVersion.version == record["version"]
                )
            )
            return found.one()

    def waiting(self, member: Member, **changes: Any) -> tuple[dict[str, Any], str]:
        """A submission in review, and the path of its page."""
        record = make_record(**changes)
        [result] = member.publish(record)
        assert result["outcome"] == "accepted", result
        return record, f"/workbench/versions/{self.version_id(record)}"

    def actions(self) -> list[str]:
        with unit_of_work(self.hub.app, read_only=True) as session:
            return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))
