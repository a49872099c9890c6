"""A small server that takes files as a hub and its object store do, and calls the test at each part that arrives."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Part = tuple[str, int]
"""The digest of a file and the number of a part of it, from 1."""


@dataclass
class PlayedUploads:
    """Wants every file that it is offered, in parts of `part` bytes; a context within which it answers."""

    part: int = 1000
    arrived: list[Part] = field(default_factory=list)
    """The parts that arrived, in their order."""
    offered: list[list[str]] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    at_part: Callable[[Part], int | None] = lambda _part: None
    """Called before a part is taken; a status that it gives is answered instead."""

    def __enter__(self) -> Self:
        played = self
        self._data: dict[Part, bytes] = {}
        self._sizes: dict[str, int] = {}
        self._lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, said = played._answer(self.path, body)
                with suppress(OSError):  # whoever sent it has hung up
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(said)))
                    self.end_headers()
                    self.wfile.write(said)

            do_POST = do_PUT = answer  # noqa: N815

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        if path.startswith("/parts/"):
            return self._take(path, body)
        message = json.loads(body)
        try:
            said = self._grants(message["files"]) if "files" in message else self._completed(message["upload_ids"])
        except ConnectionError:
            return 503, b""
        return 200, json.dumps({"uploads": said}).encode()

    def _take(self, path: str, body: bytes) -> tuple[int, bytes]:
        _, _, sha256, number = path.split("/")
        part = sha256, int(number)
        status = self.at_part(part)
        if status is not None:
            return status, b""
        with self._lock:
            self._data[part] = body
            self.arrived.append(part)
        return 200, b""

    def _grants(self, files: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.offered.append([file["sha256"] for file in files])
        return [self._grant(file["sha256"], file["size"]) for file in files]

    def _grant(self, sha256: str, size: int) -> dict[str, Any]:
        self._sizes[sha256] = size
        if sha256 in self.whole:
            return {"sha256": sha256, "outcome": "present"}
        here = sum(len(data) for (name, _), data in self._data.items() if name == sha256)
        parts = [
            {
                "number": number,
                "offset": offset,
                "size": min(self.part, size - offset),
                "url": f"{self.origin}/parts/{sha256}/{number}",
            }
            for number, offset in enumerate(range(0, size, self.part), start=1)
            if (sha256, number) not in self._data
        ]
        granted = {"outcome": "granted", "upload_id": sha256[:36], "parts": parts, "more": False}
        return {"sha256": sha256, **granted, "bytes_present": here}

    def _completed(self, upload_ids: list[str]) -> list[dict[str, Any]]:
        answers = []
        for upload_id in upload_ids:
            [sha256] = [name for name in self._sizes if name.startswith(upload_id)]
            data = b"".join(self._data[key] for key in sorted(self._data) if key[0] == sha256)
            assert hashlib.sha256(data).hexdigest() == sha256, "the bytes are not those that were registered"
            self.whole.append(sha256)
            answers.append({"upload_id": upload_id, "outcome": "verifying"})
        return answers
