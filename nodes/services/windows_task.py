"""A task of the Windows Task Scheduler, as the XML that `schtasks /Create /XML` takes (schema version 1.2).

The elements stand in the order in which the scheduler itself exports them.
"""

from __future__ import annotations

import subprocess
from xml.etree.ElementTree import Element, SubElement, tostring

from nodes.services.plan import Plan, Program, Step

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
GROUP = "Metrology Commons"
"""Where the task stands among those of the scheduler."""
RESTARTS = 255
"""How often a task that failed is begun again, a minute later each time: the most that the schema allows."""
SETTINGS = (
    ("MultipleInstancesPolicy", "IgnoreNew"),
    ("DisallowStartIfOnBatteries", "false"),
    ("StopIfGoingOnBatteries", "false"),
    ("AllowHardTerminate", "true"),
    ("StartWhenAvailable", "true"),
    ("RunOnlyIfNetworkAvailable", "false"),
    ("AllowStartOnDemand", "true"),
    ("Enabled", "true"),
    ("Hidden", "false"),
    ("RunOnlyIfIdle", "false"),
    ("WakeToRun", "false"),
    ("ExecutionTimeLimit", "PT0S"),
    ("Priority", "7"),
)


def plan(program: Program, *, user: str, at_boot: bool) -> Plan:
    r"""The plan for `user` (`DOMAIN\name`); the XML lies in the node's data folder, for whoever wants to read it.

    With `at_boot` it runs without anybody being signed in, which only an administrator may set up.
    """
    xml = program.data / "service.xml"
    task = f"\\{GROUP}\\{program.name}"
    return Plan(
        files={xml: task_xml(program, user=user, at_boot=at_boot)},
        install=(
            Step(("schtasks", "/Create", "/TN", task, "/XML", str(xml), "/F")),
            Step(("schtasks", "/Run", "/TN", task)),
        ),
        remove=(
            Step(("schtasks", "/End", "/TN", task), needed=False),
            Step(("schtasks", "/Delete", "/TN", task, "/F"), needed=False),
        ),
        query=("schtasks", "/Query", "/TN", task),
    )


def task_xml(program: Program, *, user: str, at_boot: bool) -> bytes:
    """The task, in UTF-16 with its mark, the one encoding that `schtasks` reads on every system."""
    task = Element("Task", {"version": "1.2", "xmlns": NAMESPACE})
    _add(_add(task, "RegistrationInfo"), "Description", f"Metrology Commons node ({program.name})")
    trigger = _add(_add(task, "Triggers"), "BootTrigger" if at_boot else "LogonTrigger")
    _add(trigger, "Enabled", "true")
    if not at_boot:
        _add(trigger, "UserId", user)
    principal = _add(_add(task, "Principals"), "Principal")
    principal.set("id", "Author")
    _add(principal, "UserId", user)
    # S4U: without a stored password and without anybody at the screen.
    _add(principal, "LogonType", "S4U" if at_boot else "InteractiveToken")
    _add(principal, "RunLevel", "LeastPrivilege")
    settings = _add(task, "Settings")
    for name, value in SETTINGS:
        _add(settings, name, value)
    restart = _add(settings, "RestartOnFailure")
    _add(restart, "Interval", "PT1M")
    _add(restart, "Count", str(RESTARTS))
    actions = _add(task, "Actions")
    actions.set("Context", "Author")
    run = _add(actions, "Exec")
    command, *arguments = program.words
    _add(run, "Command", command)
    _add(run, "Arguments", subprocess.list2cmdline(arguments))
    _add(run, "WorkingDirectory", str(program.python.parent))
    text = '<?xml version="1.0" encoding="UTF-16"?>\n' + tostring(task, encoding="unicode")
    return text.encode("utf-16")


def _add(parent: Element, name: str, text: str | None = None) -> Element:
    child = SubElement(parent, name)
    child.text = text
    return child
