"""Names that nobody else has: of records, events and whatever else must be told apart across the federation."""

from __future__ import annotations


def fresh_id() -> str:
    """A UUID of version 7 in its usual form (RFC 9562, section 5.7): what is made later sorts later."""
    import uuid6  # noqa: PLC0415  # a page that only shows what there is makes none

    return str(uuid6.uuid7())
