"""Four real institutions in one hub: every record in, none twice, every file's digest right, all found by search.

Of the 2,163 passages a quarter is enough here, those that are searched for among them: that each can be imported is
shown elsewhere, and each is a file to be sent, read and kept.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from sqlalchemy import select

from federation.core import store_settings
from federation.models.objects import StoredObject
from federation.models.resources import VersionFile
from federation.settings import load_settings
from federation.storage import ObjectStore
from tests.integration.test_real_imports import DATA, INSTITUTIONS, MAPPINGS
from tests.support.processes import Command, HubProcess, eventually, running_hub_process
from tests.support.stores import kept_bytes

pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not here"),
    pytest.mark.xdist_group("real-data"),
]
MEMBERS = ("bipm", "nist", "classical", "tate")
PASSAGES = "classical/classical_passages.jsonl"
SOUGHT = ("漏刻", "圭表", "黄钟之长")


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with running_hub_process(tmp_path_factory.mktemp("real") / "var") as running:
        running.reviewer("real-one")
        running.reviewer("real-two")
        yield running


@pytest.fixture(scope="module")
def passages() -> list[str]:
    """The lines of a quarter of the passages."""
    lines = (DATA / PASSAGES).read_text(encoding="utf-8").splitlines()
    return [line for place, line in enumerate(lines) if not place % 4 or any(word in line for word in SOUGHT)]


@pytest.fixture(scope="module")
def expected(passages) -> dict[str, int]:
    """How many records each institution has."""
    found = {code: sum(real.records for real in INSTITUTIONS[code]) for code in MEMBERS}
    found["classical"] += len(passages) - next(
        real.records for real in INSTITUTIONS["classical"] if real.files > 1000
    )
    found["tate"] += sum(real.records for real in INSTITUTIONS["media"])
    return found


@pytest.fixture(scope="module")
def nodes(hub: HubProcess, passages, tmp_path_factory) -> dict[str, Command]:
    """The four nodes, their records imported, published, and reviewed in bulk by two reviewers."""
    folder = tmp_path_factory.mktemp("nodes")
    made = {code: hub.node(folder / code, code) for code in MEMBERS}
    sample = folder / "passages.jsonl"
    sample.write_text("\n".join(passages) + "\n", encoding="utf-8")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda code: bring_in(made[code], code, sample), MEMBERS))
    for code in MEMBERS:
        for name in ("real-one", "real-two"):
            hub.command.run("approve", "--institution", code, "--reviewer", name, "--reason", "批量审核：来源已核对")
        made[code].run("sync")
    return made


def bring_in(node: Command, code: str, sample: Path) -> None:
    sources = [*INSTITUTIONS[code], *(INSTITUTIONS["media"] if code == "tate" else [])]
    for real in sources:
        path = sample if real.path == PASSAGES else DATA / real.path
        node.run("import", str(path), "--mapping", str(MAPPINGS / f"{real.mapping}.toml"), timeout=300)
    node.run("sync", "--wait", "300", timeout=400)


def test_every_record_is_published_and_none_twice(hub, nodes, expected):
    for code in MEMBERS:
        standing = nodes[code].json("status")
        assert standing["states"] == {"published": expected[code]}
        arks = [resource["ark"] for resource in standing["resources"]]
        assert len(set(arks)) == len(arks)
    total = sum(expected.values())
    eventually(lambda: hub.get("/api/v1/search").json()["total"] == total, seconds=60)


def test_publishing_all_of_it_again_changes_nothing(hub, nodes):
    for code in MEMBERS:
        again = nodes[code].json("sync")
        assert (again["accepted"], again["bytes_sent"], again["events"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("asked", "institution"),
    [
        ("漏刻", "classical"),
        ("圭表", "classical"),
        ("黄钟之长", "classical"),
        ("kilogram definition", "bipm"),
        ("mètre", "bipm"),
        ("Technologic papers", "nist"),
        ("sundial", "tate"),
    ],
)
def test_real_records_are_found_in_chinese_and_english(hub, nodes, asked, institution):
    found = hub.get("/api/v1/search", params={"q": asked, "institution": institution}).json()
    assert found["total"] > 0
    assert hub.get("/search", params={"q": asked}).status_code == 200


def test_every_file_has_the_digest_that_its_institution_signed(hub, nodes, passages):
    files = len(passages) + sum(real.files for real in INSTITUTIONS["media"])
    settings = load_settings(environ=hub.command.environ)
    store = ObjectStore(store_settings(settings))
    with hub.services() as session:
        signed = set(session.scalars(select(VersionFile.sha256)))
        stored = set(session.scalars(select(StoredObject.sha256)))
    assert stored == signed
    assert len(stored) >= files * 0.95  # a few texts stand twice among the passages
    for sha256 in stored:
        assert hashlib.sha256(kept_bytes(store, sha256)).hexdigest() == sha256


def test_a_real_text_is_downloaded_under_its_chinese_name(hub, nodes):
    resource = hub.get("/api/v1/search", params={"q": "漏刻", "institution": "classical"}).json()["results"][0]
    page = hub.get(f"/api/v1/resources/{resource['ark']}").json()
    entry = page["record"]["files"][0]
    download = requests.get(f"{hub.origin}/resources/{resource['ark']}/files/{quote(entry['name'])}", timeout=30)
    assert hashlib.sha256(download.content).hexdigest() == entry["sha256"]
    assert quote(Path(entry["name"]).stem) in download.headers["Content-Disposition"]
