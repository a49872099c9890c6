"""What is kept in memory stays within its limit, and what was asked for last stays longest."""

from __future__ import annotations

from federation.web.portal.memory import Kept


def test_the_bytes_that_nobody_has_asked_for_the_longest_go_first() -> None:
    kept = Kept(10)
    kept.put("a", b"1234")
    kept.put("b", b"1234")
    assert kept.get("a") == b"1234"
    kept.put("c", b"1234")
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (b"1234", None, b"1234")


def test_what_is_put_twice_takes_its_room_once() -> None:
    kept = Kept(10)
    for _ in range(5):
        kept.put("a", b"1234")
    kept.put("b", b"123456")
    assert (kept.get("a"), kept.get("b")) == (b"1234", b"123456")
