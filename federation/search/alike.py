"""Resources that are like one that is at hand: by the telling words of its title and keywords, and its themes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tantivy

from federation.search.index import SearchIndex
from federation.search.matching import MUST, MUST_NOT, SHOULD
from federation.search.text import grams

MOST_TERMS = 25
"""Terms of the resource that are looked for: those that fewest others have."""
LONGEST = 600
"""Characters of titles or keywords that are looked at."""
KEYWORD, THEME = 2.0, 0.5
Query = tantivy.Query


def alike(index: SearchIndex, ark: str, record: Mapping[str, Any], *, limit: int) -> list[str]:
    """ARKs of the resources that are most like the one with this ARK and record, the best first, itself left out."""
    titles, keywords = list(record["title"].values()), list(record.get("keywords", ()))
    told = [
        *_telling(index, "text", [*titles, *keywords], 1.0),
        *_telling(index, "keywords", keywords, KEYWORD),
    ]
    if not told:
        return []
    same = Query.term_query(index.schema, "ark", ark)
    themes = [Query.term_query(index.schema, "themes", code) for code in record["themes"]]
    favoured = [Query.const_score_query(query, THEME) for query in themes]
    wanted = Query.boolean_query([(SHOULD, query) for query in told])
    query = Query.boolean_query([(MUST, wanted), (MUST_NOT, same), *((SHOULD, one) for one in favoured)])
    searcher = index.searcher()
    found = searcher.search(query, limit=limit, count=False)
    return [str(searcher.doc(address).get_first("ark")) for _, address in found.hits]


def _telling(index: SearchIndex, field: str, texts: Sequence[str], weight: float) -> list[Query]:
    """A query for each of the rarest terms that another resource has too.

    The engine's own "more like this" stops the thread (tantivy 0.27) as soon as more resources with a term have been
    taken out of the index than are left in it.
    """
    searcher = index.searcher()
    tokens = dict.fromkeys(token for token in grams("\n".join(texts)[:LONGEST]) if len(token) > 1)
    common = [(searcher.doc_freq(field, token), token) for token in tokens]
    rarest = sorted(one for one in common if one[0] > 1)[:MOST_TERMS]
    return [Query.boost_query(Query.term_query(index.schema, field, token), weight) for _, token in rarest]
