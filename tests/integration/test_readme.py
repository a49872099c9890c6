"""The five minutes of the README, run line by line against a hub that really runs."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from tests.support.guides import commands, text_of
from tests.support.stores import free_port

READY_WITHIN = 60
pytestmark = pytest.mark.only_on("sqlite")  # the hub has a database and a store of its own


def lines():
    """The commands of the README."""
    return commands(text_of("README.md"))


def two_free_ports():
    """A port whose neighbour is free too: the store that comes with the hub listens there."""
    while True:
        port = free_port()
        try:
            with socket.socket() as neighbour:
                neighbour.bind(("127.0.0.1", port + 1))
        except OSError:
            continue
        return port


def get(url):
    """A page without any proxy between, None when nothing answers."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=10)
        except requests.RequestException:
            return None


def wait_for(found):
    """What `found` gives as soon as it gives something."""
    deadline = time.monotonic() + READY_WITHIN
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return value


class Place:
    """A folder in which the hub runs, as the project's own folder is for a reader of the README."""

    def __init__(self, folder):
        self.folder, self.port = folder, two_free_ports()
        self.origin = f"http://127.0.0.1:{self.port}"
        programs = str(Path(sys.executable).parent)
        self.environ = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LANG": "zh_CN.UTF-8",
            "PYTHONUTF8": "1",
            "COMMONS_PORT": str(self.port),
        }

    def shell(self, *commands):
        """Run lines in one shell that stops at the first that fails; what they printed."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def place(tmp_path):
    """A running hub with the reviewer whom `make run` makes too."""
    place = Place(tmp_path)
    log = tmp_path / "hub.log"
    with log.open("wb") as file:
        hub = subprocess.Popen(["commons-hub", "up"], cwd=tmp_path, env=place.environ, stdout=file, stderr=file)
    try:
        wait_for(lambda: hub.poll() is not None or getattr(get(place.origin + "/readyz"), "ok", False))
        assert hub.poll() is None, log.read_text(encoding="utf-8")
        place.shell("commons-hub user add reviewer --password 'only for this test'")
        yield place
    finally:
        hub.send_signal(signal.SIGINT)
        hub.wait(30)


def test_the_readme_s_commands_publish_a_first_resource(place):
    shown = place.shell(*(line.replace("127.0.0.1:8000", f"127.0.0.1:{place.port}") for line in lines()))
    assert "已发布" in shown.splitlines()[-2]
    [ark] = set(re.findall(r"ark:\d{5}/\w+", shown))
    page = get(f"{place.origin}/resources/{ark}")
    assert page.ok
    assert "杆秤里的杠杆" in page.text
    search = f"{place.origin}/search?q={quote('杆秤')}"
    wait_for(lambda: "杆秤里的杠杆" in re.sub("</?mark>", "", get(search).text))
    text = get(f"{place.origin}/resources/{ark}/files/steelyard.txt")
    assert text.content == (place.folder / "var" / "steelyard.txt").read_bytes()


def test_the_address_of_the_readme_is_the_hub_s_own():
    assert sum("http://127.0.0.1:8000" in line for line in lines()) == 1
