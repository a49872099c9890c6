"""A real Ceph of one node for tests: monitor, manager, one storage daemon in memory, and the S3 gateway.

Needs Debian's packages (`.ci/run` installs them): ceph-mon ceph-mgr ceph-osd radosgw ceph-common.
"""

from __future__ import annotations

import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.support.certificates import self_signed
from tests.support.daemons import Daemons, free_ports

MEMORY = 6 * 1024**3
"""Bytes that the storage daemon may hold; it takes no more than what is stored."""
# The map is given to everybody: a client that knows but the monitor's address may speak before it learns the
# cluster's fsid, and is refused.
CONFIGURATION = """\
[global]
fsid = {fsid}
mon_host = v1:127.0.0.1:{mon_port}
mon_initial_members = a
monmap = {folder}/monmap
osd_class_update_on_start = false
osd_crush_update_on_start = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr2 = false
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_crush_chooseleaf_type = 0
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_crit = 0
mon_data_avail_warn = 0
osd_objectstore = memstore
memstore_device_bytes = {memory}
osd_memory_target = 939524096
mgr_initial_modules =
osd_data = {folder}/osd.$id
mon_data = {folder}/mon.$id
mgr_data = {folder}/mgr.$id
run_dir = {folder}
admin_socket = {folder}/$name.asok
log_file = {folder}/log/$name.log
pid_file = {folder}/$name.pid
rgw_frontends = beast {frontend}
rgw_dns_name = localhost
rgw_override_bucket_index_max_shards = 1
rgw_dynamic_resharding = false
rgw_enable_usage_log = false
rgw_thread_pool_size = 64
"""


@dataclass(frozen=True)
class Ceph:
    """A running cluster: its gateway's addresses, and the certificate that the second one shows."""

    endpoint: str
    tls_endpoint: str
    certificate: Path


@contextmanager
def running_ceph(folder: Path, *, access_key: str, secret_key: str) -> Iterator[Ceph]:
    """Start a cluster below `folder` with one user, and stop it afterwards."""
    missing = [name for name in ("ceph-mon", "ceph-mgr", "ceph-osd", "radosgw", "ceph") if not shutil.which(name)]
    assert not missing, f"Ceph is not installed ({', '.join(missing)}): see CONTRIBUTING.md"
    for name in ("mon.a", "mgr.x", "osd.0", "log"):
        (folder / name).mkdir()
    port = free_ports(3)
    certificate, key = self_signed(folder)
    frontend = f"endpoint=127.0.0.1:{port} ssl_endpoint=127.0.0.1:{port + 1}"
    frontend += f" ssl_certificate={certificate} ssl_private_key={key}"
    fsid, configuration = str(uuid.uuid4()), folder / "ceph.conf"
    configuration.write_text(
        CONFIGURATION.format(fsid=fsid, mon_port=port + 2, memory=MEMORY, folder=folder, frontend=frontend),
        encoding="utf-8",
    )
    with Daemons(folder / "log" / "daemons.log") as daemons:
        _start(daemons, _Tools(configuration), fsid=fsid, mon_port=port + 2)
        ceph = Ceph(f"http://127.0.0.1:{port}", f"https://127.0.0.1:{port + 1}", certificate)
        daemons.wait(lambda: _answers(ceph.endpoint), "Ceph's gateway")
        keys = [f"--access-key={access_key}", f"--secret={secret_key}"]
        # Each hub of a test has two buckets, and a user of Ceph no more than a thousand unless told.
        words = ["user", "create", "--uid=commons", "--display-name=commons", "--max-buckets=1000000"]
        _Tools(configuration).run("radosgw-admin", *words, *keys)
        yield ceph


@dataclass(frozen=True)
class _Tools:
    """Ceph's commands with the cluster's configuration."""

    configuration: Path

    def run(self, *words: str) -> str:
        """Run a command to its end; what it printed."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def command(self, program: str, *words: str) -> Sequence[str]:
        """A command line."""
        return [program, "-c", str(self.configuration), *words]


def _start(daemons: Daemons, tools: _Tools, *, fsid: str, mon_port: int) -> None:
    """Make and start every daemon; each but the first asks the monitor for its place."""
    folder = tools.configuration.parent
    monmap = str(folder / "monmap")
    made = ["monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"v1:127.0.0.1:{mon_port}", monmap]
    subprocess.run(made, check=True, capture_output=True, timeout=60)
    tools.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
    daemons.start(tools.command("ceph-mon", "-i", "a", "-f"))
    osd = str(uuid.uuid4())
    tools.run("ceph", "--connect-timeout", "30", "osd", "new", osd)
    tools.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
    tools.run("ceph", "osd", "crush", "add", "osd.0", "1", "root=default", "host=h")
    daemons.start(tools.command("ceph-mgr", "-i", "x", "-f"))
    daemons.start(tools.command("ceph-osd", "-i", "0", "-f"))
    daemons.start(tools.command("radosgw", "-n", "client.rgw.r", "-f"))


def _answers(endpoint: str) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(endpoint, timeout=2).status_code in (200, 403)
        except requests.RequestException:
            time.sleep(0.1)
            return False
