"""A large catalogue put into a hub's database by its models, since the protocol's way is measured elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from federation import auditlog, enrolment, operations, schema, sequences
from federation.core import create_core
from federation.database import db, unit_of_work
from federation.models.base import insert_rows, now
from federation.models.events import FeedEntry
from federation.models.institutions import Node
from federation.models.resources import Resource, ResourceVersion
from federation.publication import PUBLISHED, mint_ark
from federation.settings import load_settings
from shared.canonical import digest
from tests.benchmarks.texts import Words
from tests.support.records import Signer

AT_A_TIME = 2000


def fill(var: Path, words: Words, count: int) -> None:
    """Put `count` generated records, published, into the new hub at `var`."""
    app = create_core(load_settings(environ={"COMMONS_VAR": str(var), "COMMONS_LOG_LEVEL": "ERROR"}))
    schema.upgrade(app)
    signer = Signer()
    node = _node(app, signer)
    for start in range(0, count, AT_A_TIME):
        records = [words.record() for _ in range(min(AT_A_TIME, count - start))]
        with unit_of_work(app) as session:
            _publish(session, node, signer, records)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _node(app: Flask, signer: Signer) -> Node:
    with unit_of_work(app) as session:
        enrolment.create_institution(
            session, code="bench", kind="institute", name_zh="测速院", name_en="Bench", actor=auditlog.OPERATOR
        )
        token = enrolment.invite(session, operations.institution(session, "bench"), days=1, actor=auditlog.OPERATOR)
        return enrolment.enrol(
            session,
            token_sha256=enrolment.hashed(token),
            node_name="bench",
            public_key=signer.jwk,
            signed_by=signer.key_id,
        )


def _publish(session: Session, node: Node, signer: Signer, records: Sequence[dict[str, Any]]) -> None:
    moment = now()
    versions = sequences.next_numbers(session, sequences.VERSIONS, len(records))
    feed = sequences.next_numbers(session, sequences.FEED, len(records))
    insert_rows(
        session,
        Resource,
        [
            {
                "id": record["id"],
                "institution_id": node.institution_id,
                "node_id": node.id,
                "ark": mint_ark("99999", "b1"),
                "latest_version": 1,
                "created_at": moment,
            }
            for record in records
        ],
    )
    insert_rows(
        session,
        ResourceVersion,
        [
            {
                "id": number,
                "resource_id": record["id"],
                "version": 1,
                "state": "published",
                "sha256": digest(token.encode("ascii")),
                "jws": token,
                "key_id": signer.key_id,
                "type": record["type"],
                "title_zh": record["title"]["zh"],
                "title_en": "",
                "received_at": moment,
                "changed_at": moment,
            }
            for number, record in zip(versions, records, strict=True)
            for token in [signer.sign(record)]
        ],
    )
    insert_rows(
        session,
        FeedEntry,
        [
            {
                "seq": seq,
                "resource_id": record["id"],
                "version_id": number,
                "kind": PUBLISHED,
                "reason": "",
                "latest": True,
                "at": moment,
            }
            for seq, number, record in zip(feed, versions, records, strict=True)
        ],
    )
