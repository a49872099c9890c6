"""How far a node has used its budget of requests and records, and how much an institution may store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Columns are added in place, the default stays: making `nodes` anew would drop a table that others refer to.
    op.add_column("institutions", sa.Column("storage_quota", sa.BigInteger(), nullable=True))
    op.add_column("nodes", sa.Column("paid_until", sa.Double(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("nodes", "paid_until")
    op.drop_column("institutions", "storage_quota")
