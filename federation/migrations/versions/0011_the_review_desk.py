"""The review desk: due dates, terms that the queue selects by, claims, what texts are compared with, and the policy's versions."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

DAYS = 10
"""Within which what waits already is to be reviewed, from the moment at which it came into review."""
AT_A_TIME = 500
VERSIONS = sa.table(
    "resource_versions",
    sa.column("id", sa.Integer),
    sa.column("state", sa.String),
    sa.column("jws", sa.Text),
    sa.column("changed_at", sa.DateTime(timezone=True)),
    sa.column("due_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.add_column("resource_versions", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_resource_versions_queue", "resource_versions")
    op.create_index("ix_resource_versions_due", "resource_versions", ["state", "due_at"], unique=False)
    terms = op.create_table(
        "version_terms",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("vocabulary", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["resource_versions.id"], name=op.f("fk_version_terms_version_id_resource_versions")
        ),
        sa.PrimaryKeyConstraint("version_id", "vocabulary", "code", name=op.f("pk_version_terms")),
    )
    op.create_table(
        "claims",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.String(length=36), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["resource_versions.id"], name=op.f("fk_claims_version_id_resource_versions")
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name=op.f("fk_claims_reviewer_id_users")),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_claims")),
    )
    op.create_table(
        "text_bands",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name=op.f("fk_text_bands_resource_id_resources")),
        sa.PrimaryKeyConstraint("resource_id", "band", name=op.f("pk_text_bands")),
    )
    op.create_index("ix_text_bands_band", "text_bands", ["band"], unique=False)
    _make_policies()
    _make_questions()
    op.execute("INSERT INTO counters (name, value) VALUES ('likeness', 0)")
    _fill(op.get_bind(), terms)


def _make_policies() -> None:
    op.create_table(
        "review_policies",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_review_policies_author_id_users")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_review_policies")),
    )
    op.create_table(
        "reviewer_disciplines",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("discipline", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reviewer_disciplines_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "discipline", name=op.f("pk_reviewer_disciplines")),
    )
    op.create_table(
        "rereviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.String(length=36), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["version_id"], ["resource_versions.id"], name=op.f("fk_rereviews_version_id_resource_versions")
        ),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name=op.f("fk_rereviews_reviewer_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rereviews")),
        sa.UniqueConstraint("version_id", "month", name=op.f("uq_rereviews_version_id_month")),
    )
    op.create_index("ix_rereviews_outcome", "rereviews", ["outcome"], unique=False)
    op.create_index("ix_rereviews_month", "rereviews", ["month"], unique=False)
    op.create_table(
        "samplings",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("public", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_samplings")),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("policy_number", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_decisions_policy_number_review_policies"), "review_policies", ["policy_number"], ["number"]
        )


def _make_questions() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("asker_id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["version_id"], ["resource_versions.id"], name=op.f("fk_questions_version_id_resource_versions")
        ),
        sa.ForeignKeyConstraint(["asker_id"], ["users.id"], name=op.f("fk_questions_asker_id_users")),
        sa.ForeignKeyConstraint(["answered_by"], ["nodes.id"], name=op.f("fk_questions_answered_by_nodes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index("ix_questions_version_id", "questions", ["version_id"], unique=False)
    op.add_column("node_events", sa.Column("question_id", sa.String(length=36), nullable=False, server_default=""))


def _fill(connection: sa.Connection, terms: sa.Table) -> None:
    """Write out the terms of the versions that stand, some at a time, and give what waits its due date."""
    last = 0
    while True:
        wanted = sa.select(VERSIONS).where(VERSIONS.c.id > last).order_by(VERSIONS.c.id).limit(AT_A_TIME)
        found = connection.execute(wanted).all()
        if not found:
            return
        last = found[-1].id
        rows = []
        for version in found:
            payload = version.jws.split(".")[1]
            record = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            for name in ("themes", "disciplines"):
                codes = dict.fromkeys(record.get(name, ()))
                rows += [{"version_id": version.id, "vocabulary": name, "code": code} for code in codes]
            if version.state == "in_review":
                due = version.changed_at + timedelta(days=DAYS)
                connection.execute(VERSIONS.update().where(VERSIONS.c.id == version.id).values(due_at=due))
        if rows:
            connection.execute(terms.insert(), rows)


def downgrade() -> None:
    op.execute("DELETE FROM counters WHERE name = 'likeness'")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_constraint("fk_decisions_policy_number_review_policies", type_="foreignkey")
        batch_op.drop_column("policy_number")
    op.drop_column("node_events", "question_id")
    for table in ("questions", "samplings", "rereviews", "reviewer_disciplines", "review_policies", "text_bands"):
        op.drop_table(table)
    op.drop_table("claims")
    op.drop_table("version_terms")
    op.drop_index("ix_resource_versions_due", "resource_versions")
    op.create_index("ix_resource_versions_queue", "resource_versions", ["state", "received_at"], unique=False)
    op.drop_column("resource_versions", "due_at")
