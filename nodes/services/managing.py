"""Setting the service up, taking it away, and saying how it is, on the system at hand."""

from __future__ import annotations

import getpass
import locale
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nodes import key_files, served
from nodes.services import launchd, systemd, windows_task
from nodes.services.plan import Plan, Program, Step
from nodes.settings import PREFIX, NodeSettings
from shared.errors import NodeInUse, ServiceFailed, ServiceImpossible
from shared.wording import Words, system_fault

SECONDS = 60
ALLOWED = (PREFIX + "DATA",)
"""What may be set in this terminal: it goes into the service's command line."""
UNKNOWN_SYSTEM = Words("this system is not Linux, Windows or macOS", "本机不是 Linux、Windows 或 macOS")
NO_SYSTEMD = Words(
    "this Linux runs without systemd; have its own supervisor run “commons-node serve”",
    "本机的 Linux 没有运行 systemd；请用它自己的进程管理来运行 commons-node serve",
)
NOT_AT_BOOT = Words("only Windows needs --at-boot", "--at-boot 只用于 Windows")
ODD_PATH = Words("a path has a line break in it", "路径里有换行")
LOCKED = Words(
    "the key is under a passphrase, which nobody types then; write key_passphrase into a settings file that only you "
    "can read, and name it: commons-node --config FILE service install",
    "私钥有口令，而服务启动时没有人输入。请把 key_passphrase 写进只有您能读的配置文件，再运行 "
    "commons-node --config 文件 service install",
)
IN_TERMINAL = Words(
    "{names} is set in this terminal alone, which a service does not see; write it into a settings file and name "
    "that: commons-node --config FILE service install",
    "{names} 只在这个终端里设了，服务看不到。请写进配置文件，再运行 commons-node --config 文件 service install",
)


@dataclass(frozen=True)
class Status:
    """Whether the system knows the service, whether its files are there, and where the page answers now."""

    known: bool
    files: bool
    address: str | None

    @property
    def installed(self) -> bool:
        """Whether it is set up."""
        return self.known and self.files


def plan_for(program: Program, *, at_boot: bool, platform: str = sys.platform) -> Plan:
    """What is to be done on a system (by Python's name for it). Raises `ServiceImpossible`."""
    if any(sign in word for word in program.words for sign in "\r\n"):
        raise ServiceImpossible(cause=ODD_PATH)
    if at_boot and platform != "win32":
        raise ServiceImpossible(cause=NOT_AT_BOOT)
    home = Path.home()
    if platform.startswith("linux"):
        return systemd.plan(program, config_home=Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config"))
    if platform == "win32":
        domain, user = os.environ.get("USERDOMAIN", ""), getpass.getuser()
        return windows_task.plan(program, user=f"{domain}\\{user}" if domain else user, at_boot=at_boot)
    if platform == "darwin":
        return launchd.plan(program, home=home, uid=os.getuid() if hasattr(os, "getuid") else 0)
    raise ServiceImpossible(cause=UNKNOWN_SYSTEM)


def hindrance(platform: str = sys.platform) -> Words | None:
    """Why this machine can have no service of ours, or None when it can (sd_booted(3))."""
    if platform.startswith("linux") and not Path("/run/systemd/system").is_dir():
        return NO_SYSTEMD
    return None


def check(settings: NodeSettings, environ: Mapping[str, str], *, platform: str = sys.platform) -> None:
    """Whether a service could run with these settings. Raises `ServiceImpossible` or `NodeInUse`."""
    hindered = hindrance(platform)
    if hindered is not None:
        raise ServiceImpossible(cause=hindered)
    strange = sorted(name for name in environ if name.startswith(PREFIX) and name not in ALLOWED)
    if strange:
        names = ", ".join(strange)
        cause = Words(str(IN_TERMINAL).format(names=names), IN_TERMINAL.zh.format(names=names))
        raise ServiceImpossible(cause=cause)
    if key_files.is_locked(settings.folder) and not settings.key_passphrase:
        raise ServiceImpossible(cause=LOCKED)
    address = served.find(settings.folder)
    if address is not None:
        raise NodeInUse(folder=settings.folder, cause=address)


def install(plan: Plan) -> list[str]:
    """Write and run what the plan says; what failed and was not needed. Raises `ServiceFailed`."""
    for path, content in plan.files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            key_files.write_private(path, content)
        except OSError as error:
            raise ServiceFailed(command=path, cause=system_fault(error)) from error
    return _run(plan.install)


def remove(plan: Plan) -> list[str]:
    """Take the service away; what failed, such as stopping one that did not run."""
    failed = _run(plan.remove)
    for path in plan.files:
        with suppress(FileNotFoundError):
            path.unlink()
    return failed


def status(plan: Plan, folder: Path) -> Status:
    """How it is."""
    try:
        known = _ran(plan.query).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        known = False
    return Status(known, all(path.exists() for path in plan.files), served.find(folder))


def _run(steps: tuple[Step, ...]) -> list[str]:
    failed = []
    for step in steps:
        said = " ".join(step.words)
        try:
            done = _ran(step.words)
            cause = "" if done.returncode == 0 else _words_of(done) or f"exit code {done.returncode}"
        except OSError as error:
            cause = system_fault(error)
        except subprocess.TimeoutExpired:
            cause = Words(f"no end within {SECONDS} s", f"{SECONDS} 秒没有结束")
        if cause and step.needed:
            raise ServiceFailed(command=said, cause=cause)
        if cause:
            failed.append(said)
    return failed


def _ran(words: tuple[str, ...]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)


def _words_of(done: subprocess.CompletedProcess[bytes]) -> str:
    """What the system said, in whatever encoding it speaks to a terminal."""
    return (done.stderr or done.stdout).decode(locale.getencoding(), errors="replace").strip().rstrip("。.")[:500]
