"""What the node holds: its folder, key, database, the last round, and the files that it has registered."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import select

from nodes import key_files, keys, queries
from nodes import membership as memberships
from nodes.checkup.findings import Finding, bad, good, say, warn
from nodes.database import HEAD, is_known
from nodes.files import UNTRUSTED
from nodes.models import LocalFile, Round, now
from nodes.rounds import LOCK
from nodes.settings import NodeSettings
from nodes.workplace import DATABASE, Workplace
from shared.errors import CommonsError, DatabaseDamaged, DatabaseFromNewer, KeyExposed, KeyLocked
from shared.wording import Words

SILENT = timedelta(minutes=10)
"""A round that holds the lock and was not heard of for so long hangs: it writes every second."""
LONG_AGO = timedelta(days=3)
SHOWN = 3
"""How many files are named."""


def folder(settings: NodeSettings) -> Finding:
    """Whether there is a node, and whether it can be written to."""
    place = settings.folder
    if not (place / key_files.FILE).exists():
        said = say("There is no node in {folder} yet.", "{folder} 里还没有节点。", folder=place)
        mend = say(
            "Run commons-node; it makes one. If the node is elsewhere, name its folder with --data.",
            "运行 commons-node 就会建立；节点的数据在别处，就用 --data 指明。",
        )
        return bad("folder", said, mend)
    if not os.access(place, os.W_OK | os.X_OK):
        said = say("{folder} cannot be written to.", "{folder} 不能写入。", folder=place)
        return bad("folder", said, say("Check who owns it and its permissions.", "请检查它的所有者和权限。"))
    return good("folder", "{folder}", "{folder}", folder=place)


def key(settings: NodeSettings) -> Finding:
    """Whether the key can be read, and by its owner only."""
    try:
        found = keys.load_key(settings.folder, passphrase=settings.key_passphrase)
    except KeyLocked as error:
        if settings.key_passphrase:
            return bad("key", error.as_cause(), say("Give the right passphrase.", "请给出正确的口令。"))
        said = say("It is under a passphrase, which was not given.", "有口令保护，这次没有给出口令。")
        mend = say(
            "What is asked of the hub under the key was left out; set COMMONS_NODE_KEY_PASSPHRASE for it.",
            "要用密钥问平台的几项没有查；要查就设 COMMONS_NODE_KEY_PASSPHRASE。",
        )
        return warn("key", said, mend)
    except KeyExposed as error:
        said = say("Others on this machine can read it.", "本机的其他人能读它。")
        return bad("key", said, Words(error.message("en"), error.message("zh")))
    except CommonsError as error:
        mend = say(
            "Restore it from a backup. Without one, join again with a new invitation (commons-node join).",
            "请从备份恢复；没有备份，就向联盟要新的邀请码，重新加入（commons-node join）。",
        )
        return bad("key", Words(error.message("en"), error.message("zh")), mend)
    return good("key", "{kid}", "{kid}", kid=found.id)


def database(settings: NodeSettings) -> Finding:
    """Whether SQLite finds the database whole, and this program knows its tables."""
    path = settings.folder / DATABASE
    damaged = DatabaseDamaged(path=str(path))
    mend = Words(damaged.message("en"), damaged.message("zh"))
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            said = str(connection.execute("PRAGMA quick_check").fetchone()[0])
            standing = str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    except (sqlite3.Error, TypeError) as error:
        return bad("database", say("It cannot be read: {cause}.", "读不了：{cause}。", cause=error), mend)
    if said != "ok":
        return bad("database", say("It is damaged: {cause}.", "有损坏：{cause}。", cause=said[:200]), mend)
    if not is_known(standing):
        newer = DatabaseFromNewer(path=str(path), migration=standing)
        said_so = say("A newer program has upgraded it.", "已由新版本的程序升级过。")
        return bad("database", said_so, Words(newer.message("en"), newer.message("zh")))
    if standing != HEAD:
        said_so = say("It is of an older version ({standing}).", "是旧版本的（{standing}）。", standing=standing)
        return warn("database", said_so, say("The next start upgrades it.", "下次启动会自动升级，先另存一份。"))
    return good("database", "Whole ({standing}).", "完好（{standing}）。", standing=standing)


def last_round(workplace: Workplace) -> Finding:
    """How the last round went, and whether one hangs."""
    with workplace.database.unit_of_work(read_only=True) as session:
        rows = queries.rounds(session, limit=1)
        joined = memberships.find(session) is not None
    if not joined or not rows:
        return good("round", "There was none yet.", "还没有同步过。")
    row = rows[0]
    at = f"{row.started_at.astimezone():%Y-%m-%d %H:%M}"
    again = say("Run commons-node sync, and do as it says.", "请运行 commons-node sync，照它说的做。")
    if row.finished_at is None:
        return _unfinished(workplace.folder, row, at, again)
    if row.error:
        said = say("That of {at} failed: {cause}", "{at} 的没有完成：{cause}", at=at, cause=_both(row.error))
        return warn("round", said, again)
    if not row.good:
        said = say("In that of {at} something was not sent.", "{at} 的做完了，有几件没有成功。", at=at)
        return warn("round", said, again)
    if now() - row.started_at > LONG_AGO:
        said = say("The last was at {at}.", "上次是 {at}，之后没有同步。", at=at)
        return warn("round", said, again)
    return good("round", "{at}, all went well.", "{at}，一切正常。", at=at)


def _unfinished(folder: Path, row: Round, at: str, again: Words) -> Finding:
    if not _held(folder):
        said = say("That of {at} was interrupted.", "{at} 的中途停止了。", at=at)
        return warn("round", said, again)
    if now() - row.beat_at > SILENT:
        said = say("One has been under way since {at} and says nothing.", "{at} 开始的一次没有动静了。", at=at)
        mend = say("End the program that runs it, or restart the machine.", "请结束正在同步的程序，或重启电脑。")
        return bad("round", said, mend)
    return good("round", "One is under way since {at}.", "{at} 开始的一次正在进行。", at=at)


def _held(folder: Path) -> bool:
    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True


def _both(said: dict[str, str]) -> Words:
    return Words(said.get("en", ""), said.get("zh", ""))


def files(workplace: Workplace) -> Finding:
    """Whether the registered files are where they were, and look as they did; they are not read."""
    gone: list[str] = []
    changed: list[str] = []
    count = 0
    with workplace.database.unit_of_work(read_only=True) as session:
        rows = select(LocalFile.path, LocalFile.size, LocalFile.mtime_ns).execution_options(yield_per=1000)
        for path, size, mtime in session.execute(rows):
            count += 1
            try:
                status = os.stat(path)
            except (OSError, ValueError):
                gone.append(path)
                continue
            if status.st_size != size or (status.st_mtime_ns != mtime and mtime != UNTRUSTED):
                changed.append(path)
    if not gone and not changed:
        return good("files", "All {count} are as they were registered.", "{count} 个都与登记时一样。", count=count)
    said = say(
        "{gone} are not there any more, {changed} have changed: {names}",
        "{gone} 个不在原处，{changed} 个改动过：{names}",
        gone=len(gone),
        changed=len(changed),
        names=_named([*gone, *changed]),
    )
    mend = say(
        "Put them back, or find them by their content: commons-node reconcile --files FOLDER. What was changed on "
        "purpose is registered as a new version.",
        "请放回原处，或按内容找回：commons-node reconcile --files 文件夹。有意改动的，请登记新版本。",
    )
    return warn("files", said, mend)


def _named(paths: list[str]) -> Words:
    named = [Path(path).name for path in paths[:SHOWN]]
    more = len(paths) - len(named)
    return Words(
        ", ".join(named) + (f" and {more} more." if more else "."),
        "、".join(named) + (f" 等 {len(paths)} 个。" if more else "。"),
    )
