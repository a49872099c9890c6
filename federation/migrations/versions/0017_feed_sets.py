"""The sets of the change feed, and its entries by their moment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MEMBERSHIPS = """
    INSERT INTO feed_sets (seq, set_spec, superseded_by)
    SELECT member.seq, member.set_spec, coalesce(
        (SELECT min(later.seq) FROM change_feed AS later
         WHERE later.resource_id = member.resource_id AND later.seq > member.seq), 0)
    FROM (
        SELECT f.seq, f.resource_id, '' AS set_spec FROM change_feed AS f
        UNION ALL
        SELECT f.seq, f.resource_id, 'institution:' || i.code FROM change_feed AS f
        JOIN resources AS r ON r.id = f.resource_id JOIN institutions AS i ON i.id = r.institution_id
        UNION ALL
        SELECT f.seq, f.resource_id, 'type:' || v.type FROM change_feed AS f
        JOIN resource_versions AS v ON v.id = f.version_id
        UNION ALL
        SELECT f.seq, f.resource_id, 'theme:' || t.code FROM change_feed AS f
        JOIN version_terms AS t ON t.version_id = f.version_id WHERE t.vocabulary = 'themes'
    ) AS member
"""


def upgrade() -> None:
    op.create_index("ix_change_feed_at", "change_feed", ["at", "seq"], unique=False)
    op.create_table(
        "feed_sets",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("set_spec", sa.String(length=80), nullable=False),
        sa.Column("superseded_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["seq"], ["change_feed.seq"], name=op.f("fk_feed_sets_seq_change_feed"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("seq", "set_spec", name=op.f("pk_feed_sets")),
    )
    op.create_index("ix_feed_sets_standing", "feed_sets", ["set_spec", "superseded_by", "seq"], unique=False)
    op.execute(MEMBERSHIPS)


def downgrade() -> None:
    op.drop_table("feed_sets")
    op.drop_index("ix_change_feed_at", "change_feed")
