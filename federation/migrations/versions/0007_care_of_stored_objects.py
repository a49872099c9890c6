"""Stored objects are read again, scanned, and removed when nothing needs them; uploads say how far they have come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stored_objects", schema=None) as batch_op:
        batch_op.add_column(sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("damaged_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("removing_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("scan", sa.String(length=10), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("malware", sa.String(length=200), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("damage", sa.String(length=20), nullable=False, server_default=""))
    # Whatever stands already was read in full when it was verified.
    op.execute("UPDATE stored_objects SET checked_at = verified_at")
    with op.batch_alter_table("stored_objects", schema=None) as batch_op:
        batch_op.alter_column("checked_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.alter_column("damage", existing_type=sa.String(length=20), server_default=None)
        batch_op.alter_column("scan", existing_type=sa.String(length=10), server_default=None)
        batch_op.alter_column("malware", existing_type=sa.String(length=200), server_default=None)
        batch_op.create_index("ix_stored_objects_scan", ["scan"], unique=False)
        batch_op.create_index("ix_stored_objects_checked_at", ["checked_at"], unique=False)
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bytes_present", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.alter_column("bytes_present", existing_type=sa.BigInteger(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.drop_column("bytes_present")
    with op.batch_alter_table("stored_objects", schema=None) as batch_op:
        batch_op.drop_index("ix_stored_objects_checked_at")
        batch_op.drop_index("ix_stored_objects_scan")
        for name in ("malware", "scan", "damage", "removing_at", "damaged_at", "claimed_until", "checked_at"):
            batch_op.drop_column(name)
