"""What the mappings make of real catalogues, held against them: nothing lost, nothing invented."""

import json
import os
from pathlib import Path

import pytest

from nodes import importers

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("COMMONS_REAL_DATA", ROOT.parent / "shared" / "data"))
pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not here"),
    pytest.mark.only_on("sqlite"),  # no hub is asked
]

BIPM = "bipm/bipm_outcomes.jsonl"
NIST = "nist/nist_metrology_subset.jsonl"
TATE = "tate/tate_scientific_and_measuring.jsonl"
CLASSICAL = {
    "classical-passages": "classical/classical_passages.jsonl",
    "classical-chapters": "classical/classical_chapters.jsonl",
}


def mapped(path, mapping, tmp_path):
    """The rows by their identifier at the source."""
    rules = importers.load_mapping(ROOT / "config" / "mappings" / f"{mapping}.toml")
    rows = list(importers.read(DATA / path, rules, tmp_path))
    assert [row for row in rows if row.errors] == []
    return {row.source_id: row for row in rows}


def source_rows(path):
    return [json.loads(line) for line in (DATA / path).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("mapping", CLASSICAL)
def test_each_classical_text_is_a_file_with_just_its_words(mapping, tmp_path):
    rows = mapped(CLASSICAL[mapping], mapping, tmp_path)
    for source in source_rows(CLASSICAL[mapping]):
        row = rows[source["id"]]
        texts = [spec.path.read_bytes().decode() for spec in row.files]
        assert texts == ([source["text"].rstrip("\n") + "\n"] if source["text"] else [])
        assert row.fields["license"] == "https://creativecommons.org/publicdomain/mark/1.0/"
        assert (row.fields["type"], row.fields["themes"]) == ("document", ["traditional-culture"])


def test_bipm_outcomes_speak_english_and_french_and_link_to_where_they_stand(tmp_path):
    rows = mapped(BIPM, "bipm", tmp_path)
    for source in source_rows(BIPM):
        fields = rows[source["id"]].fields
        addresses = {source[tag]["url"] for tag in ("en", "fr")} - {None}
        assert {link["url"] for link in fields["links"]} == addresses
        assert {"scheme": "uri", "value": source["iri"]} in fields["identifiers"]
        assert fields.get("created") == source["date"]
        assert (fields["license"], "BIPM" in fields["rights_holder"]) == ("CC-BY-3.0-IGO", True)
        assert fields["language"] == [tag for tag in ("en", "fr") if source[tag]["title"]]
    both = rows["CGPM1-Res1"].fields
    assert both["title"]["en"].startswith("Sanction of the international prototypes")
    assert both["title"]["fr"].startswith("Sanction des prototypes internationaux")
    assert {"scheme": "doi", "value": "10.59161/cgpm1889declf"} in both["identifiers"]
    assert rows["CGPM3-Decl2"].fields["title"]["en"].endswith("conventional value of gₙ")


def test_no_tag_of_html_is_left_in_what_bipm_decided(tmp_path):
    said = json.dumps([row.fields for row in mapped(BIPM, "bipm", tmp_path).values()], ensure_ascii=False)
    left = [mark for mark in ("<i>", "</i>", "<sub>", "<sup>", "<br", "&nbsp;", "|===") if mark in said]
    assert left == []


def test_nist_reports_keep_their_doi_authors_and_year(tmp_path):
    rows = mapped(NIST, "nist", tmp_path)
    for source in source_rows(NIST):
        fields = rows[source["doi"]].fields
        assert fields["created"] == source["year"]
        assert fields["title"]["en"][:200] == source["title"].strip()[:200]
        assert len(fields.get("creators", [])) == len(set(source["authors"]))
        assert fields["links"][0]["url"] == f"https://doi.org/{source['doi']}"
        assert fields["license"] == "http://rightsstatements.org/vocab/NoC-US/1.0/"


def test_papers_from_crossref_have_their_authors_and_their_text(tmp_path):
    rows = mapped("nist/technologic-papers.crossref.xml", "nist-crossref", tmp_path)
    fields = rows["10.6028/nbst.1084"].fields
    assert fields["title"]["en"] == (
        "The strength of reinforced concrete beams – results of tests of 333 beams (first series)"
    )
    assert [creator["name"] for creator in fields["creators"]] == ["Humphrey, R.L.", "Losse, L.H."]
    assert fields["links"][0]["url"].endswith("nbstechnologicpaperT2.pdf")
    assert (fields["created"], len(rows)) == ("1911", 372)


def test_works_at_tate_have_dates_only_where_the_source_has_them(tmp_path):
    rows = mapped(TATE, "tate", tmp_path)
    dated = {source["acno"] for source in source_rows(TATE) if source["dateText"] != "date not known"}
    assert {name for name, row in rows.items() if "created" in row.fields} == dated
    assert rows["A01096"].fields["created"] == "1902~"
    assert {row.fields["license"] for row in rows.values()} == {"CC0-1.0"}
