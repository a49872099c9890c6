"""A node that publishes as fast as it is let: several senders at once, each obeying Retry-After and nothing else.

A process of its own, so that its signing does not take the time of what is measured:
`python -m tests.benchmarks.noise ORIGIN NODE_FOLDER BODIES_FOLDER SENDERS` runs until its input ends, then prints
how many batches were taken and how many requests were told to wait.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from nodes.keys import Key, load_key
from shared import http_signatures
from shared.messages import PREFIX
from tests.benchmarks.texts import Words
from tests.support.records import Signer

BATCH = 500


class Caller:
    """One node's signed requests over one connection, without the patience of a real node."""

    def __init__(self, origin: str, key: Key) -> None:
        self.origin, self.key = origin, key
        self.session = requests.Session()
        self.session.trust_env = False

    def prepared(self, method: str, path: str, body: bytes = b"", **headers: str) -> requests.PreparedRequest:
        """A signed request, ready to be sent once."""
        request = http_signatures.Request(method, self.origin + PREFIX + path, {"Content-Type": "application/json"})
        http_signatures.sign_request(request, body, private_key=self.key.private, kid=self.key.id)
        said = {**request.headers, **headers}
        return self.session.prepare_request(requests.Request(method, request.url, data=body or None, headers=said))

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        """Send it."""
        return self.session.send(request, timeout=120)


def write_bodies(folder: Path, key: Key, *, count: int) -> None:
    """Write `count` full batches of fresh records, signed, as the requests' bodies."""
    words, signer = Words(), Signer()
    signer.private_key, signer.key_id = key.private, key.id
    folder.mkdir()
    for number in range(count):
        tokens = [signer.sign(words.record()) for _ in range(BATCH)]
        data = gzip.compress(json.dumps({"records": tokens}).encode(), compresslevel=1, mtime=0)
        (folder / f"{number:04}.gz").write_bytes(data)


@contextmanager
def noise(origin: str, node_folder: Path, bodies: Path, *, senders: int) -> Iterator[dict[str, Any]]:
    """Noise while the block runs; what it came to is in the dictionary afterwards."""
    command = [sys.executable, "-m", "tests.benchmarks.noise", origin, str(node_folder), str(bodies), str(senders)]
    found: dict[str, Any] = {}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield found
        said, _ = process.communicate("", timeout=180)
        found.update(json.loads(said))
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """The program."""
    origin, node_folder, bodies, senders = sys.argv[1:]
    key, stop, seen = load_key(Path(node_folder)), threading.Event(), Counter[str]()
    waiting = iter([path.read_bytes() for path in sorted(Path(bodies).iterdir())])
    lock = threading.Lock()

    def send() -> None:
        caller = Caller(origin, key)
        while not stop.is_set():
            with lock:
                body = next(waiting, None)
            if body is None:
                return
            while not stop.is_set():
                answer = caller.send(caller.prepared("POST", "/records", body, **{"Content-Encoding": "gzip"}))
                seen[str(answer.status_code)] += 1
                if answer.status_code == 200:
                    break
                stop.wait(float(answer.headers.get("Retry-After", "1")))

    threads = [threading.Thread(target=send) for _ in range(int(senders))]
    for thread in threads:
        thread.start()
    print("begun", flush=True)
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    print(json.dumps({"records": seen["200"] * BATCH, "answers": dict(seen)}))


if __name__ == "__main__":
    main()
