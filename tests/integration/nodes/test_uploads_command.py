"""`commons-node uploads`: what the page of transfers shows and orders, for those who type."""

from __future__ import annotations

from nodes import joining, line
from nodes.hub_client import HubClient
from nodes.limits import Window
from nodes.models import LocalFile, Priority
from tests.support.local_page import Node, upload
from tests.support.processes import Command, HubProcess

MB = 10**6


def command_of(node: Node) -> Command:
    return Command("nodes", {"COMMONS_NODE_DATA": str(node.workplace.folder)})


def registered(node: Node) -> tuple[str, LocalFile]:
    """A resource with a file, and that file."""
    record_id = node.registered(**{"new-files": upload(("steelyard.txt", b"text"))})
    with node.workplace.database.unit_of_work(read_only=True) as session:
        return record_id, session.get_one(LocalFile, node.records(record_id)[0]["files"][0]["sha256"])


def test_the_files_that_wait_are_listed_and_told_to_scripts(node: Node) -> None:
    command = command_of(node)
    assert "没有要传的文件" in command.run("uploads").stdout
    record_id, file = registered(node)
    said = command.run("uploads").stdout
    for words in ("等着传", "steelyard.txt", "一杆秤怎样称准", file.sha256[:12], "还没送到 1 个", "现在没有在传"):
        assert words in said
    told = command.json("uploads", "--json")
    assert (told["count"], told["size"], told["rate"], told["seconds_left"]) == (1, 4, 0, None)
    assert told["lists"] == {"waiting": 1, "paused": 0, "failed": 0, "sent": 0}
    [one] = told["files"]
    assert (one["resource"], one["state"], one["priority"]) == (record_id, "waiting", "normal")


def test_pausing_and_turns_by_resource_digest_and_path_and_all_together(node: Node) -> None:
    command, (record_id, file) = command_of(node), registered(node)
    for name in (record_id, file.sha256[:8], file.path):
        assert "在平台等文件" in command.run("uploads", "pause", name).stdout
        assert "已暂停" in command.run("uploads", "--show", "paused").stdout
        command.run("uploads", "resume", name)
    command.run("uploads", "priority", "first", record_id)
    with node.workplace.database.unit_of_work(read_only=True) as session:
        found = session.get_one(LocalFile, file.sha256)
        assert (found.paused, found.priority) == (False, Priority.FIRST)
    command.run("uploads", "pause")
    assert "已全部暂停" in command.run("uploads").stdout
    assert "仍停着" not in command.run("uploads", "resume").stdout
    command.run("uploads", "pause", record_id)
    assert "单独暂停的 1 个文件仍停着" in command.run("uploads", "resume").stdout
    said = command.run("uploads", "pause", "/nowhere", check=5).stderr
    assert "commons-node uploads" in said, "what to do is said"


def test_a_version_whose_files_are_paused_is_announced_and_waits_at_the_hub_for_them(
    node: Node, live_hub: HubProcess
) -> None:
    client = HubClient(live_hub.origin, node.workplace.key, node.workplace.settings)
    joining.join(node.workplace, client, token=live_hub.institution("lines-paused"), node_name="本机")
    client.session.close()
    command, (record_id, _file) = command_of(node), registered(node)
    command.run("uploads", "pause", record_id)
    done = command.json("sync")
    assert (done["accepted"], done["files_sent"], done["files_paused"]) == (1, 0, 1)
    assert done["states"] == {"awaiting_files": 1}
    assert "暂停的文件：1 个" in command.run("sync").stdout
    command.run("uploads", "resume", record_id)
    assert command.json("sync", "--wait", "20")["states"] == {"in_review": 1}
    assert "没有要传的文件" in command.run("uploads").stdout


def test_limits_are_set_and_what_is_none_is_said_with_an_example(node: Node) -> None:
    command = command_of(node)
    said = command.run("uploads", "limit", "08:00-18:00 2 MB/s", "22:00-06:00 0 MB/s").stdout
    assert "08:00-18:00 2 MB/s, 22:00-06:00 0 MB/s" in said
    with node.workplace.database.unit_of_work(read_only=True) as session:
        held = line.limits_of(line.line(session), node.workplace.settings)
    assert held == (Window(480, 1080, 2 * MB), Window(1320, 360, 0))
    assert "08:00-18:00 2 MB/s" in command.run("uploads", "limit", "很快", check=2).stderr
    assert command.run("uploads", "limit").stdout == said, "asking changes nothing"
    assert "只能给一种" in command.run("uploads", "limit", "1 MB/s", "--none", check=2).stderr
    assert "不限" in command.run("uploads", "limit", "--none").stdout
    assert "不限" in command.run("uploads", "limit", "--as-configured").stdout
