"""Putting parts of files into the object store: straight from disk, no faster than allowed, patiently.

A part that did not get through is sent again by itself, after growing pauses; only then is the hub asked anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import requests
from requests.adapters import HTTPAdapter

from nodes.hub_client import new_session
from nodes.limits import BLOCK, Limiter
from nodes.patience import BUSY, Hold, Patience, Sleep, retry_after, until
from nodes.settings import NodeSettings
from shared.errors import FileChanged, StoreBusy

Progress = Callable[[int], None]
UNHEARD = 8
"""After how many attempts in a row without any answer the store counts as away: each may have waited for minutes."""


class Stopped(Exception):
    """The run ends in the middle of a part."""


class LargeBlocks(HTTPAdapter):
    """Asks a body for `BLOCK` bytes at a time instead of 16 KiB: fewer rounds through Python for each file."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pool."""
        super().init_poolmanager(*args, **options, blocksize=BLOCK)


class Slice:
    """`size` bytes of a file from `offset`, read as they are sent; requests takes the length from `len`."""

    def __init__(self, file: BinaryIO, offset: int, size: int, allow: Progress, progress: Progress) -> None:
        self._file, self._left, self._size = file, size, size
        self._allow, self._progress = allow, progress
        self.passed = 0
        self.fault: OSError | None = None
        """Why the file could not be read: the HTTP client would take it for a fault of the network."""
        file.seek(offset)

    def __len__(self) -> int:
        return self._size

    def read(self, amount: int = -1) -> bytes:
        """The next bytes, at most `amount`, as soon as they may go out. Raises `FileChanged` for one cut short."""
        wanted = self._left if amount < 0 else min(amount, self._left, BLOCK)
        self._allow(wanted)
        try:
            data = self._file.read(wanted)
        except OSError as error:
            self.fault = error
            raise
        if len(data) < wanted:
            raise FileChanged(name=Path(self._file.name).name)
        self._left -= wanted
        self.passed += wanted
        if wanted:
            self._progress(wanted)
        return data


class Putter:
    """Puts parts for several threads, each with a connection pool of its own."""

    def __init__(self, settings: NodeSettings, origin: str, limiter: Limiter, *, sleep: Sleep = time.sleep) -> None:
        self._settings, self._origin, self._limiter, self._sleep = settings, origin, limiter, sleep
        self._hold = Hold(sleep=sleep)
        self._lock = threading.Lock()
        self._unheard = 0
        self._stopped, self._held = threading.Event(), threading.Event()
        self._local = threading.local()

    @property
    def is_away(self) -> bool:
        """Whether the store has not answered for so long that it need not be asked any more."""
        return self._unheard >= UNHEARD

    @property
    def is_held(self) -> bool:
        """Whether the store wants to be left alone for longer than we wait."""
        return self._held.is_set()

    def hope_again(self) -> bool:
        """Ask the store once more although it may have been away; whether it was silent at all."""
        with self._lock:
            silent, self._unheard = self._unheard > 0, 0
        return silent

    def stop(self) -> None:
        """End what is under way, in the middle."""
        self._stopped.set()

    def patience(self) -> Patience:
        """How long to wait for a server; the pause holds for all threads."""
        return Patience(seconds=self._settings.patience, attempts=self._settings.attempts, sleep=self._hold.pause)

    def put(self, path: Path, part: dict[str, Any], progress: Progress) -> None:
        """Send one part; `progress` hears of bytes that went out, and (negative) of those that did so in vain.

        Raises `StoreBusy`, `Stopped`, an OSError of the file, or what requests raises after the last attempt.
        """
        asked, silence = self.patience(), Patience(seconds=0, attempts=self._settings.attempts, sleep=self._sleep)
        while True:
            try:
                answer = self._once(path, part, progress)
            except requests.RequestException:
                self._hear(nothing=True)
                if self.is_away or not silence.wait(None):
                    raise
                continue
            if answer.status_code not in BUSY:
                break
            pause = retry_after(answer.headers)
            if not asked.wait(pause):
                if pause is not None:
                    self._hold.ask(pause)
                    self._held.set()
                    raise self._too_long(f"HTTP {answer.status_code}")
                break
        self._hear(nothing=False)
        answer.raise_for_status()

    def _once(self, path: Path, part: dict[str, Any], progress: Progress) -> requests.Response:
        """Send a part, once the store may be asked at all. Raises `StoreBusy` when that would take too long."""
        if self._hold.left() > self._settings.patience:
            raise self._too_long("Retry-After")
        self._hold.keep()
        with path.open("rb") as opened:
            body = Slice(opened, part["offset"], part["size"], self._allow, progress)
            good = False
            try:
                data: Any = body if part["size"] else b""
                answer = self._store().put(part["url"], data=data, timeout=self._settings.timeouts)
                good = answer.ok
            except requests.RequestException as error:
                raise (body.fault or error) from error
            finally:
                if not good:
                    progress(-body.passed)
            return answer

    def _allow(self, amount: int) -> None:
        self._limiter.take(amount)
        if self._stopped.is_set():
            raise Stopped

    def _hear(self, *, nothing: bool) -> None:
        with self._lock:
            self._unheard = self._unheard + 1 if nothing else 0

    def _too_long(self, cause: str) -> StoreBusy:
        return StoreBusy(until=until(self._hold.left()), cause=cause)

    def _store(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = new_session(self._origin)
            for scheme in ("http://", "https://"):
                self._local.session.mount(scheme, LargeBlocks())
        session: requests.Session = self._local.session
        return session
