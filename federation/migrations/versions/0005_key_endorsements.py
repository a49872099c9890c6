"""What a key's predecessor said of it, and the keys that nobody may bring."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("node_keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("endorsement", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "forbidden_keys",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forbidden_keys")),
    )


def downgrade() -> None:
    op.drop_table("forbidden_keys")
    with op.batch_alter_table("node_keys", schema=None) as batch_op:
        batch_op.drop_column("endorsement")
