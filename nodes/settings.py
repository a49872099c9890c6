"""The node's settings: where its data is, and how it speaks."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_data_path

from nodes import limits
from nodes.limits import Limits
from shared.settings import read, setting

PREFIX = "COMMONS_NODE_"
NEW_PASSPHRASE = PREFIX + "NEW_PASSPHRASE"
"""Stands for an option of `key protect`: a passphrase on the command line is seen by everybody on the machine."""
NOT_SETTINGS = (NEW_PASSPHRASE,)
"""Variables that begin like settings of the node and are none."""
CONNECT_WITHIN = 10
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class NodeSettings:
    """Everything that an institution can set; `config/node.example.toml` lists the same with the same defaults."""

    data: str = setting("", "数据目录：登记的资源、密钥和本机网页上传的文件；空则为用户数据目录")
    host: str = setting("127.0.0.1", "本机网页监听的地址；默认只有本机能打开，要让别的电脑打开，见 public_hosts")
    port: int = setting(8600, "本机网页的端口")
    public_hosts: str = setting(
        "", "别的电脑用来打开网页的域名或地址，多个用逗号隔开；写了就须先用 commons-node user add 建立账号"
    )
    trusted_proxy: str = setting("", "在网页前面负责 HTTPS 的反向代理的地址；只听信它转来的访问者地址和协议")
    plain_http: bool = setting(False, "允许密码不加密地经过网络；只用于可信的内部网络")
    sync_minutes: int = setting(15, "本机网页开着时，每隔多少分钟自动同步一次；0 为不自动同步", low=0, high=10080)
    upload_threads: int = setting(4, "同时上传的文件数")
    upload_limits: str = setting(
        "",
        "上传限速，如 08:00-18:00 2 MB/s, 22:00-06:00 0 MB/s（0 为不传）；不写时间就是全天；空则不限；网页里设的优先",
    )
    timeout: int = setting(60, "等待平台或存储回答的秒数")
    attempts: int = setting(5, "连接失败时最多尝试的次数")
    patience: int = setting(900, "平台或存储请节点稍候时，每一步一共最多等多少秒；还要更久就停下，下次再来")
    backup_folder: str = setting("", "自动备份到哪个文件夹，最好在另一块盘上；空则不自动备份。私钥也在备份里")
    backup_days: int = setting(1, "本机网页开着时，每隔多少天自动备份一次", low=1, high=365)
    backup_keep: int = setting(7, "保留最近的几份备份，更早的删去", low=1, high=1000)
    backup_files: bool = setting(False, "自动备份时连同节点自己保存的文件（本机网页上传的等）")
    contact: str = setting(
        "", "采集别处的资源时告诉对方怎样联系本单位（邮箱或网址）；空则告诉对方平台的网址和本单位的代码"
    )
    key_passphrase: str = setting("", "私钥的口令；没有设口令则为空", secret=True)

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data) if self.data else user_data_path("metrology-commons-node", appauthor=False)

    @property
    def windows(self) -> Limits:
        """The limits on sending, by time of day."""
        return limits.parse(self.upload_limits)

    @property
    def open(self) -> bool:
        """Whether others than this machine are to reach the page, so that everybody has to sign in."""
        return self.host not in LOOPBACK or bool(self.names)

    @property
    def names(self) -> frozenset[str]:
        """The names under which others reach the page."""
        return frozenset(part.strip().lower() for part in self.public_hosts.split(",") if part.strip())

    @property
    def timeouts(self) -> tuple[int, int]:
        """Seconds to wait for a connection, and for an answer: who is there connects soon."""
        return min(CONNECT_WITHIN, self.timeout), self.timeout

    def faults(self) -> list[str]:
        """What does not go together, a sentence each."""
        found = self._faults_of_place()
        if not 1 <= self.port <= 65535:
            found.append("port: 应在 1 到 65535 之间")
        if self.backup_folder and not Path(self.backup_folder).expanduser().is_absolute():
            found.append("backup_folder: 请写完整路径，服务不在您的文件夹里运行")
        elif self.backup_folder and Path(self.backup_folder).expanduser().is_relative_to(self.folder.absolute()):
            found.append("backup_folder: 备份要放在数据目录之外，最好在另一块盘上")
        try:
            limits.parse(self.upload_limits)
        except ValueError as error:
            found.append(f"upload_limits: “{error}”不是限速，应如 08:00-18:00 2 MB/s（0 或 0.01 到 10000）")
        for name, low, high in (
            ("upload_threads", 1, 32),
            ("timeout", 1, 3600),
            ("attempts", 1, 20),
            ("patience", 0, 86400),
        ):
            if not low <= getattr(self, name) <= high:
                found.append(f"{name}: 应在 {low} 到 {high} 之间")
        return found

    def _faults_of_place(self) -> list[str]:
        """What is not safe about where the page is to be reached."""
        found = []
        for name, address in (("host", self.host), ("trusted_proxy", self.trusted_proxy or "127.0.0.1")):
            if address != "localhost" and not _is_address(address):
                found.append(f"{name}: 应为 IP 地址，如 127.0.0.1")
        for name in sorted(self.names):
            if not _is_address(name) and any(mark in name for mark in ":/ ，、;；"):
                found.append(f"public_hosts: “{name}”只写域名或地址，不写 https:// 和端口，几个之间用逗号")
        if self.host not in LOOPBACK and not self.names:
            found.append("host: 要让别的电脑打开网页，还要在 public_hosts 里写明用哪个域名或地址打开")
        if self.open and not self.trusted_proxy and not self.plain_http:
            found.append(
                "public_hosts: 密码不能不加密地经过网络。请在前面放负责 HTTPS 的反向代理，"
                "把它的地址写进 trusted_proxy；"
                "只在可信的内部网络里用，可以写 plain_http = true"
            )
        return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def load_settings(
    file: Path | None = None, *, data: Path | None = None, environ: Mapping[str, str] = os.environ
) -> NodeSettings:
    """The settings from `file` and COMMONS_NODE_*; `data` overrides the folder. Raises `InvalidSettings`."""
    settings = read(NodeSettings, prefix=PREFIX, file=file, environ=environ, others=NOT_SETTINGS)
    return replace(settings, data=str(data)) if data is not None else settings
