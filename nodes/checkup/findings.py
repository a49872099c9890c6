"""What a check has found: good, to be looked at, or bad; in both languages, since a process passes it on as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.wording import Words, spoken

GOOD, WARN, BAD = "good", "warn", "bad"
NAMES = {
    "program": Words("Program", "程序"),
    "folder": Words("Data folder", "数据目录"),
    "disk": Words("Disk", "磁盘空间"),
    "key": Words("Private key", "私钥"),
    "database": Words("Database", "数据库"),
    "round": Words("Synchronising", "同步"),
    "files": Words("Files", "文件"),
    "backup": Words("Backup", "备份"),
    "service": Words("Running by itself", "自己运行"),
    "proxy": Words("Proxy", "代理"),
    "name": Words("Hub's name", "平台的域名"),
    "certificate": Words("Hub's certificate", "平台的证书"),
    "hub": Words("Hub", "平台"),
    "clock": Words("Clock", "时钟"),
    "membership": Words("Membership", "成员资格"),
}
"""Every check, in the order in which they are told."""
NOTHING = Words("", "")


@dataclass(frozen=True)
class Finding:
    """What one check has found: how it is, a sentence that says so, and what to do about it."""

    check: str
    level: str
    said: Words
    mend: Words = NOTHING

    def in_words(self, language: str) -> dict[str, str]:
        """For a person or a script, in `language`."""
        parts = {"name": NAMES[self.check], "said": self.said, "mend": self.mend}
        return {"check": self.check, "level": self.level, **spoken(parts, language)}


def say(en: str, zh: str, **data: Any) -> Words:
    """A sentence in both languages, with values that may themselves be in both."""
    return Words(en.format(**spoken(data, "en")), zh.format(**spoken(data, "zh")))


def good(check: str, en: str, zh: str, **data: Any) -> Finding:
    """All is well."""
    return Finding(check, GOOD, say(en, zh, **data))


def warn(check: str, said: Words, mend: Words) -> Finding:
    """Nothing is lost, but somebody should look at it."""
    return Finding(check, WARN, said, mend)


def bad(check: str, said: Words, mend: Words) -> Finding:
    """Something does not work until it is mended."""
    return Finding(check, BAD, said, mend)
