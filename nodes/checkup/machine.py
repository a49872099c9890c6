"""The machine under the node: the program itself, the disk, and whether it runs and is backed up by itself."""

from __future__ import annotations

import platform
import shutil
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nodes import served
from nodes.backups import dated
from nodes.checkup.findings import Finding, bad, good, say, warn
from nodes.models import now
from nodes.services import managing, plan
from nodes.settings import NodeSettings
from shared.errors import CommonsError
from shared.wording import Words, in_bytes, system_fault

PACKAGE = "metrology-commons"
LITTLE, SCARCE = 100_000_000, 1_000_000_000
"""Free bytes below which nothing can be relied on, and below which one should make room."""


def program(_settings: NodeSettings) -> Finding:
    """Which program this is, and which Python runs it."""
    try:
        own = version(PACKAGE)
    except PackageNotFoundError:
        own = "?"
    system, python = f"{platform.system()} {platform.release()}", platform.python_version()
    said = {"own": own, "python": python, "system": system}
    return good(
        "program", "Node {own}, Python {python}, {system}.", "节点 {own}，Python {python}，{system}。", **said
    )


def disk(settings: NodeSettings) -> Finding:
    """How much room there is where the node writes."""
    folder = settings.folder
    while not folder.exists():
        folder = folder.parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        said = say("The disk cannot be asked: {cause}.", "问不到磁盘的情况：{cause}。", cause=system_fault(error))
        return bad("disk", said, say("Check that it is connected.", "请检查磁盘是否接好。"))
    room = in_bytes(free)
    if free >= SCARCE:
        return good("disk", "{room} are free.", "还有 {room}。", room=room)
    said = say("Only {room} are free.", "只剩 {room}。", room=room)
    mend = say(
        "Make room on the disk of {folder}, or move the data folder.",
        "请在 {folder} 所在的磁盘上腾出空间，或换一个数据目录。",
        folder=settings.folder,
    )
    return bad("disk", said, mend) if free < LITTLE else warn("disk", said, mend)


def service(settings: NodeSettings) -> Finding:
    """Whether the node starts with the machine; a page that runs by hand stops with its window."""
    try:
        found = managing.status(
            managing.plan_for(plan.program(settings, config=None, language="zh"), at_boot=False), settings.folder
        )
        installed, address = found.installed, found.address
    except CommonsError:
        installed, address = False, served.find(settings.folder)
    if installed and address and not settings.sync_minutes:
        said = say("It is a service, but synchronises only when told to.", "已装成服务，但不会自己同步。")
        return warn("service", said, say("Set sync_minutes to 15, say.", "请把设置 sync_minutes 改为 15 之类。"))
    if installed and address:
        return good("service", "It is a service and runs.", "已装成服务，正在运行。")
    hindered = managing.hindrance()
    install = say("Set it up with commons-node service install.", "运行 commons-node service install 装成服务。")
    if hindered is not None:
        install = Words(f"{hindered[0].upper()}{hindered[1:]}.", f"{hindered.zh}。")
    if installed:
        said = say("It is a service, but does not run.", "已装成服务，但没有在运行。")
        return bad(
            "service",
            said,
            say("Install it again: commons-node service install.", "请再安装一次：commons-node service install。"),
        )
    if address:
        said = say(
            "It runs, but only until its window is closed.",
            "正在运行，但关掉它的窗口就停了，重启之后也不会自己运行。",
        )
        return warn("service", said, install)
    said = say("It does not run: nothing is synchronised by itself.", "没有在运行：不会自己同步。")
    return warn("service", said, install)


def backup(settings: NodeSettings) -> Finding:
    """Whether there is a backup, and of when."""
    if not settings.backup_folder:
        said = say("No backups are made by themselves.", "没有设自动备份。")
        mend = say(
            "Back up to another disk with commons-node backup FOLDER; to have it done each day, set backup_folder in "
            "the settings file.",
            "请运行 commons-node backup 文件夹，备份到另一块盘上；要每天自动备份，就在配置文件里设 backup_folder。",
        )
        return warn("backup", said, mend)
    folder = Path(settings.backup_folder).expanduser()
    made = dated.backups(folder)
    plug = say(
        "Check that the disk of {folder} is connected, and run commons-node backup.",
        "请检查 {folder} 所在的盘是否接好，再运行 commons-node backup。",
        folder=folder,
    )
    if not made:
        said = say("There is no backup in {folder}.", "{folder} 里还没有备份。", folder=folder)
        return bad("backup", said, plug)
    moment = dated.moment_of(made[-1])
    at = f"{moment.astimezone():%Y-%m-%d %H:%M}"
    if now() - moment > timedelta(days=2 * settings.backup_days):
        said = say("The last backup is of {at}.", "最近的备份是 {at} 的。", at=at)
        return warn("backup", said, plug)
    return good("backup", "Backed up {at}.", "{at} 备份过。", at=at)
