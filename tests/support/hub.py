"""A hub inside the test's process: real database, real object store, the real application; and members that sign."""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from federation import auditlog, enrolment, operations, schema
from federation.app import create_app
from federation.database import db, unit_of_work
from federation.models.objects import Upload
from federation.models.registry import metadata
from federation.models.resources import ResourceVersion
from federation.settings import HubSettings, load_settings
from federation.tasks import prepare_queue, queue
from shared import http_signatures
from shared.messages import PREFIX, PROTOCOL
from tests.support.engines import Database, new_database
from tests.support.records import Signer
from tests.support.stores import ACCESS_KEY, SECRET_KEY, RunningStore

ORIGIN = "http://hub.test"


@dataclass
class Member:
    """An enrolled institution's node: signs, sends, and reads the answers."""

    hub: Hub
    code: str
    signer: Signer = field(default_factory=Signer)
    node_id: str = ""

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> TestResponse:
        """One signed request under the federation's prefix."""
        return self.hub.signed(self.signer, method, PREFIX + path, body, **headers)

    def post(self, path: str, message: Any) -> TestResponse:
        """A signed JSON message."""
        return self.send("POST", path, json.dumps(message).encode())

    def publish(self, *records: dict[str, Any], compress: bool = False) -> list[dict[str, Any]]:
        """Sign and send records; the answer for each."""
        tokens = [record if isinstance(record, str) else self.signer.sign(record) for record in records]
        body = json.dumps({"records": tokens}).encode()
        headers = {"Content-Encoding": "gzip"} if compress else {}
        answer = self.send("POST", "/records", gzip.compress(body) if compress else body, **headers)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        results: list[dict[str, Any]] = answer.get_json()["results"]
        return results

    def offer(self, *files: tuple[str, int]) -> list[dict[str, Any]]:
        """Offer files by (sha256, size); the answer for each."""
        answer = self.post("/uploads", {"files": [{"sha256": sha256, "size": size} for sha256, size in files]})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        uploads: list[dict[str, Any]] = answer.get_json()["uploads"]
        return uploads

    def upload(self, sha256: str, data: bytes) -> dict[str, Any]:
        """Send bytes as the hub grants it, and say that they are complete; the answer to that."""
        [answer] = self.offer((sha256, len(data)))
        assert answer["outcome"] == "granted", answer
        for part in answer["parts"]:
            piece = data[part["offset"] : part["offset"] + part["size"]]
            requests.put(part["url"], data=piece, timeout=30).raise_for_status()
        done = self.post("/uploads/complete", {"upload_ids": [answer["upload_id"]]}).get_json()["uploads"]
        found: dict[str, Any] = done[0]
        return found

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        """What happened to this node's records."""
        answer = self.send("GET", f"/status?after={after}")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: list[dict[str, Any]] = answer.get_json()["events"]
        return found


@dataclass
class Hub:
    """The application, its settings, and what tests do with it."""

    app: Flask
    settings: HubSettings
    database: Database

    def institution(self, code: str, **names: str) -> None:
        """Register a member institution."""
        with unit_of_work(self.app) as session:
            values = {"kind": "institute", "name_zh": f"{code}院", "name_en": code, **names}
            enrolment.create_institution(session, code=code, actor=auditlog.OPERATOR, **values)

    def invite(self, code: str, days: int = 1) -> str:
        """A one-time token for that institution."""
        with unit_of_work(self.app) as session:
            return enrolment.invite(session, operations.institution(session, code), days=days, actor="operator")

    def enrolment(self, invitation: str, signer: Signer, **changes: Any) -> TestResponse:
        """The answer to a request to join."""
        message = {
            "protocol": PROTOCOL,
            "token": invitation,
            "node_name": "节点",
            "public_key": signer.jwk,
            **changes,
        }
        return self.signed(signer, "POST", PREFIX + "/enrolments", json.dumps(message).encode())

    def member(self, code: str = "institute-a", signer: Signer | None = None) -> Member:
        """A new institution with an enrolled node."""
        self.institution(code)
        member = Member(self, code, signer or Signer())
        answer = self.enrolment(self.invite(code), member.signer)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        member.node_id = answer.get_json()["node_id"]
        return member

    def signed(self, signer: Signer, method: str, path: str, body: bytes = b"", **headers: str) -> TestResponse:
        """One signed request."""
        request = http_signatures.Request(method, ORIGIN + path, {"Content-Type": "application/json"})
        http_signatures.sign_request(request, body, private_key=signer.private_key, kid=signer.key_id)
        return self.open(method, path, body, {**request.headers, **headers})

    def open(self, method: str, path: str, body: bytes = b"", headers: Any = None) -> TestResponse:
        """One request as given."""
        return self.app.test_client().open(path, method=method, data=body, headers=headers, base_url=ORIGIN)

    def work(self) -> None:
        """Do what the worker would: verify every upload that waits for it."""
        with unit_of_work(self.app, read_only=True) as session:
            waiting = list(session.scalars(select(Upload.id).where(Upload.state == "verifying")))
        for upload_id in waiting:
            queue(self.app).verify_now(upload_id)

    def states(self, record_id: str) -> list[str]:
        """The states of a record's versions, first version first."""
        with unit_of_work(self.app, read_only=True) as session:
            versions = select(ResourceVersion.state).where(ResourceVersion.resource_id == record_id)
            return list(session.scalars(versions.order_by(ResourceVersion.version)))


@contextmanager
def running_hub(folder: Path, store: RunningStore, **changes: Any) -> Iterator[Hub]:
    """A hub with its own database and buckets over a store that may be shared."""
    settings = load_settings(environ={"COMMONS_VAR": str(folder), "COMMONS_LOG_LEVEL": "ERROR"})
    bucket = f"b{uuid.uuid4().hex}"
    with new_database(folder) as database:
        values: dict[str, Any] = {
            "public_origin": ORIGIN,
            # Who signs in here does so with a password; what the second factor does has tests of its own.
            "second_factor_required": False,
            "database_url": database.url,
            "store_endpoint": store.endpoint,
            "store_access_key": ACCESS_KEY,
            "store_secret_key": SECRET_KEY,
            "store_incoming_bucket": f"{bucket}-in",
            "store_public_bucket": f"{bucket}-pub",
            "store_part_size": 5 * 1024**2,
            "queue_url": database.queue_url,
            **changes,
        }
        hub = Hub(create_app(replace(settings, **values)), replace(settings, **values), database)
        hub.app.testing = False
        if "database_url" in changes:
            schema.upgrade(hub.app)
        prepare_queue(hub.app)
        for name in ("store_incoming_bucket", "store_public_bucket"):
            store.engine.create_bucket(values[name])
        try:
            yield hub
        finally:
            queue(hub.app).huey.storage.close()
            with hub.app.app_context():
                db.session.remove()
                db.engine.dispose()


def rows(hub: Hub) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a hub's database holds, a table after the other."""
    with unit_of_work(hub.app, read_only=True) as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }
