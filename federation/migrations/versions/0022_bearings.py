"""The years, places and relations of what is public, out of the records that are public already."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

AT_ONCE = 500
EARLIEST, LATEST = -9999, 9999
"""The years in which a period begins or ends that is open on that side."""
CELL = ["cell_row", "cell_column", "latitude", "longitude", "place_zh", "place_en"]
"""All that the map reads, so that it reads the index alone."""
PUBLIC = sa.text("""
    SELECT v.resource_id, v.jws FROM change_feed AS f JOIN resource_versions AS v ON v.id = f.version_id
    WHERE f.latest AND f.kind = 'published' AND v.resource_id > :after ORDER BY v.resource_id LIMIT :limit
""")


def upgrade() -> None:
    bearings = op.create_table(
        "bearings",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("since", sa.Integer(), nullable=True),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("cell_row", sa.Integer(), nullable=True),
        sa.Column("cell_column", sa.Integer(), nullable=True),
        sa.Column("place_zh", sa.String(length=200), nullable=False),
        sa.Column("place_en", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name=op.f("fk_bearings_resource_id_resources")),
        sa.PrimaryKeyConstraint("resource_id", name=op.f("pk_bearings")),
    )
    op.create_index("ix_bearings_years", "bearings", ["since", "until"], unique=False)
    op.create_index("ix_bearings_cell", "bearings", CELL, unique=False)
    pointers = op.create_table(
        "pointers",
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("target_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["resource_id"], ["resources.id"], name=op.f("fk_pointers_resource_id_resources")),
        sa.PrimaryKeyConstraint("resource_id", "position", name=op.f("pk_pointers")),
    )
    op.create_index("ix_pointers_target", "pointers", ["target_id"], unique=False)
    for records in _public():
        op.bulk_insert(bearings, [row for pair in records for row in _bearing(*pair)])
        op.bulk_insert(pointers, [row for pair in records for row in _pointers(*pair)])


def downgrade() -> None:
    op.drop_table("pointers")
    op.drop_table("bearings")


def _public() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """What is public, some at a time: the id of each resource and the record that its signature holds."""
    after = ""
    while rows := op.get_bind().execute(PUBLIC, {"after": after, "limit": AT_ONCE}).all():
        payloads = [jws.split(".")[1] for _, jws in rows]
        decoded = [json.loads(base64.urlsafe_b64decode(one + "=" * (-len(one) % 4))) for one in payloads]
        yield [(row[0], record) for row, record in zip(rows, decoded, strict=True)]
        after = rows[-1][0]


def _bearing(resource_id: str, record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    coverage = record.get("coverage", {})
    period, place = coverage.get("period", {}), coverage.get("place", {})
    years = [period[name] for name in ("from", "until") if name in period]
    if not years and "latitude" not in place:
        return
    row: dict[str, Any] = dict.fromkeys(("since", "until", "latitude", "longitude", "cell_row", "cell_column"))
    row |= {"resource_id": resource_id, "place_zh": "", "place_en": ""}
    if years:
        row |= {"since": period.get("from", EARLIEST), "until": period.get("until", LATEST)}
    if "latitude" in place:
        latitude, longitude, names = place["latitude"], place["longitude"], place["name"]
        row |= {"latitude": float(latitude), "longitude": float(longitude)}
        row["cell_row"] = min(1799, math.floor((latitude + 90) * 10))
        row["cell_column"] = math.floor((longitude + 180) * 10) % 3600
        row |= {"place_zh": names.get("zh", names.get("en", "")), "place_en": names.get("en", names.get("zh", ""))}
    yield row


def _pointers(resource_id: str, record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for position, one in enumerate(record.get("relations", ())):
        yield {"resource_id": resource_id, "position": position, "type": one["type"], "target_id": one["target"]}
