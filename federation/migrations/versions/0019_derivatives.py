"""Derivatives: pictures that the hub makes of stored files, and the beginnings of texts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What is stored already is found by the worker itself: it looks for files without a row when it starts.
    op.create_table(
        "derivatives",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("recipe", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("maker", sa.String(length=100), nullable=False),
        sa.Column("pictures", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["sha256"], ["stored_objects.sha256"], name=op.f("fk_derivatives_sha256_stored_objects")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_derivatives")),
    )
    op.create_index("ix_derivatives_state", "derivatives", ["state", "wanted_at"], unique=False)


def downgrade() -> None:
    op.drop_table("derivatives")
