"""What the guard against mass deletion has stopped, and until when a member may withdraw more than it lets pass."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("institutions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawals_allowed_until", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "held_withdrawals",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("node_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"], name=op.f("fk_held_withdrawals_node_id_nodes")),
        sa.PrimaryKeyConstraint("resource_id", name=op.f("pk_held_withdrawals")),
    )
    with op.batch_alter_table("held_withdrawals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_held_withdrawals_node_id"), ["node_id"], unique=False)


def downgrade() -> None:
    op.drop_table("held_withdrawals")
    with op.batch_alter_table("institutions", schema=None) as batch_op:
        batch_op.drop_column("withdrawals_allowed_until")
