"""The whole log as static files (C2SP tlog-tiles), which anybody can check without this hub and its software."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from federation.transparency import checkpoints, tiles
from federation.transparency.keys import LogKeys
from shared.errors import FolderNotEmpty
from shared.merkle import WIDTH, levels, place_of

Tell = Callable[[int], object]


def write(session: Session, keys: LogKeys, folder: Path, *, tell: Tell = lambda _count: None) -> int:
    """Write tiles, entries, the verifier keys and last of all the checkpoint; the number of entries.

    `tell` hears of the entries as they are written. Raises `FolderNotEmpty`, `NotFound` before there is a checkpoint,
    or `OSError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FolderNotEmpty(name=folder)
    checkpoint = checkpoints.latest(session)
    for level in range(levels(checkpoint.size)):
        for place in _places(checkpoint.size // WIDTH**level):
            _put(folder / "tile" / str(level) / place, tiles.tile(session, level, place))
    for place in _places(checkpoint.size):
        _put(folder / "tile" / "entries" / place, tiles.bundle(session, place))
        tell(WIDTH)
    signers = [str(keys.verifier), *(str(one.verifier) for one in checkpoints.witnesses(session, keys.origin))]
    _put(folder / "signers", "".join(f"{signer}\n" for signer in signers).encode())
    _put(folder / "checkpoint", str(checkpoint).encode())
    return checkpoint.size


def _places(count: int) -> list[str]:
    """The tiles of so many hashes, the last of which may be partial."""
    full = [place_of(number) for number in range(count // WIDTH)]
    return full + ([place_of(count // WIDTH, count % WIDTH)] if count % WIDTH else [])


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
