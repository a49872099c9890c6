"""Names that nobody else has."""

from __future__ import annotations

import uuid

from shared.identifiers import fresh_id
from shared.record import is_record_id


def test_an_id_is_a_uuid_of_version_7_as_records_have_it() -> None:
    assert uuid.UUID(fresh_id()).version == 7
    assert is_record_id(fresh_id())


def test_what_is_made_later_sorts_later_and_nothing_is_made_twice() -> None:
    made = [fresh_id() for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000
