"""The node's local page in a test: the real application over a real folder, and a browser that sends its forms."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lxml.html
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from nodes import accounts, queries, registration
from nodes.app import create_app
from nodes.models import LocalFile, Membership, OutboxEntry, Version
from nodes.settings import NodeSettings
from nodes.workplace import Workplace
from tests.support.records import make_record

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
PURPOSE = re.compile(r'type="hidden" name="(record|after)" value="([^"]+)"')
"""What a form of a resource was opened to make."""
WORD = "定盘星 秤砣 提绳 准星"
"""The password of all accounts in tests."""
GOOD: dict[str, Any] = {
    "title.zh": "一杆秤怎样称准",
    "summary.zh": "定盘星、秤砣和提绳各管什么。",
    "type": "article",
    "themes": ["daily-life"],
    "language": ["zh"],
    "license": "CC-BY-4.0",
    "links.url": ["https://example.org/steelyard"],
    "links.label": ["网页"],
}


@dataclass
class Node:
    """The application of one node, and a browser that keeps cookies and sends forms with their token."""

    app: Flask
    client: FlaskClient

    @property
    def workplace(self) -> Workplace:
        """The node behind the page."""
        found: Workplace = self.app.config["WORKPLACE"]
        return found

    def get(self, path: str, **options: Any) -> TestResponse:
        """The answer to one request."""
        return self.client.get(path, **options)

    def page(self, path: str, status: int = 200) -> str:
        """A page as it is written."""
        answer = self.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def submit(self, path: str, values: dict[str, Any] | None = None, *, seen_on: str = "") -> TestResponse:
        """A form with its token and what it was opened to make."""
        return self.client.post(path, data={**self.opened(seen_on or path), **(values or {})})

    def opened(self, path: str) -> dict[str, str]:
        """What a form sends along unseen."""
        page = self.get(path).text
        token = TOKEN.search(page)
        assert token is not None
        return {"csrf_token": token[1], **dict(PURPOSE.findall(page))}

    def register(self, **changes: Any) -> TestResponse:
        """The form, filled in well but for `changes`; a change to None leaves a field out."""
        values = {**GOOD, **{name.replace("__", "."): value for name, value in changes.items()}}
        return self.submit("/resources/new", {name: one for name, one in values.items() if one is not None})

    def registered(self, **changes: Any) -> str:
        """The id of a resource that was registered through the form."""
        answer = self.register(**changes)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"].rsplit("/", 1)[1])

    def put(self, **changes: Any) -> str:
        """The id of a resource that was registered past the form."""
        with self.workplace.database.unit_of_work() as session:
            fields = {name: value for name, value in make_record(**changes).items() if name not in ("id", "version")}
            return registration.register(session, fields, [], key=self.workplace.key).record_id

    def join(self, origin: str = "http://127.0.0.1:1") -> None:
        """Be a member of the hub at `origin`; by itself of one that does not answer."""
        names = {"institution_name": {"zh": "甲院"}, "hub_name": {"zh": "计量资源云"}}
        limits = {"batch_records": 500, "batch_bytes": 10**6, "file_bytes": 10**9}
        with self.workplace.database.unit_of_work() as session:
            session.add(Membership(id=1, origin=origin, node_id="n", institution_code="a", **names, **limits))

    def set_state(self, record_id: str, state: str, **values: Any) -> None:
        """Say of a resource what a hub would have said."""
        with self.workplace.database.unit_of_work() as session:
            session.execute(update(Version).where(Version.resource_id == record_id).values(state=state, **values))

    def account(self, name: str, role: str) -> None:
        """Make an account whose password is `WORD`."""
        with self.workplace.database.unit_of_work() as session:
            accounts.add(session, name, role=role, password=WORD)

    def sign_in(self, name: str, password: str = WORD, **options: Any) -> TestResponse:
        """Sign in with a browser of one's own, in which the form was opened."""
        self.client = self.app.test_client()
        token = TOKEN.search(self.get("/sign-in", **options).text)
        assert token is not None
        return self.client.post(
            "/sign-in", data={"csrf_token": token[1], "name": name, "password": password}, **options
        )

    def send(self, name: str, data: bytes, *, pieces: int = 1) -> str:
        """The key of a file that came as the form's script sends it, in equal pieces."""
        headers = {"X-CSRFToken": self.opened("/resources/new")["csrf_token"]}
        begun = self.client.post("/uploads", data={"name": name, "size": len(data)}, headers=headers)
        key = str(begun.get_json()["key"])
        length = -(-len(data) // pieces) or 1
        for offset in range(0, len(data), length):
            piece = data[offset : offset + length]
            answer = self.client.post(f"/uploads/{key}?offset={offset}", data=piece, headers=headers)
            assert answer.get_json() == {"received": offset + len(piece)}
        assert self.client.post(f"/uploads/{key}/finished", headers=headers).status_code == 200
        return key

    def records(self, record_id: str) -> list[dict[str, Any]]:
        """All versions, the latest first."""
        with self.workplace.database.unit_of_work(read_only=True) as session:
            return [version.content for version in queries.versions(session, record_id)]

    def counts(self) -> tuple[int, int, int]:
        """How many versions, outbox entries and files the node knows."""
        with self.workplace.database.unit_of_work(read_only=True) as session:
            tables = (Version, OutboxEntry, LocalFile)
            versions, waiting, files = (session.scalar(select(func.count()).select_from(one)) or 0 for one in tables)
        return versions, waiting, files

    def uploads(self) -> list[Path]:
        """Every file that lies among the uploads."""
        return [path for path in Path(self.app.config["UPLOADS"]).rglob("*") if path.is_file()]


@contextmanager
def local_page(folder: Path, **settings: Any) -> Iterator[Node]:
    """The page of a new node in `folder`."""
    app = create_app(NodeSettings(data=str(folder), attempts=1, timeout=5, **settings))
    made = Node(app, app.test_client())
    yield made
    app.config["SYNCER"].stop()
    app.config["HARVESTER"].stop()
    made.workplace.database.close()


def sent_by(page: str) -> dict[str, list[str]]:
    """What a browser sends of the form of a resource as it stands, its patterns for scripts left out."""
    tree = lxml.html.fromstring(page)
    for pattern in tree.iter("template"):
        pattern.clear()
    [form] = tree.xpath("//form[@id='resource-form']")
    sent: dict[str, list[str]] = {}
    for name, value in form.form_values():
        sent.setdefault(name, []).append(value)
    return sent


def upload(*files: tuple[str, bytes]) -> list[tuple[io.BytesIO, str]]:
    """Files as a form sends them."""
    return [(io.BytesIO(data), name) for name, data in files]


def faults_at(page: str, place: str) -> str:
    """The faults that the element with the id `place` is described by."""
    element = re.search(rf'<[^>]* id="{re.escape(place)}"[^>]*>', page)
    assert element is not None, f"nothing is called {place}"
    named = re.search(r'aria-describedby="([^"]*)"', element[0])
    assert named is not None, f"{place} is described by nothing"
    assert 'aria-invalid="true"' in element[0]
    ids = [one for one in named[1].split() if one.endswith("-fault")]
    found = re.search(rf'id="{re.escape(ids[0])}">(.*?)</span>\s*</span>', page, re.S)
    assert found is not None
    return found[1]
