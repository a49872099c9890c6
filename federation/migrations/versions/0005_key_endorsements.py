"""What a key's predecessor said of it."""

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


def downgrade() -> None:
    with op.batch_alter_table("node_keys", schema=None) as batch_op:
        batch_op.drop_column("endorsement")
