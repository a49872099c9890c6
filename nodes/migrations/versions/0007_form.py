"""Forms that were begun and not registered yet, and the files that forms bring."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_drafts",
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("form", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_form_drafts")),
    )
    op.create_index("ix_form_drafts_saved_at", "form_drafts", ["saved_at"], unique=False)
    op.create_table(
        "form_uploads",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_form_uploads")),
    )


def downgrade() -> None:
    op.drop_table("form_uploads")
    op.drop_index("ix_form_drafts_saved_at", table_name="form_drafts")
    op.drop_table("form_drafts")
