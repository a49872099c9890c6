"""Request bodies that come slowly: they wait apart, and nobody waits for them."""

from __future__ import annotations

import io
import threading
from typing import Any

from federation.waiting import PLACES, PLACES_OF_ONE_ADDRESS, REFUSAL, WaitingRoom
from shared.errors import InvalidRequest, TooManyWaiting

LIMIT = 100


class SlowBody:
    """Bytes that come when `send` is called, and not before."""

    def __init__(self) -> None:
        self.asked, self._sent = threading.Event(), threading.Event()

    def read(self, size: int) -> bytes:
        self.asked.set()
        assert self._sent.wait(60)
        return b"a" * size

    def send(self) -> None:
        self._sent.set()


class Room:
    """A room before an application that says what reached it."""

    def __init__(self, desks: int = 2) -> None:
        self.room = WaitingRoom(self.answer, desks=desks, limit=LIMIT)
        self.threads: list[threading.Thread] = []
        self.slow: list[SlowBody] = []

    def answer(self, environ: dict[str, Any], _start: Any) -> list[Any]:
        return [environ.get(REFUSAL), environ["wsgi.input"].read()]

    def ask(self, body: Any, length: int | None, address: str = "a") -> list[Any]:
        environ = {"wsgi.input": body, "REMOTE_ADDR": address}
        environ |= {"HTTP_TRANSFER_ENCODING": "chunked"} if length is None else {"CONTENT_LENGTH": str(length)}
        return list(self.room(environ, None))

    def wait(self, address: str) -> None:
        """Somebody begins to send, and is being waited for when this returns."""
        body = SlowBody()
        thread = threading.Thread(target=self.ask, args=(body, 5, address))
        thread.start()
        assert body.asked.wait(60)
        self.threads.append(thread)
        self.slow.append(body)

    def finish(self) -> None:
        for body in self.slow:
            body.send()
        for thread in self.threads:
            thread.join(60)


def test_a_body_reaches_the_application_whole() -> None:
    assert Room().ask(io.BytesIO(b"hello and more"), 14) == [None, b"hello and more"]
    assert Room().ask(io.BytesIO(b"hello"), None) == [None, b"hello"]
    assert Room().ask(io.BytesIO(b""), 0) == [None, b""]


def test_not_a_byte_is_read_beyond_the_length_that_was_announced() -> None:
    stream = io.BytesIO(b"one" + b"the next request")
    assert Room().ask(stream, 3) == [None, b"one"]
    assert stream.read() == b"the next request"


def test_a_body_without_a_length_is_cut_where_it_is_too_long_already() -> None:
    [_, body] = Room().ask(io.BytesIO(b"x" * 10 * LIMIT), None)
    assert len(body) == LIMIT + 1


def test_a_body_that_says_it_is_too_long_is_not_read_before_it_is_refused() -> None:
    class Never:
        def read(self, *_: int) -> bytes:
            raise AssertionError("read")

    room = WaitingRoom(lambda environ, _: [environ["CONTENT_LENGTH"]], desks=1, limit=LIMIT)
    assert room({"wsgi.input": Never(), "CONTENT_LENGTH": str(LIMIT + 1)}, None) == [str(LIMIT + 1)]


def test_a_body_that_broke_off_is_not_taken_for_a_whole_one() -> None:
    [refusal, body] = Room().ask(io.BytesIO(b"half"), 8)
    assert isinstance(refusal, InvalidRequest)
    assert body == b""


def test_one_address_takes_a_part_of_the_places_and_others_are_served() -> None:
    room = Room(desks=1)
    try:
        for _ in range(PLACES_OF_ONE_ADDRESS):
            room.wait("slow")
        [refusal, _] = room.ask(io.BytesIO(b"x"), 1, "slow")
        assert isinstance(refusal, TooManyWaiting)
        assert refusal.retry_after
        assert room.ask(io.BytesIO(b"x"), 1, "other") == [None, b"x"]
        assert room.ask(io.BytesIO(b""), 0, "slow") == [None, b""]
    finally:
        room.finish()
    assert room.ask(io.BytesIO(b"x"), 1, "slow") == [None, b"x"]


def test_when_every_place_is_taken_whoever_sends_nothing_is_served_still() -> None:
    room = Room(desks=1)
    try:
        for number in range(PLACES):
            room.wait(f"address {number % (PLACES // 4)}")
        assert isinstance(room.ask(io.BytesIO(b"x"), 1, "another")[0], TooManyWaiting)
        assert room.ask(io.BytesIO(b""), 0, "another") == [None, b""]
    finally:
        room.finish()
    assert room.ask(io.BytesIO(b"x"), 1, "another") == [None, b"x"]
