"""A file damaged on the hub's disk comes back from the institution's own copy: real processes on both sides."""

from federation.core import store_settings
from federation.settings import load_settings
from federation.storage import ObjectStore
from shared.canonical import digest
from tests.support.processes import eventually

NAME = "量.txt"


def damaged(hub, check):
    return hub.command.json("fixity", "--all", check=check)["damaged"]


def test_a_damaged_file_is_found_asked_for_and_healed_by_the_next_synchronisation(live_hub, tmp_path):
    source = tmp_path / NAME
    source.write_text("一斗等于十升。" * 500 + tmp_path.name, encoding="utf-8")
    node = live_hub.node(tmp_path / "node", "healer")
    live_hub.reviewer("reviewer-healer")
    options = ["--title-zh", "量", "--summary-zh", "斗和升", "--type", "article", "--theme", "knowledge"]
    record_id = node.json("register", *options, "--license", "CC-BY-4.0", "--file", str(source))["id"]
    node.run("sync", "--wait", "30")
    live_hub.command.run("approve", "--institution", "healer", "--reviewer", "reviewer-healer", "--reason", "好")
    node.run("sync")
    [standing] = node.json("status")["resources"]
    address = f"/resources/{standing['ark']}/files/{NAME}"
    assert live_hub.get(address).content == source.read_bytes()

    sha256 = digest(source.read_bytes())
    store = ObjectStore(store_settings(load_settings(environ=live_hub.command.environ)))
    store.put_bytes(sha256=sha256, data=source.read_bytes()[::-1])
    [found] = damaged(live_hub, check=1)
    assert (found["sha256"], found["damage"]) == (sha256, "digest")
    assert [one["id"] for one in found["resources"]] == [record_id]
    # Another process has marked it; the web server remembers for a second where a file is.
    eventually(lambda: live_hub.get(address).status_code == 503)
    assert live_hub.command.json("status")[0]["objects_damaged"] == 1

    assert node.json("sync")["files_sent"] == 1
    eventually(lambda: live_hub.get(address).status_code == 200)
    assert live_hub.get(address).content == source.read_bytes()
    assert damaged(live_hub, check=0) == []
    [after] = node.json("status")["resources"]
    assert after["state"] == "published"
    assert node.json("sync")["bytes_sent"] == 0
    assert live_hub.command.json("gc", "--dry-run")["objects"] == 0
