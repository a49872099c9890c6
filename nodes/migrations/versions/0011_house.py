"""What lists and counts need is kept with the resource, by triggers; accounts; and who did what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

LATEST = """
UPDATE resources SET
    title = coalesce((SELECT group_concat(value, char(10)) FROM
        (SELECT value FROM json_each(versions.record, '$.title') ORDER BY key <> 'zh', key)), ''),
    kind = coalesce(json_extract(versions.record, '$.type'), ''),
    state = versions.state,
    changed_at = versions.changed_at
FROM versions
WHERE versions.resource_id = resources.id AND versions.number = resources.latest_version
"""
TRIGGERS = {
    "versions_added": ("INSERT ON versions", "new.resource_id"),
    "versions_changed": ("UPDATE OF record, state, changed_at ON versions", "new.resource_id"),
    "resources_renewed": ("UPDATE OF latest_version ON resources", "new.id"),
}
INDEXES = {
    "changed": ("changed_at", "id"),
    "state": ("state", "changed_at", "id"),
    "kind": ("kind", "changed_at", "id"),
    "source": ("source", "changed_at", "id"),
    "created": ("created_at", "id"),
    "title": ("title", "id"),
    "ark": ("ark",),
}


def upgrade() -> None:
    for name, kind in (("title", sa.Text()), ("kind", sa.String(length=64)), ("state", sa.String(length=20))):
        op.add_column("resources", sa.Column(name, kind, nullable=False, server_default=""))
    op.add_column("resources", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    for table, name in (("versions", "registered_by"), ("questions", "answered_by"), ("petitions", "made_by")):
        op.add_column(table, sa.Column(name, sa.String(length=64), nullable=False, server_default=""))
    op.execute(LATEST)
    for name, (moment, record) in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} AFTER {moment} BEGIN {LATEST} AND resources.id = {record}; END")
    for name, columns in INDEXES.items():
        op.create_index(f"ix_resources_{name}", "resources", list(columns))
    op.create_index("ix_versions_term", "versions", ["state", "effective_on"], sqlite_where=sa.text("effective_on != ''"))
    op.create_index("ix_questions_resource", "questions", ["resource_id"])
    op.create_index("ix_questions_open", "questions", ["asked_at", "id"], sqlite_where=sa.text("answer = ''"))
    op.create_index("ix_questions_asked", "questions", ["asked_at", "id"])
    op.create_index("ix_use_counts_together", "use_counts", [sa.text("(views + downloads)"), "resource_id"])
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=False),
        sa.Column("stamp", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
    )


def downgrade() -> None:
    op.drop_table("accounts")
    op.drop_index("ix_use_counts_together", table_name="use_counts")
    for name in ("asked", "open", "resource"):
        op.drop_index(f"ix_questions_{name}", table_name="questions")
    op.drop_index("ix_versions_term", table_name="versions")
    for name in INDEXES:
        op.drop_index(f"ix_resources_{name}", table_name="resources")
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name}")
    for table, name in (("petitions", "made_by"), ("questions", "answered_by"), ("versions", "registered_by")):
        op.drop_column(table, name)
    for name in ("changed_at", "state", "kind", "title"):
        op.drop_column("resources", name)
