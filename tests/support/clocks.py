"""Another time of day for a process that a test starts, by Debian's libfaketime."""

from __future__ import annotations

from pathlib import Path

LIBRARY = "faketime/libfaketimeMT.so.1"


def shifted(offset: str) -> dict[str, str]:
    """The environment in which a process sees the time of day moved by `offset` (`+1h`, `-1h`).

    Only the time of day: pauses and timeouts are as long as ever. Raises `AssertionError` without libfaketime.
    """
    found = [*Path("/usr/lib").glob(LIBRARY), *Path("/usr/lib").glob(f"*/{LIBRARY}")]
    assert found, "libfaketime is not installed: .ci/run installs it"
    return {"LD_PRELOAD": str(found[0]), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
