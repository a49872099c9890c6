"""Debian's ClamAV with a signature database of our own: it knows the EICAR test file and nothing else."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLAMD = "/usr/sbin/clamd"
TEST_FILE = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless text that every scanner takes for malware; written in two pieces so that this file is none."""
SIGNATURE = "Test.Eicar"


@contextmanager
def running_clamd(folder: Path, *, stream_mib: int = 25) -> Iterator[str]:
    """Start clamd on a local socket; gives the address as the setting `clamd` has it."""
    folder.mkdir(parents=True, exist_ok=True)
    place, config = folder / "clamd.sock", folder / "clamd.conf"
    (folder / "own.ndb").write_text(f"{SIGNATURE}:0:*:{TEST_FILE.encode().hex()}\n", encoding="ascii")
    config.write_text(
        f"DatabaseDirectory {folder}\nLocalSocket {place}\nForeground yes\nStreamMaxLength {stream_mib}M\n",
        encoding="utf-8",
    )
    log = folder / "clamd.log"
    with log.open("wb") as out:
        process = subprocess.Popen([CLAMD, "--config-file", str(config)], stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while not _answers(place):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield f"unix:{place}"
    finally:
        process.terminate()
        process.wait(30)


def _answers(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(place))
            probe.sendall(b"zPING\0")
            return probe.recv(10) == b"PONG\0"
        except OSError:
            return False
