"""Vocabularies: complete in both languages, true to their file, and open to an operator's own terms."""

import re
from datetime import date

import pytest

from shared import vocabularies
from shared.record import EVIDENCE_THEMES, EVIDENCE_TYPES
from shared.vocabularies import FOLDER, extend_from, load, vocabulary

FILES = sorted(FOLDER.glob("*.toml"))
HAN = re.compile(r"[\u4e00-\u9fff]")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*|https?://[a-z.]+/[A-Za-z0-9./-]+/")
"""A short word, an SPDX id, or (a statement where there is no licence) its canonical address."""

EXTRA = """
name = "themes"
version = "2"
label = { zh = "主题", en = "Themes" }
[[terms]]
code = "local-history"
zh = "地方计量史"
en = "Local history"
parent = "history"
valid_from = 2026-06-01
"""


@pytest.fixture
def own_lists(monkeypatch):
    """Lists that a test may extend without others noticing."""
    monkeypatch.setattr(vocabularies, "_loaded", dict(vocabularies._loaded))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_vocabulary_is_called_like_its_file_and_complete_in_both_languages(path):
    found = load(path)
    assert found.name == path.stem
    assert found.title("zh") != found.title("en")
    for term in found:
        assert CODE.fullmatch(term.code), term
        assert term.label("zh-Hans-CN")
        assert term.label("en")
        assert not HAN.search(term.en), term
        assert term.valid_from <= date.today()
        assert term.parent is None or term.parent in found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_two_terms_of_a_vocabulary_read_alike(path):
    found = load(path)
    assert len({term.zh for term in found}) == len(found.terms)
    assert len({term.en for term in found}) == len(found.terms)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_vocabulary_says_that_it_is_ours(path):
    assert "Ours: made for this federation" in path.read_text(encoding="utf-8").splitlines()[0]


def test_every_licence_is_explained_in_plain_words_and_has_an_address_or_is_ours():
    for term in vocabulary("licenses"):
        assert HAN.search(term.in_plain_words("zh")), term
        assert term.in_plain_words("en"), term
        assert re.match("https?://", term.uri or "") or term.code.startswith("LicenseRef-"), term


def test_what_needs_evidence_is_in_the_vocabularies():
    assert all(code in vocabulary("types") for code in EVIDENCE_TYPES)
    assert all(code in vocabulary("themes") for code in EVIDENCE_THEMES)


def test_a_code_that_is_not_listed_is_its_own_label():
    assert vocabulary("types").label("hologram", "zh") == "hologram"
    assert vocabulary("types").label("article", "zh") == "文章"


def test_an_unknown_vocabulary_is_an_error():
    with pytest.raises(KeyError):
        vocabulary("colours")


def test_an_operator_adds_terms_to_a_vocabulary(own_lists, tmp_path):
    before = vocabulary("themes")
    (tmp_path / "more.toml").write_text(EXTRA, encoding="utf-8")
    extend_from(tmp_path)
    after = vocabulary("themes")
    assert "local-history" in after
    assert set(before.terms) < set(after.terms)
    assert after.version == f"{before.version}+2"
    assert "local-history" not in before


def test_an_operator_adds_a_vocabulary(own_lists, tmp_path):
    (tmp_path / "gbt32844.toml").write_text(EXTRA.replace("themes", "gbt32844"), encoding="utf-8")
    extend_from(tmp_path)
    assert vocabulary("gbt32844").label("local-history", "en") == "Local history"


@pytest.mark.parametrize(
    "text",
    [
        "name = ",
        'name = "themes"',
        EXTRA.replace("zh = ", "cn = "),
        EXTRA.replace("parent", "above"),
        EXTRA + EXTRA[EXTRA.index("[[terms]]") :],
    ],
    ids=["not TOML", "no terms", "no Chinese", "unknown word", "a code twice"],
)
def test_a_file_of_another_form_is_refused_by_name(tmp_path, text):
    path = tmp_path / "broken.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.toml"):
        load(path)
