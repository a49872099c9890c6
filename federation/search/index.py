"""The index on this host's disk: one process writes it, others read and see each commit."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tantivy

from federation.search import sounds
from federation.search.documents import SearchDocument
from federation.search.entries import entry, schema
from shared.errors import SystemFault
from shared.wording import Words

LAYOUT = 3
"""Raised whenever fields or text steps change: an index of another layout is left aside and built anew."""
WRITER_MEMORY = 50_000_000
POSITION = "position.json"
REBUILD = "rebuild-asked"
UNWRITABLE = "检索索引写不进去，请检查磁盘空间和权限"


class IndexBusy(Exception):
    """Another process is writing this index."""


class SearchIndex:
    """An index in a folder; `position` is the number of the last change of the feed that it contains."""

    def __init__(self, folder: Path, index: tantivy.Index) -> None:
        self.folder = folder
        self._index = index
        self._writer: Any = None

    @classmethod
    def open(cls, folder: Path) -> SearchIndex:
        """The index in `folder`; made empty (position 0) when there is none, or none that can be read.

        Raises `OSError` or `SystemFault` when it cannot be made.
        """
        place = folder / f"index-{LAYOUT}"
        if place.exists():
            try:
                return cls(place, tantivy.Index.open(str(place)))
            except (ValueError, OSError):
                place.rename(place.with_name(f"unreadable-{os.getpid()}-{place.stat().st_mtime_ns}"))
        folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder, prefix="new-"))
        try:
            tantivy.Index(schema(), path=str(draft))
        except ValueError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise SystemFault(path=str(folder), cause=Words(str(error), UNWRITABLE)) from error
        try:
            draft.rename(place)
        except OSError:
            # Another process was quicker: its index is as good.
            shutil.rmtree(draft, ignore_errors=True)
        return cls(place, tantivy.Index.open(str(place)))

    @property
    def schema(self) -> tantivy.Schema:
        """The fields."""
        return self._index.schema

    def searcher(self) -> tantivy.Searcher:
        """A reader's view of the last commit that was seen."""
        return self._index.searcher()

    def reload(self) -> None:
        """See the last commit now; without it, it is seen about half a second later."""
        self._index.reload()

    def count(self) -> int:
        """How many resources are in it."""
        return int(self.searcher().num_docs)

    def position(self) -> int:
        """The last change that is in it for sure; after a crash it may contain a few more, which do no harm."""
        return int(self._remembered().get("position", 0))

    def identity(self) -> str:
        """What tells the change at `position` from one of another database that has the same number."""
        return str(self._remembered().get("identity", ""))

    def uses_until(self) -> int:
        """The number of the last use that is counted in it."""
        return int(self._remembered().get("uses", 0))

    def apply(
        self, upserts: Iterable[SearchDocument], deletions: Iterable[str], position: int, identity: str = ""
    ) -> None:
        """Bring changes in with one commit. Doing it again changes nothing: a resource is replaced by its ARK.

        Raises `IndexBusy`.
        """
        self._write(upserts, deletions)
        self._remember(position=position, identity=identity, uses=self.uses_until())
        self.reload()

    def apply_uses(self, upserts: Iterable[SearchDocument], until: int) -> None:
        """Bring in documents of which only the number of uses has changed; uses up to `until` are counted in them.

        Raises `IndexBusy`.
        """
        self._write(upserts, ())
        self._remember(**(self._remembered() | {"uses": until}))
        self.reload()

    def clear(self) -> None:
        """Take everything out, for building anew. Raises `IndexBusy`.

        The request stands from before the first change until after the last, so that one who is killed in between
        begins again.
        """
        writer = self.hold()
        self.ask_for_rebuild()
        writer.delete_all_documents()
        writer.commit()
        self._remember(position=0, identity="", uses=0)
        self.reload()
        (self.folder / REBUILD).unlink(missing_ok=True)

    def ask_for_rebuild(self) -> None:
        """Ask whichever process writes this index, now or later, to begin it again."""
        (self.folder / REBUILD).touch()

    def rebuild_asked(self) -> bool:
        """Whether that was asked and is not done."""
        return (self.folder / REBUILD).exists()

    def close(self) -> None:
        """Let go of the writer's lock."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    def hold(self) -> Any:
        """Become the one that writes this index, until `close`; gives the writer. Raises `IndexBusy`."""
        if self._writer is None:
            try:
                self._writer = self._index.writer(heap_size=WRITER_MEMORY, num_threads=1)
            except ValueError as error:
                if "LockBusy" not in str(error):
                    raise
                raise IndexBusy(self.folder) from error
            sounds.write(self.folder)
        return self._writer

    def _write(self, upserts: Iterable[SearchDocument], deletions: Iterable[str]) -> None:
        writer = self.hold()
        for ark in deletions:
            writer.delete_documents_by_term("ark", ark)
        for document in upserts:
            writer.delete_documents_by_term("ark", document.ark)
            writer.add_document(entry(document))
        writer.commit()

    def _remembered(self) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / POSITION).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _remember(self, **said: Any) -> None:
        draft = self.folder / f"{POSITION}.new"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(said, file)
            file.flush()
            with contextlib.suppress(OSError):
                os.fsync(file.fileno())
        draft.replace(self.folder / POSITION)
