"""The node runs on Windows and macOS, too: nothing in `nodes` and `shared` takes POSIX or UTF-8 for granted.

What only one system has may stand behind a look at `sys.platform`, `os.name` or `hasattr`, or a suppressed
ImportError.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for package in ("shared", "nodes") for path in (ROOT / package).rglob("*.py"))
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}

MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty", "msvcrt", "winreg"}
"""Modules that one system has and another has not."""
ATTRIBUTES = {
    "os": """
        O_BINARY O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK WNOHANG chown chroot fchdir fchmod fchown fork forkpty
        getegid geteuid getgid getgroups getloadavg getlogin getpgid getpgrp getpriority getsid getuid getxattr
        initgroups killpg lchown lockf mkfifo mknod nice openpty posix_fadvise posix_fallocate posix_spawn pread
        preadv pwrite register_at_fork sched_getaffinity sched_setaffinity sendfile setegid seteuid setgid setgroups
        setpgid setpgrp setpriority setsid setuid setxattr startfile statvfs sync sysconf tcgetpgrp tcsetpgrp ttyname
        uname wait wait3 wait4 waitid
    """,
    "signal": """
        SIGALRM SIGBUS SIGCHLD SIGCONT SIGHUP SIGIO SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 SIGUSR2 SIGWINCH
        alarm getitimer pause pthread_kill pthread_sigmask set_wakeup_fd setitimer siginterrupt sigpending sigwait
    """,
    "socket": "AF_UNIX SO_REUSEPORT TCP_USER_TIMEOUT socketpair fromfd CMSG_LEN",
    "time": "tzset clock_gettime pthread_getcpuclockid",
}
FORBIDDEN = {f"{module}.{name}" for module, names in ATTRIBUTES.items() for name in names.split()}
METHODS = {"owner", "symlink_to", "lchmod"}
"""Of paths, which Windows refuses or leaves to administrators."""
MARKS = ("sys.platform", "os.name", "hasattr")
IN_A_BAG = {"shared/bags.py", "nodes/bundles.py", "shared/carrying.py"}
"""The paths in a bag have slashes on every system (RFC 8493, 2.1.3)."""
TEXT_OPENERS = {"open", "read_text", "write_text", "fdopen"}
AWAY = (ast.Return, ast.Raise, ast.Continue)
NO_TEXT = {"os.open", "webbrowser.open", "bag.open", "archive.open"}


def guarded(test: ast.expr) -> bool:
    return any(mark in ast.unparse(test) for mark in MARKS)


def spared(statement: ast.stmt) -> bool:
    """Whether something looked first: at the system, or for the module."""
    if isinstance(statement, ast.With):
        return "suppress(ImportError)" in ast.unparse(statement.items[0])
    return isinstance(statement, ast.If) and guarded(statement.test)


def unguarded(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes below statements that no look at the system stands before."""
    for statement in body:
        if spared(statement):
            if isinstance(statement, ast.If) and isinstance(statement.body[-1], AWAY):
                return  # what follows is for the other systems
            continue
        yield statement
        waiting = list(ast.iter_child_nodes(statement))
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.IfExp | ast.BoolOp) and guarded(node):
                continue
            if isinstance(node, ast.stmt):
                continue
            yield node
            waiting += list(ast.iter_child_nodes(node))
        for field in ("body", "orelse", "finalbody"):
            yield from unguarded(getattr(statement, field, []))
        for handler in getattr(statement, "handlers", []):
            yield from unguarded(handler.body)
        for case in getattr(statement, "cases", []):
            yield from unguarded(case.body)


def of_one_system(module: ast.Module) -> list[str]:
    """What not every system has, and where."""
    found = []
    for node in unguarded(module.body):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name in MODULES]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""] if node.module in MODULES else []
            names += [one for alias in node.names if (one := f"{node.module}.{alias.name}") in FORBIDDEN]
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in FORBIDDEN:
            names = [ast.unparse(node)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            names = [node.func.attr]
        found += [f"{name} (line {getattr(node, 'lineno', 0)})" for name in names]
    return found


def without_encoding(module: ast.Module) -> list[str]:
    """Texts that are read or written as the machine happens to be set: in GBK, on most in China."""
    found = []
    for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        if "encoding" in given:
            continue
        if any(getattr(given.get(word), "value", None) is True for word in ("text", "universal_newlines")):
            found.append(ast.unparse(call)[:80])
        if name not in TEXT_OPENERS or ast.unparse(call.func) in (
            "os.open",
            "webbrowser.open",
            "bag.open",
            "archive.open",
        ):
            continue
        modes = [one for one in [*call.args, given.get("mode")] if isinstance(one, ast.Constant)]
        if not any("b" in str(one.value) for one in modes):
            found.append(ast.unparse(call)[:80])
    return found


def joined_by_hand(module: ast.Module) -> list[str]:
    """Paths put together with a slash."""
    found = []
    for node in ast.walk(module):
        if not isinstance(node, ast.JoinedStr):
            continue
        for part, then in zip(node.values, node.values[1:], strict=False):
            if isinstance(part, ast.FormattedValue) and isinstance(then, ast.Constant):
                name = ast.unparse(part.value).rpartition(".")[2].lower()
                if str(then.value)[:1] in ("/", "\\") and name.endswith(("folder", "path", "directory", "file")):
                    found.append(ast.unparse(node))
    return found


def only_glibc(module: ast.Module) -> list[str]:
    """Days and times in a format that the C library of other systems does not know."""
    texts = [node.value for node in ast.walk(module) if isinstance(node, ast.Constant)]
    return [text for text in texts if isinstance(text, str) and re.search("%(-[dmHMSjyI]|[eksP])(?![a-z(])", text)]


def offenders(rule: Callable[[ast.Module], list[str]], *, but: Collection[str] = ()) -> dict[str, list[str]]:
    return {name: found for name, tree in TREES.items() if name not in but and (found := rule(tree))}


def test_nothing_is_used_that_only_one_system_has() -> None:
    assert offenders(of_one_system) == {}


def test_no_text_is_read_or_written_in_the_encoding_that_the_machine_happens_to_have() -> None:
    assert offenders(without_encoding) == {}


def test_no_path_is_put_together_by_hand() -> None:
    assert offenders(joined_by_hand, but=IN_A_BAG) == {}


def test_no_day_is_written_as_only_glibc_can() -> None:
    assert offenders(only_glibc) == {}


OFFENDER = """
import fcntl
import os
def f(path):
    os.getuid()
    if os.name == "posix":
        os.getuid()
    flags = os.O_NOFOLLOW if sys.platform == "linux" else 0
    with open(path) as file:
        pass
    path.read_text()
    subprocess.run(["x"], text=True)
    return f"{path}/name"
def g():
    if sys.platform == "win32":
        return
    os.fork()
    return now.strftime("%-d")
"""


def test_the_rules_would_see_an_offender() -> None:
    module = ast.parse(OFFENDER)
    assert of_one_system(module) == ["fcntl (line 2)", "os.getuid (line 5)"]
    assert sorted(without_encoding(module)) == ["open(path)", "path.read_text()", "subprocess.run(['x'], text=True)"]
    assert only_glibc(module) == ["%-d"]
    assert joined_by_hand(module) == ["f'{path}/name'"]
