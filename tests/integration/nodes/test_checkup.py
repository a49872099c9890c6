"""The examination as people meet it: by the command, and on the page, beside a real hub."""

from __future__ import annotations

import re
from typing import Any

from nodes import joining
from nodes.hub_client import HubClient
from nodes.key_files import FILE
from tests.support.clocks import shifted
from tests.support.local_page import Node
from tests.support.processes import Command, HubProcess, eventually

HAN = re.compile("[\u3400-\u9fff]")


def command_of(node: Node, **options: Any) -> Command:
    environ = {"COMMONS_NODE_DATA": str(node.workplace.folder), "COMMONS_NODE_ATTEMPTS": "1"}
    return Command("nodes", {**environ, **options.pop("environ", {})}, **options)


def joined(node: Node, hub: HubProcess, code: str) -> None:
    client = HubClient(hub.origin, node.workplace.key, node.workplace.settings)
    joining.join(node.workplace, client, token=hub.institution(code), node_name="本机")
    client.session.close()


def examined(node: Node) -> str:
    """The page once the examination that was asked for is over."""
    node.submit("/checkup", seen_on="/checkup")
    return str(eventually(lambda: (page := node.page("/checkup?still")) and "正在检查" not in page and page))


def test_a_member_whose_node_is_well_hears_so_of_every_step_to_the_hub(node: Node, live_hub: HubProcess) -> None:
    joined(node, live_hub, "checkup-well")
    found = {one["check"]: one for one in command_of(node).json("doctor")}
    for check in ("key", "database", "proxy", "name", "hub", "clock", "membership"):
        assert found[check]["level"] == "good", found[check]
    assert "密钥有效" in found["membership"]["said"]


def test_a_clock_that_is_an_hour_fast_is_found_and_ends_in_failure(node: Node, live_hub: HubProcess) -> None:
    joined(node, live_hub, "checkup-clock")
    done = command_of(node, environ=shifted("+1h"), started=True).run("doctor", check=1)
    assert re.search(r"× 时钟 .*快了 60 分钟", done.stdout)
    assert re.search(r"× 成员资格", done.stdout)
    assert "Traceback" not in done.stdout + done.stderr


def test_a_hub_that_is_away_ends_the_way_there_and_nothing_else(node: Node) -> None:
    node.join()
    done = command_of(node, environ={"COMMONS_LANGUAGE": "en"}).run("doctor", check=1)
    assert "× Hub  No answer from http://127.0.0.1:1: no connection." in done.stdout
    assert "Membership" not in done.stdout
    assert HAN.findall(done.stdout) == []


def test_the_page_examines_in_a_process_of_its_own_and_tells_the_bad_first(node: Node) -> None:
    assert "开始检查" in node.page("/checkup")
    (node.workplace.folder / FILE).chmod(0o644)
    page = examined(node)
    assert "<h1>1 项不好，要改</h1>" in page
    assert "chmod 600" in page
    names = re.findall(r'<p class="name">([^<]*)</p>', page)
    assert (names[0], set(names[1:])) == ("私钥", {"备份", "自己运行", "成员资格"})
    assert {"程序", "磁盘空间", "数据库"} <= set(re.findall(r"<dt>([^<]*)</dt>", page))
    node.get("/language/en")
    english = node.page("/checkup")
    assert "Private key" in english
    assert HAN.findall(re.sub(r'<a [^>]*lang="zh-Hans">中文</a>', "", english)) == []


def test_a_backup_that_failed_by_itself_is_told_on_the_page(node: Node) -> None:
    node.app.config["BACKUPS"].hindrance = {"zh": "无法写入 <E:>。", "en": "No."}
    page = node.page("/checkup")
    assert "自动备份没有成功" in page
    assert "无法写入 &lt;E:&gt;。" in page


def test_an_examination_is_begun_by_a_form_of_the_page_alone(node: Node) -> None:
    assert node.client.post("/checkup").status_code == 400
    assert node.get("/checkup", headers={"Host": "evil.example"}).status_code == 403
    assert "开始检查" in node.page("/checkup")
