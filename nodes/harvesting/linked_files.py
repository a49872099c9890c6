"""Files that a document links to, fetched only when the operator asked for them, and from public addresses only.

They lie in the node's folder by the digest of their address and of the entry's date: what has not changed is not
fetched again, and what was registered earlier can still be sent.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nodes.faults import of_system
from nodes.file_names import file_name
from nodes.harvesting.fetching import Fetcher, agent_of
from nodes.harvesting.intake import FOLDER
from nodes.harvesting.oai.repository import CUT
from nodes.harvesting.work import Work
from shared.canonical import digest
from shared.errors import FieldError, InvalidSourceAddress, SourceAway, SourceRefused

MAX_FILE = 50 * 1000**2
"""Bytes of one linked file."""
MOST = 20
"""Files of one entry."""


def fetched(work: Work, addresses: Iterable[str], *, stamp: str) -> list[str]:
    """Paths, in the node's folder for them, of what stands at `addresses`; what cannot be fetched is left out.

    `stamp` is the entry's date: a changed entry's files are fetched anew. What fails is noted as a fault of the
    source.
    """
    base = work.workplace.folder / FOLDER
    fetcher = Fetcher(agent=agent_of(work.workplace))
    found = []
    for address in list(addresses)[:MOST]:
        path = base / digest(f"{address}\n{stamp}".encode())[:32] / (_name(address) or "file")
        if not path.is_file():
            work.sleep(work.pause)
            try:
                _fetch(fetcher, address, path)
            except (InvalidSourceAddress, SourceAway, SourceRefused) as error:
                params = {"name": address[:200], "cause": error.as_cause()}
                work.intake.fail(address[:200], [FieldError("/files", "file_unreadable", params)])
                continue
        found.append(path.relative_to(base).as_posix())
    return found


def _fetch(fetcher: Fetcher, address: str, path: Path) -> None:
    answer = fetcher.get(address, most=MAX_FILE)
    if answer.status != 200:
        raise SourceRefused(address=address[:200], cause=f"HTTP {answer.status}")
    if not answer.whole:
        raise SourceAway(address=address[:200], cause=CUT)
    draft = path.with_name(f"{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(answer.body)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise of_system(error, path.parent) from error


def _name(address: str) -> str:
    return file_name(unquote(urlsplit(address).path.rpartition("/")[2]))
