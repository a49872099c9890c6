"""Publication on a day, the day on which what is topical expires, and what institutions ask of the alliance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

DAYS = ("publish_on", "expires_on", "opens_on")
TOLD = (("petition_id", 36), ("petition", 10), ("effective_on", 10))


def upgrade() -> None:
    for name in DAYS:
        op.add_column("resource_versions", sa.Column(name, sa.Date(), nullable=True))
        op.create_index(f"ix_resource_versions_{name}", "resource_versions", [name], unique=False)
    for name, length in TOLD:
        op.add_column("node_events", sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
    op.add_column("decisions", sa.Column("publish_on", sa.Date(), nullable=True))
    op.add_column("decisions", sa.Column("standing", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "petitions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("about", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("maker", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decider_id", sa.String(length=36), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["version_id"], ["resource_versions.id"], name=op.f("fk_petitions_version_id_resource_versions")
        ),
        sa.ForeignKeyConstraint(["decider_id"], ["users.id"], name=op.f("fk_petitions_decider_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petitions")),
    )
    op.create_index("ix_petitions_version_id", "petitions", ["version_id"], unique=False)
    op.create_index("ix_petitions_outcome", "petitions", ["outcome", "made_at"], unique=False)


def downgrade() -> None:
    op.drop_table("petitions")
    op.drop_column("decisions", "standing")
    op.drop_column("decisions", "publish_on")
    for name, _length in reversed(TOLD):
        op.drop_column("node_events", name)
    for name in reversed(DAYS):
        op.drop_index(f"ix_resource_versions_{name}", "resource_versions")
        op.drop_column("resource_versions", name)
