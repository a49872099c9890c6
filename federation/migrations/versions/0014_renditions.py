"""Renditions: PDFs that the hub makes of office documents, and which hosts can make them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TYPES = (
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.presentation-template",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.text-template",
    "application/rtf",
)
MOST_SOURCE = 100 * 1024**2


def upgrade() -> None:
    op.create_table(
        "renditions",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("maker", sa.String(length=100), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["sha256"], ["stored_objects.sha256"], name=op.f("fk_renditions_sha256_stored_objects")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_renditions")),
    )
    op.create_index("ix_renditions_state", "renditions", ["state", "wanted_at"], unique=False)
    # What the hub has already is converted, too; the kinds of old binary formats were not told apart until now.
    stored = sa.table("stored_objects", sa.column("sha256"), sa.column("size"), sa.column("media_type"))
    documents = sa.select(
        stored.c.sha256, sa.literal("waiting"), sa.literal(0), sa.literal(0), sa.literal(""), sa.literal(""), sa.func.now()
    ).where(stored.c.media_type.in_(TYPES), stored.c.size <= MOST_SOURCE)
    made = sa.table(
        "renditions",
        *(sa.column(name) for name in ("sha256", "state", "tries", "size", "cause", "maker", "wanted_at")),
    )
    op.execute(made.insert().from_select([column.name for column in made.columns], documents))
    op.create_table(
        "converters",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("hindrance", sa.String(length=20), nullable=False),
        sa.Column("maker", sa.String(length=100), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_converters")),
    )


def downgrade() -> None:
    op.drop_table("converters")
    op.drop_table("renditions")
