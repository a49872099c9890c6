"""A large catalogue put into a hub's database by its models, since the protocol's way is measured elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from federation import auditlog, enrolment, feed_sets, operations, schema, sequences
from federation.core import create_core
from federation.database import db, unit_of_work
from federation.models.base import insert_rows, now
from federation.models.events import FeedEntry
from federation.models.institutions import Node
from federation.models.resources import Resource, ResourceVersion, VersionTerm
from federation.publication import PUBLISHED, mint_ark
from federation.settings import load_settings
from shared.canonical import digest
from tests.benchmarks.texts import Words
from tests.support.records import Signer

AT_A_TIME = 2000
COPIES = (
    """INSERT INTO resources (id, institution_id, node_id, ark, latest_version, created_at)
       SELECT 'copy-' || (:base + f.seq), r.institution_id, r.node_id, 'ark:99999/c' || (:base + f.seq), 1,
              r.created_at
       FROM change_feed AS f JOIN resources AS r ON r.id = f.resource_id WHERE f.seq <= :seeds""",
    """INSERT INTO resource_versions (id, resource_id, version, state, sha256, jws, key_id, type, title_zh, title_en,
                                      received_at, changed_at)
       SELECT :base + f.seq, 'copy-' || (:base + f.seq), 1, v.state, v.sha256, v.jws, v.key_id, v.type, v.title_zh,
              v.title_en, v.received_at, v.changed_at
       FROM change_feed AS f JOIN resource_versions AS v ON v.id = f.version_id WHERE f.seq <= :seeds""",
    """INSERT INTO version_terms (version_id, vocabulary, code)
       SELECT :base + f.seq, t.vocabulary, t.code
       FROM change_feed AS f JOIN version_terms AS t ON t.version_id = f.version_id WHERE f.seq <= :seeds""",
    """INSERT INTO change_feed (seq, resource_id, version_id, kind, reason, latest, at)
       SELECT :base + seq, 'copy-' || (:base + seq), :base + seq, kind, reason, latest, at
       FROM change_feed WHERE seq <= :seeds""",
)
"""Copies of the first records under other names: generating and signing a million takes too long."""


def fill(var: Path, words: Words, count: int, *, copies: int = 1) -> None:
    """Put `count` generated records, published, into the new hub at `var`; so many times, under other names."""
    app = create_core(load_settings(environ={"COMMONS_VAR": str(var), "COMMONS_LOG_LEVEL": "ERROR"}))
    schema.upgrade(app)
    signer = Signer()
    node = _node(app, signer)
    for start in range(0, count, AT_A_TIME):
        records = [words.record() for _ in range(min(AT_A_TIME, count - start))]
        with unit_of_work(app) as session:
            publish(session, node, signer, records)
    if copies > 1:
        multiply(app, count, count * copies)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def multiply(app: Flask, seeds: int, count: int) -> None:
    """Copy the `seeds` records that there are until there are `count`, a multiple of them."""
    for base in range(seeds, count, seeds):
        with unit_of_work(app) as session:
            sequences.next_numbers(session, sequences.VERSIONS, seeds)
            numbers = sequences.next_numbers(session, sequences.FEED, seeds)
            assert numbers[0] == base + 1
            for statement in COPIES:
                session.execute(text(statement), {"base": base, "seeds": seeds})
            feed_sets.enter(session, numbers)


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


def publish(session: Session, node: Node, signer: Signer, records: Sequence[dict[str, Any]]) -> None:
    """Put records into the catalogue as published."""
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
    terms = [
        {"version_id": number, "vocabulary": "themes", "code": code}
        for number, record in zip(versions, records, strict=True)
        for code in record["themes"]
    ]
    insert_rows(session, VersionTerm, terms)
    feed_sets.enter(session, feed)
