"""`commons-hub up` as real processes: what is killed comes back, and nothing starts where it cannot stay."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import psutil
import pytest
import requests

from federation.demo import FIRST_NODE_PORT
from tests.support.engines import POSTGRESQL, engine
from tests.support.processes import Command, eventually, free_ports, running_hub_process, surroundings

pytestmark = pytest.mark.xdist_group("supervised")
AT_ONCE = 40
"""Seconds: a start that goes on trying gives up only after sixty."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with running_hub_process(tmp_path_factory.mktemp("supervised") / "var", COMMONS_LOG_FORMAT="json") as running:
        yield running


@contextmanager
def listening(port):
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        yield


def refused(command, *words):
    """What a command that cannot start says; it must say it at once, in words, with exit code 5."""
    began = time.monotonic()
    done = command.run(*words, check=5, timeout=30)
    assert time.monotonic() - began < AT_ONCE
    assert "Traceback" not in done.stderr
    assert "panicked" not in done.stderr
    assert "已启动" not in done.stdout
    return done.stderr


def descendants(hub, word):
    found = []
    for child in psutil.Process(hub.process.pid).children(recursive=True):
        try:
            if word in child.cmdline():
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


def serves(hub):
    try:
        return hub.get("/readyz").status_code == 200
    except requests.RequestException:
        return False


@pytest.mark.only_on("sqlite")  # the other engine's store has a supervisor of its own
def test_a_killed_store_is_started_again_and_the_log_says_so(hub):
    [rclone] = [child for child in descendants(hub, "s3") if child.name() == "rclone"]
    rclone.kill()
    eventually(lambda: '"name": "store"' in hub.log.read_text(encoding="utf-8"))
    eventually(lambda: hub.get("/readyz").status_code == 200)
    assert rclone.pid not in {child.pid for child in descendants(hub, "s3")}


def test_the_web_server_speaks_in_structured_lines_and_gives_no_advice(hub):
    servers = descendants(hub, "granian")
    [worker] = [one for one in servers if one.ppid() in {other.pid for other in servers}]
    worker.kill()
    eventually(lambda: "Unexpected exit" in hub.log.read_text(encoding="utf-8"))
    eventually(lambda: len(descendants(hub, "granian")) == len(servers) and serves(hub))
    lines = hub.log.read_text(encoding="utf-8").splitlines()
    said = [json.loads(line) for line in lines if "已启动" not in line]
    assert all(one["event"] and one["level"] and one["timestamp"] for one in said)
    assert not [one["event"] for one in said if "quite high" in one["event"]]


def test_a_second_start_on_the_same_data_names_the_process_that_holds_it(hub):
    said = refused(hub.command, "up")
    assert str(hub.process.pid) in said
    assert "COMMONS_VAR" in said
    assert str(hub.process.pid) in refused(hub.command, "demo")


def test_a_second_hub_on_the_same_port_names_both_addresses(hub, tmp_path):
    other = Command("federation", {**hub.command.environ, "COMMONS_VAR": str(tmp_path / "var")})
    said = refused(other, "up")
    own_store = "" if engine() == POSTGRESQL else f"、127.0.0.1:{hub.port + 1}"
    assert f"127.0.0.1:{hub.port}{own_store} 已被其他程序占用" in said
    assert "COMMONS_PORT" in said


@pytest.mark.parametrize(("words", "offset"), [("up", 0), ("up", 1), ("demo", FIRST_NODE_PORT + 1)])
def test_a_stranger_on_a_port_stops_the_start_by_name(tmp_path, words, offset):
    port = free_ports(FIRST_NODE_PORT + 3)
    command = Command("federation", {"COMMONS_VAR": str(tmp_path / "var"), "COMMONS_PORT": str(port)})
    with listening(port + offset):
        said = refused(command, words)
    assert f"127.0.0.1:{port + offset} 已被其他程序占用" in said


def test_an_address_of_another_machine_is_named(tmp_path):
    environ = {"COMMONS_VAR": str(tmp_path / "var"), "COMMONS_HOST": "192.0.2.1"}
    assert "192.0.2.1:8000" in refused(Command("federation", environ), "up")


def test_a_hub_whose_parts_are_elsewhere_makes_its_data_folder_and_names_one_that_it_cannot_make(tmp_path):
    var = tmp_path / "new" / "var"
    elsewhere = {
        "COMMONS_MODE": "distributed",
        "COMMONS_HOST": "192.0.2.1",
        "COMMONS_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none",
        "COMMONS_QUEUE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "COMMONS_PUBLIC_ORIGIN": "https://hub.example.org",
        "COMMONS_STORE_ENDPOINT": "http://127.0.0.1:1",
        "COMMONS_STORE_ACCESS_KEY": "access-key",
        "COMMONS_STORE_SECRET_KEY": "secret-key-of-tests",
        "COMMONS_SECRET_KEY": "s" * 40,
        "COMMONS_AUDIT_KEY": "a" * 40,
    }
    assert "192.0.2.1:8000" in refused(Command("federation", {**elsewhere, "COMMONS_VAR": str(var)}), "up")
    assert var.is_dir()
    (tmp_path / "file").touch()
    words = refused(Command("federation", {**elsewhere, "COMMONS_VAR": str(tmp_path / "file" / "var")}), "up")
    assert "数据目录" in words


def test_data_is_not_removed_under_a_running_hub(hub):
    assert str(hub.process.pid) in refused(hub.command, "clean-data", "--yes")
    assert hub.get("/readyz").status_code == 200
    assert (hub.var / "search").is_dir()


def test_nothing_outlives_a_supervisor_that_is_killed_at_any_moment_of_its_start(tmp_path):
    port = free_ports(2)
    environ = {**surroundings(), "COMMONS_VAR": str(tmp_path / "var"), "COMMONS_PORT": str(port)}
    for patience in (0.5, 2.0, 3.0):
        with subprocess.Popen(
            [sys.executable, "-m", "federation", "up"], env=environ, stderr=subprocess.DEVNULL
        ) as up:
            time.sleep(patience)
            family = psutil.Process(up.pid).children(recursive=True)
            up.kill()
        eventually(lambda family=family: not any(member.is_running() for member in family))


def test_a_start_after_a_kill_waits_for_what_was_left_and_a_stop_does_not_wait_for_readers(tmp_path):
    with running_hub_process(tmp_path / "var") as hub:
        hub.process.kill()
        hub.process.wait()
        hub.start()
        with socket.create_connection(("127.0.0.1", hub.port)) as reader:
            reader.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert reader.recv(100).startswith(b"HTTP/1.1 200")
            began = time.monotonic()
            hub.process.send_signal(signal.SIGINT)
            assert hub.process.wait(20) == 0
            assert time.monotonic() - began < AT_ONCE
