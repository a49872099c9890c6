"""An agent of the user's own launchd (launchd.plist(5)), which runs while they are signed in."""

from __future__ import annotations

import plistlib
from pathlib import Path

from nodes.services.plan import Plan, Program, Step
from nodes.texts import later

PREFIX = "org.metrology-commons."
AT_LOGIN = later("macOS 在您登录之后才运行它；电脑无人登录时要运行，请开启自动登录。")


def plan(program: Program, *, home: Path, uid: int) -> Plan:
    """The plan for the user with that home and number."""
    label = PREFIX + program.name
    path = home / "Library" / "LaunchAgents" / f"{label}.plist"
    log = str(program.data / "serve.log")
    content = {
        "Label": label,
        "ProgramArguments": list(program.words),
        "EnvironmentVariables": {"COMMONS_LANGUAGE": program.language},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 30,
        "ProcessType": "Background",
        "StandardOutPath": log,
        "StandardErrorPath": log,
    }
    return Plan(
        files={path: plistlib.dumps(content, sort_keys=False)},
        install=(
            # One of the same name that runs already would be in the way.
            Step(("launchctl", "bootout", f"gui/{uid}/{label}"), needed=False),
            Step(("launchctl", "bootstrap", f"gui/{uid}", str(path))),
        ),
        remove=(Step(("launchctl", "bootout", f"gui/{uid}/{label}"), needed=False),),
        query=("launchctl", "print", f"gui/{uid}/{label}"),
        remarks=(AT_LOGIN,),
    )
