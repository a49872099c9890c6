"""A small disk that really runs full: a file system in memory, mounted for one test."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(place: Path, *, mib: int) -> Iterator[Path]:
    """Mount `mib` MiB at `place` and unmount them at the end; mounting takes root, as tests have it in CI."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "commons-test", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path, *, leaving: int = 0) -> Path:
    """Take all the room but `leaving` bytes; removing the file that comes back gives it back."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"1" * 65536)
        except OSError:
            if leaving:
                file.truncate(max(0, file.tell() - leaving))
    return ballast
