"""Days on which versions become public or end being so, petitions, and how often the public used what is ours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("versions", sa.Column("effective_on", sa.String(length=10), nullable=False, server_default=""))
    op.create_table(
        "petitions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_petitions")),
    )
    op.add_column("membership", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "use_counts",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("downloads", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("resource_id", name=op.f("pk_use_counts")),
    )
    op.create_index("ix_petitions_resource_id", "petitions", ["resource_id"], unique=False)


def downgrade() -> None:
    op.drop_table("use_counts")
    op.drop_column("membership", "used_at")
    op.drop_table("petitions")
    op.drop_column("versions", "effective_on")
