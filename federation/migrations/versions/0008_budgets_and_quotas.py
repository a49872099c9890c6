"""How far a node has used its budget of requests and records, and how much an institution may store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("institutions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("storage_quota", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("nodes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paid_until", sa.Double(), nullable=False, server_default="0"))
    with op.batch_alter_table("nodes", schema=None) as batch_op:
        batch_op.alter_column("paid_until", existing_type=sa.Double(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("nodes", schema=None) as batch_op:
        batch_op.drop_column("paid_until")
    with op.batch_alter_table("institutions", schema=None) as batch_op:
        batch_op.drop_column("storage_quota")
