"""`commons-node harvest`, `watch` and `sources`, as somebody at a terminal types them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.processes import Command
from tests.support.repository import PlayedRepository, played_repository, record

pytestmark = pytest.mark.only_on("sqlite")  # no hub is asked
GIVEN = ("--license", "署名 4.0", "--type", "文章", "--theme", "计量知识")


@pytest.fixture
def repository() -> Iterator[PlayedRepository]:
    found = [(f"oai:x:{day}", f"2024-01-0{day}T00:00:00Z", f"第 {day} 件") for day in range(1, 4)]
    with played_repository([record(*one) for one in found], part=2) as played:
        yield played


@pytest.fixture
def node(tmp_path) -> Command:
    made = Command("nodes", {"COMMONS_NODE_DATA": str(tmp_path / "node"), "COMMONS_LANGUAGE": "zh"}, folder=tmp_path)
    made.run("init")
    return made


def test_a_repository_is_harvested_with_terms_by_their_labels_and_remembered(node, repository):
    first = node.run("harvest", "oai", repository.address, *GIVEN, "--pause", "0", "--every", "60")
    assert first.stdout == "新登记 3，新版本 0，无变化 0，撤回 0，有误 0。\n"
    # What was given once is known the next time.
    repository.records.append(record("oai:x:9", "2026-01-01T00:00:00Z", "又一件"))
    again = json.loads(node.run("harvest", "oai", repository.address, "--pause", "0", "--json").stdout)
    assert (again["created"], again["failed"]) == (1, 0)
    [source] = json.loads(node.run("sources", "--json").stdout)
    assert (source["minutes"], source["title"], source["good"]) == (60, "某馆机构库", True)
    assert "每 60 分钟" in node.run("sources").stdout


def test_what_is_lacking_is_said_by_identifier_and_mended_by_giving_it(node, repository):
    faulty = node.run("harvest", "oai", repository.address, "--pause", "0", check=5)
    assert "许可（license）：必填。\n    oai:x:1、oai:x:2、oai:x:3" in faulty.stdout
    assert "新登记 3" in node.run("harvest", "oai", repository.address, *GIVEN, "--pause", "0").stdout


def test_a_dry_run_shows_entries_and_keeps_nothing(node, repository):
    seen = node.run("harvest", "oai", repository.address, "--dry-run", "--pause", "0").stdout
    assert "某馆机构库" in seen
    assert "第 1 件" in seen
    assert json.loads(node.run("sources", "--json").stdout) == []


def test_a_source_is_paused_resumed_run_and_removed_by_its_number(node, repository):
    node.run("harvest", "oai", repository.address, *GIVEN, "--pause", "0")
    node.run("sources", "pause", "1")
    assert "已暂停" in node.run("sources").stdout
    node.run("sources", "resume", "1")
    assert "无变化 0" in node.run("sources", "run", "1").stdout
    node.run("sources", "remove", "1")
    gone = node.run("sources", "run", "1", check=5)
    assert "没有找到来源“1”" in gone.stderr
    assert json.loads(node.run("status", "--json").stdout)["states"] == {"registered": 3}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("harvest", "oai", "example.org/oai"), 5, "不是来源的网址"),
        (("harvest", "feed", "http://127.0.0.1:1/feed"), 3, "取不到内容"),
        (("harvest", "oai", "http://127.0.0.1:1/oai", "--since", "2026-02-30"), 5, "没有这一天"),
        (("watch", "."), 5, "清单"),
    ],
)
def test_what_cannot_be_harvested_is_said_in_plain_words(node, words, code, said):
    node.environ["COMMONS_NODE_ATTEMPTS"] = "1"
    assert said in node.run(*words, check=code).stderr
