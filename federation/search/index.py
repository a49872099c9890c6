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

from federation.search.documents import FACETS, SearchDocument
from federation.search.pinyin import pinyin
from federation.search.text import fold, grams, words
from shared.errors import SystemFault
from shared.wording import Words

LAYOUT = 2
"""Raised whenever fields or text steps change: an index of another layout is left aside and built anew."""
WRITER_MEMORY = 50_000_000
POSITION = "position.json"
REBUILD = "rebuild-asked"
UNWRITABLE = "检索索引写不进去，请检查磁盘空间和权限"


class IndexBusy(Exception):
    """Another process is writing this index."""


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("ark", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("payload", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("title", "keywords", "text"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("words", "pinyin"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("identifiers", tokenizer_name="raw", index_option="basic")
    for name in FACETS:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("published_at", fast=True)
    return builder.build()


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
            tantivy.Index(_schema(), path=str(draft))
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
        try:
            return int(json.loads((self.folder / POSITION).read_text(encoding="utf-8"))["position"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def identity(self) -> str:
        """What tells the change at `position` from one of another database that has the same number."""
        try:
            return str(json.loads((self.folder / POSITION).read_text(encoding="utf-8"))["identity"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def apply(
        self, upserts: Iterable[SearchDocument], deletions: Iterable[str], position: int, identity: str = ""
    ) -> None:
        """Bring changes in with one commit. Doing it again changes nothing: a resource is replaced by its ARK.

        Raises `IndexBusy`.
        """
        writer = self.hold()
        for ark in deletions:
            writer.delete_documents_by_term("ark", ark)
        for document in upserts:
            writer.delete_documents_by_term("ark", document.ark)
            writer.add_document(_as_tantivy(document))
        writer.commit()
        self._remember(position, identity)
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
        self._remember(0, "")
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
        return self._writer

    def _remember(self, position: int, identity: str) -> None:
        draft = self.folder / f"{POSITION}.new"
        with draft.open("w", encoding="utf-8") as file:
            json.dump({"position": position, "identity": identity}, file)
            file.flush()
            with contextlib.suppress(OSError):
                os.fsync(file.fileno())
        draft.replace(self.folder / POSITION)


def _as_tantivy(document: SearchDocument) -> tantivy.Document:
    titles, keywords = _joined(document.titles), _joined(document.keywords)
    rest = _joined((*document.summaries, *document.descriptions, *document.creators, document.extra_text))
    made = tantivy.Document(
        ark=document.ark,
        payload=document.payload,
        title=" ".join(grams(titles)),
        keywords=" ".join(grams(keywords)),
        text=" ".join(grams(f"{titles}\n{keywords}\n{rest}")),
        words=" ".join(words(f"{titles}\n{keywords}\n{rest}")),
        pinyin=" ".join(pinyin(titles)),
    )
    for value in document.identifiers:
        made.add_text("identifiers", fold(value).strip())
    for name in FACETS:
        values = getattr(document, name)
        for value in (values,) if isinstance(values, str) else values:
            made.add_text(name, value)
    made.add_unsigned("published_at", max(0, int(document.published_at.timestamp())))
    return made


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(texts)
