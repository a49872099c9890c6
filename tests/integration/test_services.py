"""Each service of docker-compose.yml as a real process, from the wheel that the Dockerfile builds.

The settings are those of the file; only addresses, ports and paths are of this machine, and the engines are those
that the tests run on.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from tests.support.compose import ROOT, SERVICES, health_address, health_command, said, stages
from tests.support.engines import new_database
from tests.support.stores import ACCESS_KEY, SECRET_KEY, free_port

pytestmark = pytest.mark.xdist_group("services")
MODULES = {"commons-hub": "federation", "commons-node": "nodes"}
READY_WITHIN = 60


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The wheel, built from just what the Dockerfile copies, unpacked."""
    folder = tmp_path_factory.mktemp("image")
    source = folder / "src"
    for words in (words for words in stages()["hub-packages"] if words[0] == "COPY"):
        *names, target = words[1:]
        for name in names:
            place = source / target / (name if target.endswith("./") else Path(name).name if "." in name else "")
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, place)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(source)], check=True, cwd=folder)
    [wheel] = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


class Deployment:
    """The services of the file with this machine's addresses."""

    def __init__(self, site, folder, store, database):
        self.site, self.folder, self.store = site, folder, store
        self.ports = {name: free_port() for name in ("web", "node-institute")}
        self.origin = f"http://127.0.0.1:{self.ports['web']}"
        values = {
            "database_url": database.url,
            "secret_key": "0123456789abcdef" * 4,
            "audit_key": "fedcba9876543210" * 4,
            "store_access_key": ACCESS_KEY,
            "store_secret_key": SECRET_KEY,
        }
        for name, value in values.items():
            (folder / name).write_text(value + "\n", encoding="utf-8")
        (folder / "queue_url").write_text(database.queue_url + "\n", encoding="utf-8")

    def environ(self, name):
        """A service's environment here; each variable is one of the file's own."""
        own = dict(SERVICES[name]["environment"])
        endpoint = self.store.endpoint
        here = {
            "COMMONS_VAR": str(self.folder / "hub"),
            "COMMONS_HOST": "127.0.0.1",
            "COMMONS_PORT": str(self.ports["web"]),
            "COMMONS_PUBLIC_ORIGIN": self.origin,
            "COMMONS_QUEUE_URL_FILE": str(self.folder / "queue_url"),
            "COMMONS_STORE_ENDPOINT": endpoint,
            "COMMONS_STORE_PUBLIC_ENDPOINT": endpoint,
            "COMMONS_NODE_DATA": str(self.folder / name),
            "COMMONS_NODE_PORT": str(self.ports.get(name, 0)),
        }
        for variable, value in own.items():
            own[variable] = here.get(variable, value.replace("/run/secrets/", f"{self.folder}/"))
        own.pop("REQUESTS_CA_BUNDLE", None)
        return {**own, "PATH": os.environ["PATH"], "PYTHONPATH": str(self.site), "LANG": "C.UTF-8"}

    def command(self, name, words=None):
        """The command line of a service, or of other words to the same program."""
        [program] = json.loads(said(SERVICES[name]["build"]["target"], "ENTRYPOINT")[-1][0])
        return [sys.executable, "-m", MODULES[program], *(words or SERVICES[name]["command"])]

    def run(self, name, *words):
        """Run one command to its end and give back what it printed."""
        done = subprocess.run(
            self.command(name, list(words)),
            env=self.environ(name),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=READY_WITHIN,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running(self, name):
        """Keep a service running; it must end by itself within seconds when it is asked to."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                self.command(name), env=self.environ(name), cwd=self.folder, stdout=file, stderr=file
            )
        try:
            yield process
            assert process.poll() is None, log.read_text(encoding="utf-8")
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise

    def healthy(self, name, process):
        """Wait for the health check's address, then run the check itself."""
        _, path = health_address(name)
        url = f"http://127.0.0.1:{self.ports[name]}{path}"
        deadline = time.monotonic() + READY_WITHIN
        while not _answers(url):
            assert process.poll() is None, (self.folder / f"{name}.log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.05)
        words = [re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{self.ports[name]}", word) for word in health_command(name)]
        assert words[0] == "python"
        return subprocess.run([sys.executable, *words[1:]], check=False, capture_output=True, timeout=30).returncode


def _answers(url):
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=5).ok
        except requests.RequestException:
            return False


@pytest.fixture
def deployment(site, tmp_path, store):
    with new_database(tmp_path, migrated=False) as database:
        yield Deployment(site, tmp_path, store, database)


def test_the_wheel_holds_every_file_of_the_packages(site):
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "shared", "nodes", "federation"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    names = {name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()}
    assert names
    assert {name for name in names if not (site / name).is_file()} == set()


def test_the_services_start_as_the_file_says_and_answer_their_health_checks(deployment):
    assert "federation" in os.listdir(deployment.site)
    deployment.run("migrate", *SERVICES["migrate"]["command"])
    with ExitStack() as stack:
        web = stack.enter_context(deployment.running("web"))
        stack.enter_context(deployment.running("worker"))
        assert deployment.healthy("web", web) == 0
        deployment.run("worker", *health_command("worker")[1:])
        deployment.run(
            "web", "institution", "add", "example-institute", "--kind", "institute", "--name-zh", "示例计量院"
        )
        token = deployment.run("web", "invite", "example-institute").strip()
        deployment.run("node-institute", "init")
        assert "示例计量院" in deployment.run("node-institute", "join", deployment.origin, token)
        node = stack.enter_context(deployment.running("node-institute"))
        assert deployment.healthy("node-institute", node) == 0


def test_the_health_check_fails_when_nothing_answers(deployment):
    words = health_command("web")
    here = [re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{deployment.ports['web']}", word) for word in words[1:]]
    assert subprocess.run([sys.executable, *here], check=False, capture_output=True, timeout=30).returncode != 0


def test_a_service_without_its_secrets_does_not_start_and_says_what_it_lacks(deployment):
    environ = {k: v for k, v in deployment.environ("web").items() if not k.endswith("_FILE")}
    done = subprocess.run(
        deployment.command("web"), env=environ, cwd=deployment.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 5
    for name in ("database_url", "queue_url", "secret_key", "store_access_key", "store_secret_key"):
        assert f"- {name}:" in done.stderr
    assert "Traceback" not in done.stderr
