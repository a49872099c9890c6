"""A unit of the user's own systemd (systemd.unit(5), systemd.service(5)), which outlives their being signed in."""

from __future__ import annotations

from pathlib import Path

from nodes.services.plan import Plan, Program, Step
from nodes.texts import later

UNIT = """[Unit]
Description=Metrology Commons node ({name})

[Service]
Type=exec
ExecStart={command}
Environment=COMMONS_LANGUAGE={language}
Restart=on-failure
RestartSec=30
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""
LINGER = later("loginctl enable-linger 让它在开机后就运行，不必等您登录；没有权限时请管理员运行一次。")


def plan(program: Program, *, config_home: Path) -> Plan:
    """The plan, with the unit below `config_home` ($XDG_CONFIG_HOME, or ~/.config)."""
    unit = f"{program.name}.service"
    content = UNIT.format(name=program.name, command=command_line(program.words), language=program.language)
    systemctl = ("systemctl", "--user")
    return Plan(
        files={config_home / "systemd" / "user" / unit: content.encode()},
        install=(
            Step((*systemctl, "daemon-reload")),
            Step((*systemctl, "enable", "--now", unit)),
            Step(("loginctl", "enable-linger"), needed=False),
        ),
        remove=(Step((*systemctl, "disable", "--now", unit), needed=False),),
        query=(*systemctl, "is-enabled", unit),
        remarks=(LINGER,),
    )


def command_line(words: tuple[str, ...]) -> str:
    """Words as ExecStart= reads them: quoted, and without specifiers and variables (systemd.service(5), Quoting)."""
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    inner = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{inner}"'
