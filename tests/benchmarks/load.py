"""A light HTTP client for load: requests prepared beforehand, keep-alive, only as much parsing as is needed.

A full client would take more of the machine than the server that it measures. Run as a program it is a process
of its own: `python -m tests.benchmarks.load PORT CONNECTIONS SECONDS PATHS_FILE` prints a JSON summary.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.measure import percentile

MAX_CONNECTIONS, MAX_SECONDS = 16, 60.0


@dataclass(frozen=True)
class Loaded:
    """What a run of load gave: requests a second, milliseconds at the 95th percentile, and the status codes."""

    rate: float
    p50: float
    p95: float
    statuses: dict[str, int]


class Connection:
    """One keep-alive connection to this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""

    def get(self, request: bytes) -> tuple[int, bytes]:
        """Send a prepared request; the status and the body."""
        self._socket.sendall(request)
        while (end := self._held.find(b"\r\n\r\n")) < 0:
            self._more()
        head, body = self._held[:end], self._held[end + 4 :]
        lowered = head.lower()
        place = lowered.find(b"content-length:")
        if place < 0:
            raise AssertionError(f"an answer without a length: {head[:200]!r}")
        length = int(lowered[place + 15 :].split(b"\r\n", 1)[0])
        self._held = body
        while len(self._held) < length:
            self._more()
        body, self._held = self._held[:length], self._held[length:]
        return int(head[9:12]), body

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _more(self) -> None:
        data = self._socket.recv(262_144)
        if not data:
            raise AssertionError("the server hung up")
        self._held += data


def prepared(path: str) -> bytes:
    """The bytes of a GET request for a percent-encoded path."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n".encode("ascii")


def run(port: int, connections: int, seconds: float, paths: list[str]) -> Loaded:
    """Load the server for so long."""
    requests = [prepared(path) for path in paths]
    times: list[float] = []
    statuses: Counter[str] = Counter()
    stop = time.perf_counter() + min(seconds, MAX_SECONDS)

    def client(start: int) -> None:
        connection = Connection(port)
        number, mine = start, []
        seen: Counter[str] = Counter()
        while (before := time.perf_counter()) < stop:
            status, _ = connection.get(requests[number % len(requests)])
            mine.append(time.perf_counter() - before)
            seen[str(status)] += 1
            number += 1
        connection.close()
        times.extend(mine)
        statuses.update(seen)

    threads = [
        threading.Thread(target=client, args=(number * 7,)) for number in range(min(connections, MAX_CONNECTIONS))
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lasted = time.perf_counter() - started
    return Loaded(len(times) / lasted, percentile(times, 0.5) * 1000, percentile(times, 0.95) * 1000, dict(statuses))


def from_another_process(port: int, paths: list[str], folder: Path, *, connections: int, seconds: float) -> Loaded:
    """`run` in a process of its own."""
    listed = folder / "paths.txt"
    listed.write_text("\n".join(paths), encoding="ascii")
    command = [sys.executable, "-m", "tests.benchmarks.load", str(port), str(connections), str(seconds), str(listed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True)
    return Loaded(**json.loads(done.stdout))


def main() -> None:
    """The program."""
    port, connections, seconds, listed = sys.argv[1:]
    paths = Path(listed).read_text(encoding="ascii").split("\n")
    print(json.dumps(vars(run(int(port), int(connections), float(seconds), paths))))


if __name__ == "__main__":
    main()
