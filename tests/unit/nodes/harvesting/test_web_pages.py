"""A web page as strangers make it: what cannot be read is left out, and the page is read to its end."""

from __future__ import annotations

import pytest

from nodes.harvesting.web_pages import rows_of
from shared.errors import SourceUnreadable

AT = "https://example.org/news/"


def page(script: str, before: str = "") -> bytes:
    return f'<!doctype html><html lang="zh">{before}<SCRIPT type=application/ld+json>{script}</script>'.encode()


def test_a_description_is_found_wherever_it_stands_but_not_in_a_comment():
    decoys = '<!-- <script type="application/ld+json">{"@type":"Book","name":"no"}</script> --><script>1 < 2</script>'
    (row,) = rows_of(page('{"@type":"Book","name":"秤 &amp; <b>"}', decoys), AT)
    assert (row["name"], row["page"]["language"]) == (["秤 &amp; <b>"], "zh")


@pytest.mark.parametrize("opened", ["<!--", "<script ", "<script>", "<script a='", "<html ", "</a "])
def test_a_page_that_never_closes_what_it_opens_is_read_to_its_end(opened):
    with pytest.raises(SourceUnreadable):
        rows_of(opened.encode() * 60_000, AT)


def test_what_lies_absurdly_deep_is_left_out():
    (row,) = rows_of(page(f'{{"@type":"Book","name":"x","keywords":{"[" * 900}"a"{"]" * 900}}}'), AT)
    assert "keywords" not in row


def test_an_address_that_is_none_stays_for_the_check_of_the_record_to_tell():
    (row,) = rows_of(page('{"@type":"Book","name":"x","@id":"http://[1","url":"http://[2"}'), AT)
    assert (row["id"], row["url"]) == ("http://[1", ["http://[2"])


def test_a_page_cannot_say_which_files_of_this_machine_belong_to_a_work():
    (row,) = rows_of(page('{"@type":"Book","name":"x","files":"key.pem","default":"x"}'), AT)
    assert row.keys().isdisjoint({"files", "default"})
