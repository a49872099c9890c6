"""Links of versions, and what was found when they were opened."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

UNCHECKED = {"outcome": "", "status": 0, "cause": "", "in_a_row": 0}


def upgrade() -> None:
    checks = op.create_table(
        "link_checks",
        sa.Column("url_sha256", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("in_a_row", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("url_sha256", name=op.f("pk_link_checks")),
    )
    op.create_index("ix_link_checks_checked_at", "link_checks", ["checked_at"], unique=False)
    op.create_index("ix_link_checks_host", "link_checks", ["host"], unique=False)
    links = op.create_table(
        "version_links",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("url_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["url_sha256"], ["link_checks.url_sha256"], name=op.f("fk_version_links_url_sha256_link_checks")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["resource_versions.id"], name=op.f("fk_version_links_version_id_resource_versions")
        ),
        sa.PrimaryKeyConstraint("version_id", "url_sha256", name=op.f("pk_version_links")),
    )
    op.create_index("ix_version_links_url_sha256", "version_links", ["url_sha256"], unique=False)
    _fill(op.get_bind(), checks, links)


def _fill(connection: sa.Connection, checks: sa.Table, links: sa.Table) -> None:
    """The links of the versions that the hub has already, out of their signed records."""
    versions = sa.table("resource_versions", sa.column("id"), sa.column("jws"))
    known: set[str] = set()
    start = 0
    while page := connection.execute(
        sa.select(versions.c.id, versions.c.jws).where(versions.c.id > start).order_by(versions.c.id).limit(500)
    ).all():
        start = page[-1].id
        for version in page:
            named = {hashlib.sha256(url.encode()).hexdigest(): url for url in _urls(version.jws)}
            new = [
                {**UNCHECKED, "url_sha256": digest, "url": url, "host": _host(url)}
                for digest, url in named.items() if digest not in known
            ]
            if new:
                connection.execute(checks.insert(), new)
            if named:
                rows = [{"version_id": version.id, "url_sha256": digest} for digest in named]
                connection.execute(links.insert(), rows)
            known.update(named)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "")[:253]
    except ValueError:
        return ""


def _urls(jws: str) -> list[str]:
    payload = jws.split(".")[1]
    record = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return [link["url"] for link in record.get("links", ())]


def downgrade() -> None:
    op.drop_table("version_links")
    op.drop_table("link_checks")
