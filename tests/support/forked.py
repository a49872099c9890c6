"""Commands without the cost of their start: a program is loaded once, and each command is a fork of that process.

It is a process all the same, with its own memory, locks, streams and exit code; only, the modules are there already,
and at the end they are not taken apart one by one. What counts before a program's first line cannot be given to a
fork: another interpreter, other variables for Python, the loader or the language. Such commands, and all that are to
be killed, are started.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
LOADED_FIRST: dict[str, tuple[str, ...]] = {
    "federation": ("alembic.command", "alembic.config", "sqlalchemy.dialects.sqlite"),
    "nodes": ("alembic.command", "alembic.config", "sqlalchemy.dialects.sqlite", "nodes.keys"),
}
"""What a program's commands load when they need it, besides their own modules."""
OF_THE_COMMAND = ("COMMONS_", "PYTEST_", "HOME", "LANGUAGE", "PYPINYIN_NO_PHRASES")
"""How the names of variables begin that a program reads, or sets itself, when it runs."""
MESSAGE = 2**18
"""Bytes of the longest request; the environment makes most of one."""


class LoadedProgram:
    """The process of a program that has loaded its modules and waits to be forked."""

    def __init__(self, module: str, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MESSAGE)
        with theirs:
            words = [sys.executable, "-m", __name__, module, str(theirs.fileno())]
            # A session of its own: Ctrl-C reaches the test run alone, and this one ends with it.
            self.process = subprocess.Popen(
                words,
                env=environ,
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def can(self, environ: Mapping[str, str]) -> bool:
        """Whether a process that was started with `environ` would be the same as a fork."""
        names = {name for name in {*environ, *self.environ} if environ.get(name) != self.environ.get(name)}
        return all(name.startswith(OF_THE_COMMAND) for name in names)

    def run(self, request: Mapping[str, Any], out: IO[str], err: IO[str], *, timeout: float) -> int:
        """Run a command to its end; its exit code, negative for a signal. Raises `subprocess.TimeoutExpired`."""
        ours, theirs = socket.socketpair()
        with ours, theirs, open(os.devnull, "rb") as nothing:
            files = [file.fileno() for file in (nothing, out, err, theirs)]
            socket.send_fds(self.socket, [json.dumps(request).encode()], files)
            theirs.close()
            with ours.makefile("r") as answer:
                started = answer.readline()
                if not started:
                    raise RuntimeError(f"the loaded program has ended with {self.process.wait(10)}")
                pid = int(started)
                ours.settimeout(timeout)
                try:
                    return int(answer.readline())
                except TimeoutError as error:
                    os.kill(pid, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(request["words"], timeout) from error

    def close(self) -> None:
        """End it."""
        self.socket.close()
        self.process.wait(10)


class Programs:
    """The loaded programs of a test's process; each is loaded when it is first asked for."""

    def __init__(self) -> None:
        self._environ = dict(os.environ)
        """That of the test run: what a test puts into it for a while is the command's, not the program's."""
        self._loaded: dict[str, LoadedProgram] = {}
        self._one = threading.Lock()

    def of(self, module: str, environ: Mapping[str, str]) -> LoadedProgram | None:
        """The program, unless a command with this environment must be started."""
        if module not in LOADED_FIRST:
            return None
        with self._one:
            if module not in self._loaded:
                self._loaded[module] = LoadedProgram(module, self._environ)
        program = self._loaded[module]
        return program if program.can(environ) else None

    def close(self) -> None:
        """End all."""
        for program in self._loaded.values():
            program.close()
        self._loaded.clear()


_in_use: Programs | None = None


@contextmanager
def programs() -> Iterator[None]:
    """Until the end of the block commands are forks where they can be."""
    global _in_use
    _in_use = Programs()
    try:
        yield
    finally:
        _in_use.close()
        _in_use = None


def run(
    module: str,
    words: Sequence[str],
    environ: Mapping[str, str],
    *,
    timeout: float,
    cwd: Path | None = None,
    merged: bool = False,
) -> subprocess.CompletedProcess[str] | None:
    """What a command said and how it ended, as of `subprocess.run`; None when it must be started instead.

    What is said on both streams can be `merged` into one.
    """
    program = _in_use and _in_use.of(module, environ)
    if program is None:
        return None
    request = {"words": list(words), "environ": dict(environ), "cwd": str(cwd or Path.cwd())}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        code = program.run(request, out, out if merged else err, timeout=timeout)
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess([module, *words], code, out.read(), err.read())


def _load(module: str) -> None:
    cli = import_module(f"{module}.cli")
    for place in cli.COMMANDS.values():
        import_module(f"{module}.commands.{place.partition(':')[0]}")
    for name in LOADED_FIRST[module]:
        import_module(name)


class Asked(Exception):  # no error: it leads out of the loop in the fork
    """What a fork is to do."""

    def __init__(self, request: bytes) -> None:
        self.request: dict[str, Any] = json.loads(request)


class Server:
    """Forks for each request until no more is asked; tells each one's number, and its exit code when it has ended."""

    def __init__(self, given: socket.socket) -> None:
        self.given, self.waiting = given, selectors.DefaultSelector()
        self.waiting.register(given, selectors.EVENT_READ)
        self.running: dict[int, tuple[int, int]] = {}
        """The number of each fork and where it is told of, by the handle that becomes readable at its end."""

    def serve(self) -> None:
        """Raises `Asked` in each fork; returns when nobody can ask any more."""
        while True:
            for key, _events in self.waiting.select():
                if key.fileobj is not self.given:
                    self._tell_end(key.fd)
                elif not self._fork():
                    for pid, _answer in self.running.values():
                        os.kill(pid, signal.SIGKILL)
                    return

    def _fork(self) -> bool:
        request, files, _flags, _address = socket.recv_fds(self.given, MESSAGE, 4)
        if not request:
            return False
        *streams, answer = files
        pid = os.fork()
        if pid == 0:
            for number, file in enumerate(streams):
                os.dup2(file, number)
            self._let_go(files)
            raise Asked(request)
        for file in streams:
            os.close(file)
        os.write(answer, f"{pid}\n".encode())
        handle = os.pidfd_open(pid)
        self.running[handle] = pid, answer
        self.waiting.register(handle, selectors.EVENT_READ)
        return True

    def _let_go(self, files: Sequence[int]) -> None:
        """Nothing of the server's stays open in a fork."""
        self.waiting.close()
        self.given.close()
        for file in (*files, *self.running, *(answer for _, answer in self.running.values())):
            os.close(file)

    def _tell_end(self, handle: int) -> None:
        pid, answer = self.running.pop(handle)
        self.waiting.unregister(handle)
        os.close(handle)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with socket.socket(fileno=answer) as whom, suppress(BrokenPipeError):
            whom.sendall(f"{code}\n".encode())


def main(module: str, number: int) -> None:
    """Load a program, wait for what it is to do, and do it in a fork."""
    _load(module)
    gc.collect()
    gc.freeze()
    try:
        Server(socket.socket(fileno=number)).serve()
    except Asked as asked:
        request = asked.request
    else:
        return
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    sys.argv = [module, *request["words"]]
    code = _exit_code(module)
    # What Python does at its end; taking apart all modules would be half of a command's time.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _exit_code(module: str) -> int:
    """Run a program to its end: the exit code that it gives."""
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        return 1
    return 0


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
