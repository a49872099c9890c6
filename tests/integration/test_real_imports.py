"""Four real institutions go in whole: every record, none twice, every file as it should be."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from nodes import importing
from nodes.importers import load_mapping, read, source_name
from nodes.importing import Imported
from nodes.models import LocalFile, Resource, Version
from nodes.settings import NodeSettings
from nodes.workplace import Workplace, initialise
from shared import record as records

PROJECT = Path(__file__).resolve().parents[2]
MAPPINGS = PROJECT / "config" / "mappings"
DATA = Path(os.environ.get("COMMONS_REAL_DATA", PROJECT.parent / "shared" / "data"))

pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not here"),
    pytest.mark.only_on("sqlite"),  # no hub is asked
]


@dataclass(frozen=True)
class Real:
    """One source: how many records it has, and how many files they bring."""

    path: str
    mapping: str
    records: int
    files: int


INSTITUTIONS = {
    "bipm": [Real("bipm/bipm_outcomes.jsonl", "bipm", 719, 0)],
    "nist": [
        Real("nist/nist_metrology_subset.jsonl", "nist", 3317, 0),
        Real("nist/technologic-papers.crossref.xml", "nist-crossref", 372, 0),
    ],
    # One of the 104 chapters is empty at the source and so has no file.
    "classical": [
        Real("classical/classical_passages.jsonl", "classical-passages", 2163, 2163),
        Real("classical/classical_chapters.jsonl", "classical-chapters", 104, 103),
    ],
    "tate": [Real("tate/tate_scientific_and_measuring.jsonl", "tate", 403, 0)],
    "media": [Real("media", "media", 3, 8)],
}


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    return initialise(NodeSettings(data=str(tmp_path / "node")))


def import_source(workplace: Workplace, real: Real) -> Imported:
    source, mapping = DATA / real.path, load_mapping(MAPPINGS / f"{real.mapping}.toml")
    rows = read(source, mapping, workplace.folder / "generated")
    return importing.import_rows(workplace, rows, source_name=source_name(source, mapping))


@pytest.mark.parametrize("institution", INSTITUTIONS)
def test_every_record_goes_in_and_a_second_import_changes_nothing(workplace: Workplace, institution: str) -> None:
    for real in INSTITUTIONS[institution]:
        first = import_source(workplace, real)
        assert (first.failed, first.created, first.updated) == ([], real.records, 0)
    for real in INSTITUTIONS[institution]:
        second = import_source(workplace, real)
        assert (second.failed, second.created, second.updated) == ([], 0, 0)
        assert second.unchanged == real.records
    check(workplace, INSTITUTIONS[institution])


def check(workplace: Workplace, sources: list[Real]) -> None:
    """None twice, every record good in itself, every file's digest right."""
    expected = sum(real.records for real in sources)
    with workplace.database.unit_of_work(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(Resource)) == expected
        assert session.scalar(select(func.count()).select_from(Version)) == expected
        sizes = {file.sha256: file for file in session.scalars(select(LocalFile))}
        named = 0
        for version in session.scalars(select(Version)):
            records.check(version.content)
            assert version.content["license"]
            assert version.content["rights_holder"]
            for entry in version.content.get("files", ()):
                named += 1
                data = Path(sizes[entry["sha256"]].path).read_bytes()
                assert (hashlib.sha256(data).hexdigest(), len(data)) == (entry["sha256"], entry["size"])
    assert named == sum(real.files for real in sources)


def test_a_corrected_row_is_a_new_version_of_the_same_resource(workplace: Workplace, tmp_path: Path) -> None:
    lines = (DATA / "tate" / "tate_scientific_and_measuring.jsonl").read_text(encoding="utf-8").splitlines()[:20]
    source, mapping = tmp_path / "tate.jsonl", load_mapping(MAPPINGS / "tate.toml")
    for text in ("\n".join(lines), "\n".join(lines).replace('"title": "', '"title": "Corrected: ', 1)):
        source.write_text(text, encoding="utf-8")
        rows = read(source, mapping, workplace.folder / "generated")
        done = importing.import_rows(workplace, rows, source_name=source_name(source, mapping))
    assert (done.created, done.updated, done.unchanged) == (0, 1, 19)


def test_a_dry_run_registers_nothing(workplace: Workplace) -> None:
    source, mapping = DATA / "tate" / "tate_scientific_and_measuring.jsonl", load_mapping(MAPPINGS / "tate.toml")
    rows = read(source, mapping, workplace.folder / "generated")
    done = importing.import_rows(workplace, rows, source_name=source_name(source, mapping), dry_run=True)
    assert (done.created, done.failed) == (403, [])
    with workplace.database.unit_of_work(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(Resource)) == 0


def test_a_folder_copied_elsewhere_is_still_the_same_source(workplace: Workplace, tmp_path: Path) -> None:
    import_source(workplace, INSTITUTIONS["media"][0])
    shutil.copytree(DATA / "media", tmp_path / "moved")
    mapping = load_mapping(MAPPINGS / "media.toml")
    rows = read(tmp_path / "moved", mapping, workplace.folder / "generated")
    done = importing.import_rows(workplace, rows, source_name=source_name(tmp_path / "moved", mapping))
    assert (done.created, done.updated, done.unchanged) == (0, 0, 3)
