"""What sources are called, and which addresses may be one."""

from __future__ import annotations

import pytest

from nodes.sources import MAX_NAME, checked_address, name_of
from shared.errors import InvalidSourceAddress


def test_a_source_is_called_by_its_address_with_or_without_a_last_slash():
    assert name_of("https://example.org/oai/") == name_of("https://example.org/oai") == "https://example.org/oai"


def test_long_addresses_that_end_otherwise_are_different_sources():
    one, other = (name_of("https://example.org/" + "a" * 300 + end) for end in ("1", "2"))
    assert one != other
    assert len(one) == len(other) == MAX_NAME


@pytest.mark.parametrize("address", ["https://example.org/oai?x=1", "http://[2001:db8::1]:8080/oai", "http://馆.cn/"])
def test_an_address_is_kept_as_it_was_typed_but_for_blanks_around_and_a_fragment(address):
    assert checked_address(f"  {address}#top ") == address


@pytest.mark.parametrize(
    "text",
    ["", "example.org/oai", "ftp://example.org/", "http://", "https://exa mple.org", "http://x:y@example.org/"],
)
def test_what_is_no_address_is_refused_with_what_to_write(text):
    with pytest.raises(InvalidSourceAddress) as raised:
        checked_address(text)
    assert "https://" in raised.value.message("zh")
