"""Crossref XML, from deposits and from queries; and XML made to harm."""

from __future__ import annotations

import pytest

from shared.errors import ImportUnreadable
from tests.unit.nodes.importers.conftest import Import

MAPPING = """
source = "journal"
id = "doi"
[fields]
"title.en" = { from = "title" }
"created" = { from = "year" }
[[fields.creators]]
each = "authors"
parts.name = { from = "name" }
"""
ARTICLE = """<?xml version="1.0"?>
<crossref_result xmlns="http://www.crossref.org/qrschema/3.0"><query_result><body><query status="resolved">
<doi type="journal_article">10.1/b</doi><doi_record><crossref><journal>
<journal_issue><doi_data><doi>10.1/issue</doi></doi_data></journal_issue>
<journal_article><titles><title>On <i>g</i> and
 mass</title></titles><contributors>
<person_name contributor_role="author"><given_name>Ann</given_name><surname>Lee</surname></person_name>
<organization contributor_role="author">Bureau</organization></contributors>
<publication_date><year>1901</year></publication_date><doi_data><doi>10.1/B</doi></doi_data></journal_article>
</journal></crossref></doi_record></query></body></query_result></crossref_result>"""
BOMB = """<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<body><query><doi>&c;</doi></query></body>"""


def test_an_item_is_what_was_deposited_under_its_doi(import_: Import) -> None:
    (row,) = import_("a.xml", ARTICLE, MAPPING)
    assert (row.number, row.source_id) == (1, "10.1/b")
    assert row.fields == {
        "title": {"en": "On g and mass"},
        "created": "1901",
        "creators": [{"name": "Lee, Ann"}, {"name": "Bureau"}],
    }


def test_an_item_without_content_stops_no_other(import_: Import) -> None:
    empty = "<query><doi>10.1/x</doi></query>"
    rows = import_(
        "a.xml", f"<body>{empty}{ARTICLE[ARTICLE.index('<query ') : ARTICLE.index('</body>')]}</body>", MAPPING
    )
    assert [[error.code for error in row.errors] for row in rows] == [["unreadable_row"], []]


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        '<!DOCTYPE body SYSTEM "file:///etc/passwd"><body><query/></body>',
        "<body><query>" + "<a>" * 5000 + "</a>" * 5000 + "</query></body>",
        "<body><query></body>",
        "<body/>",
        "",
        '<?xml version="1.0" encoding="no-such"?><body/>',
    ],
)
def test_harmful_or_broken_xml_is_refused_as_a_whole(import_: Import, content: str) -> None:
    with pytest.raises(ImportUnreadable):
        import_("a.xml", content, MAPPING)


def test_crossref_xml_needs_a_mapping(import_: Import) -> None:
    with pytest.raises(ImportUnreadable):
        import_("a.xml", ARTICLE)
