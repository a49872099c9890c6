"""Questions of the public beside those of reviewers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("questions", sa.Column("feedback", sa.String(length=10), nullable=False, server_default=""))
    op.add_column("questions", sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("questions", "private")
    op.drop_column("questions", "feedback")
