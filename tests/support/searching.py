"""An index of made documents, for tests of search without a hub around it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from federation.search.documents import SearchDocument
from federation.search.index import SearchIndex
from federation.search.query import SearchRequest, search


def make_document(name: str, title: str, **changes: Any) -> SearchDocument:
    """A document with this title and, where nothing else is said, no other text."""
    shown = {"title": {"zh": title}, "keywords": changes.get("keywords", ()), "summary": {}, "names": {}}
    plain: dict[str, Any] = {
        "type": "article",
        "institution": "institute-a",
        "license": "CC0-1.0",
        "published_at": datetime(2026, 5, 20, tzinfo=UTC),
        "payload": json.dumps(shown),
    }
    return SearchDocument(ark=name, record_id=name, titles={"zh": title}, **(plain | changes))


def make_index(folder: Path, documents: Iterable[SearchDocument]) -> SearchIndex:
    """An index with these documents."""
    index = SearchIndex.open(folder)
    index.apply(documents, [], 1)
    index.close()
    return index


def found(index: SearchIndex, words: str, size: int = 20) -> list[str]:
    """The names of the documents found, the best first."""
    return [hit.ark for hit in search(index, SearchRequest(text=words, size=size)).hits]
