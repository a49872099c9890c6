"""What waits to be sent: its order, what is paused, how far it is; and how fast the line may be used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COLUMNS = ("resource_id", "priority", "paused", "arrived", "passing", "rate", "beat_at", "sent_at")


def upgrade() -> None:
    with op.batch_alter_table("local_files") as table:
        table.add_column(sa.Column("resource_id", sa.String(length=36), nullable=False, server_default=""))
        table.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("arrived", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("passing", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("rate", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True))
        table.drop_index("ix_local_files_sent")
        table.create_index("ix_local_files_queue", ["sent", "priority", "size", "sha256", "paused", "arrived"])
        table.create_index("ix_local_files_sent_at", ["sent_at"])
        table.create_index("ix_local_files_problem", ["path"], sqlite_where=sa.text("problem != ''"))
        table.create_index("ix_local_files_path", ["path"])
        table.create_index("ix_local_files_beat", ["beat_at"], sqlite_where=sa.text("beat_at IS NOT NULL"))
    line = op.create_table(
        "line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("limits", sa.JSON(), nullable=True),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_line"),
    )
    op.bulk_insert(line, [{"id": 1, "paused": False, "rate": 0}])


def downgrade() -> None:
    op.drop_table("line")
    with op.batch_alter_table("local_files") as table:
        for name in ("queue", "sent_at", "problem", "path", "beat"):
            table.drop_index(f"ix_local_files_{name}")
        table.create_index("ix_local_files_sent", ["sent"])
        for name in COLUMNS:
            table.drop_column(name)
