"""256 digests: equal content gives equal digests whatever its order, and any difference shows in its bucket."""

from __future__ import annotations

import hashlib

import uuid6
from hypothesis import given
from hypothesis import strategies as st

from shared.reconciliation import BUCKETS, Item, bucket_digests, bucket_of, differing, overall_digest

IDS = [str(uuid6.uuid7()) for _ in range(40)]
items = st.builds(
    Item,
    st.sampled_from(IDS),
    st.integers(1, 3),
    st.sampled_from(["0" * 64, "1" * 64]),
    st.sampled_from(["published", "in_review"]),
)
holdings = st.lists(items, unique_by=lambda item: (item.record_id, item.version))


@given(holdings, st.randoms())
def test_the_order_does_not_matter(held, random):
    shuffled = list(held)
    random.shuffle(shuffled)
    assert bucket_digests(shuffled) == bucket_digests(held)


@given(holdings, holdings)
def test_exactly_the_buckets_that_differ_are_named(ours, theirs):
    apart = {bucket_of(item.record_id) for item in set(ours) ^ set(theirs)}
    named = differing(bucket_digests(ours), bucket_digests(theirs))
    assert set(named) == apart
    same = overall_digest(bucket_digests(ours)) == overall_digest(bucket_digests(theirs))
    assert same is (not apart)


def test_the_digest_of_a_bucket_can_be_made_by_hand():
    item = Item("019712a0-7c00-7000-8000-0000000000ff", 2, "a" * 64, "published")
    line = f"{item.record_id} 2 {'a' * 64} published\n"
    digests = bucket_digests([item])
    assert len(digests) == BUCKETS
    assert digests[0xFF] == hashlib.sha256(line.encode()).hexdigest()
    assert digests[0] == hashlib.sha256(b"").hexdigest()
