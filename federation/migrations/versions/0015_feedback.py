"""What the public says of resources, and what the institutions answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("node_events", sa.Column("feedback", sa.String(length=10), nullable=False, server_default=""))
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("by_staff", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=36), nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["nodes.id"], name=op.f("fk_feedback_answered_by_nodes")),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name=op.f("fk_feedback_resource_id_resources")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["resource_versions.id"], name=op.f("fk_feedback_version_id_resource_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_index("ix_feedback_at", "feedback", ["at"], unique=False)
    op.create_index("ix_feedback_resource_id", "feedback", ["resource_id"], unique=False)
    op.create_index("ix_feedback_sender", "feedback", ["sender", "at"], unique=False)


def downgrade() -> None:
    op.drop_table("feedback")
    op.drop_column("node_events", "feedback")
