"""The hub's settings: one frozen object; each has a type, a default and a sentence."""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from federation import folder, malware
from shared.errors import InvalidSettings
from shared.settings import LANGUAGE, NOT_UTF8, is_text, read, setting
from shared.supervised import INSTANCE, SUPERVISED
from shared.wording import Words, system_fault, toml_fault

PREFIX = "COMMONS_"
SECRETS = "secrets.toml"
"""The file in which a single machine keeps the secrets that it made for itself."""
DEFAULT_VAR = Path("var")
NEEDED_ABROAD = (
    "public_origin",
    "database_url",
    "queue_url",
    "secret_key",
    "audit_key",
    "store_endpoint",
    "store_access_key",
    "store_secret_key",
)
"""What a distributed hub cannot make for itself."""
MADE_HERE = ("secret_key", "audit_key", "store_access_key", "store_secret_key")
"""The secrets that a single machine makes for itself."""
NOT_SETTINGS = (
    PREFIX + "CONFIG",  # the settings file
    LANGUAGE,  # of what commands say
    SUPERVISED,  # set by our own supervisor, as the next
    INSTANCE,
    PREFIX + "CHROMIUM",  # the browser of the tests
    PREFIX + "REAL_DATA",  # the data of the tests
)
"""Variables that begin like settings of the hub and are none, beside those that begin as `NOT_OURS`."""
NOT_OURS = (PREFIX + "NODE_", PREFIX + "TEST_")
"""How the settings of a node begin, and what tests tell each other of their engines."""
DATABASES = ("sqlite:///", "postgresql+psycopg://")
QUEUES = ("sqlite:///", "postgresql://", "postgresql+psycopg://")


@dataclass(frozen=True)
class HubSettings:
    """Everything that an operator can set; `config/default.toml` lists the same with the same defaults."""

    mode: str = setting("embedded", "embedded（单机，自带存储和数据库）或 distributed（外接数据库和对象存储）")
    var: Path = setting(DEFAULT_VAR, "数据目录：单机模式的数据库、文件、索引和密钥都在这里")
    host: str = setting("127.0.0.1", "网站监听的地址")
    port: int = setting(8000, "网站监听的端口；自带存储用下一个端口", low=1, high=65000)
    public_origin: str = setting(
        "", "公众和节点访问平台的网址，如 https://cloud.example.org；空则为 http://host:port"
    )
    hub_name_zh: str = setting("计量资源云", "平台中文名")
    hub_name_en: str = setting("Metrology Commons", "平台英文名")
    admin_email: str = setting(
        "", "OAI-PMH 收割者有问题时写给谁：平台管理员的邮箱地址；空则为 webmaster@平台网址的域名"
    )
    database_url: str = setting("", "SQLAlchemy 数据库地址；空则为数据目录中的 SQLite", secret=True)
    queue_url: str = setting("", "后台任务队列：空则为数据目录中的 SQLite，或 PostgreSQL 地址", secret=True)
    secret_key: str = setting("", "会话签名密钥，至少 32 个字符；单机模式自动生成", secret=True)
    audit_key: str = setting(
        "", "审计日志的签名密钥，至少 32 个字符；单机模式自动生成。换了它，成员会当作另一部日志", secret=True
    )
    audit_origin: str = setting("", "审计日志的名称；空则为平台网址去掉 https:// 再加 /audit。定下后不要改")
    checkpoint_seconds: int = setting(600, "审计日志有新内容时，多少秒签发一次检查点", low=1, high=86400)
    store_endpoint: str = setting("", "对象存储（S3）地址；空则启动自带的存储")
    store_public_endpoint: str = setting("", "公众和节点访问对象存储的地址；空则与 store_endpoint 相同")
    store_access_key: str = setting("", "对象存储的访问密钥编号；单机模式自动生成", secret=True)
    store_secret_key: str = setting("", "对象存储的访问密钥；单机模式自动生成", secret=True)
    store_region: str = setting("us-east-1", "对象存储的区域名")
    store_ca_bundle: str = setting("", "对象存储证书的签发机构（PEM 文件）；空则用系统的")
    store_incoming_bucket: str = setting("incoming", "接收上传的存储桶（私有）")
    store_public_bucket: str = setting("public", "存放已核验文件的存储桶")
    store_part_size: int = setting(16 * 1024**2, "分段上传每段的字节数", low=5 * 1024**2, high=5 * 1024**3)
    upload_grant_seconds: int = setting(3600, "上传许可的有效秒数", low=60, high=604800)
    download_seconds: int = setting(900, "下载地址的有效秒数", low=30, high=604800)
    max_file_bytes: int = setting(50 * 1024**3, "单个文件的最大字节数", low=1, high=50 * 1024**3)
    min_free_bytes: int = setting(
        256 * 1024**2, "单机模式：数据目录所在的磁盘剩余空间少于多少字节就不再接收文件；0 为不限", low=0, high=2**50
    )
    institution_quota_bytes: int = setting(
        0,
        "每个单位的文件最多占多少字节；0 为不限。单个单位可由 commons-hub institution quota 另定",
        low=0,
        high=2**62,
    )
    max_open_uploads: int = setting(200, "每个节点最多同时有几个未传完的文件", low=1, high=100_000)
    max_requests_per_minute: int = setting(1200, "每个节点每分钟最多几个请求；0 为不限", low=0, high=1_000_000)
    max_records_per_minute: int = setting(
        60_000, "每个节点每分钟最多送几条记录（询问上传的文件也算）；0 为不限", low=0, high=100_000_000
    )
    max_requests_at_once: int = setting(1, "每个网站进程最多同时为一个节点处理几个请求", low=1, high=64)
    upload_days: int = setting(7, "上传多少天没有进展就作废，腾出空间", low=1, high=365)
    garbage_days: int = setting(30, "没有资源用到的文件，至少存满多少天才可由 commons-hub gc 清除", low=1, high=3650)
    fixity_days: int = setting(30, "每个已存文件至少多少天重读核对一次；0 为不核对", low=0, high=3650)
    fixity_bytes_per_second: int = setting(
        20 * 1024**2, "重读核对时每秒最多读多少字节；0 为不核对", low=0, high=10 * 1024**3
    )
    link_days: int = setting(
        30, "公开资源的链接每多少天打开核对一次；待审核的 7 天一次；0 为不核对，平台不访问任何链接", low=0, high=3650
    )
    clamd: str = setting("", "查毒服务 ClamAV：tcp://主机:端口 或 unix:/路径；空则不查毒")
    clamd_stream_bytes: int = setting(
        25 * 1024**2, "查毒服务一次最多收多少字节（clamd 的 StreamMaxLength）", low=5 * 1024**2, high=4 * 1024**3
    )
    office: str = setting(
        "soffice",
        "把演示文稿和文档转成 PDF 供预览的 LibreOffice：命令名或路径；没有装就不转换，空则不用",
    )
    office_seconds: int = setting(120, "转换一份文档最多用多少秒", low=10, high=3600)
    search_path: str = setting("", "本机检索索引的目录；空则在数据目录中")
    ark_naan: str = setting("99999", "ARK 的机构号（NAAN）；99999 仅供试用")
    session_hours: int = setting(12, "登录会话的有效小时数", low=1, high=720)
    second_factor_required: bool = setting(
        True, "审核人、联盟管理员、审计人登录时必须有第二重验证（验证器的一次性验证码）"
    )
    sign_in_attempts: int = setting(5, "15 分钟内允许的登录失败次数", low=1, high=100)
    sign_in_window: int = setting(900, "计算登录失败次数的秒数", low=60, high=86400)
    feedback_per_hour: int = setting(5, "同一网络地址一小时内最多提几次意见或问题", low=1, high=1000)
    max_withdrawn_percent: int = setting(
        30, "一天之内，一个单位撤回其公开资源超过百分之几就先停下，等人确认；100 为不限", low=1, high=100
    )
    max_withdrawn_unasked: int = setting(
        1, "一天之内，一个单位撤回不超过几件，不论占百分之几都不必确认；0 为一律看百分比", low=0, high=1_000_000
    )
    invitation_days: int = setting(14, "邀请码和邀请链接的有效天数", low=1, high=365)
    password_link_hours: int = setting(24, "重设密码的链接的有效小时数", low=1, high=720)
    smtp_host: str = setting("", "发邮件的服务器（SMTP）；空则不发邮件，链接由人转交")
    smtp_port: int = setting(587, "发邮件的服务器的端口", low=1, high=65535)
    smtp_security: str = setting("starttls", "与它之间的加密：starttls、tls 或 none（只用于同一台机器）")
    smtp_user: str = setting("", "发邮件的用户名；空则不登录")
    smtp_password: str = setting("", "发邮件的密码", secret=True)
    smtp_ca_bundle: str = setting("", "邮件服务器证书的签发机构（PEM 文件）；空则用系统的")
    mail_from: str = setting("", "发信人的邮箱地址；设了 smtp_host 就必须有")
    reminders: bool = setting(
        True, "写信提醒：审核人快到期的、管理员要紧的（每天至多一封），单位管理员退回未改、提问未答的（每周至多一封）"
    )
    claim_minutes: int = setting(60, "审核人领取一件资源之后，多少分钟没有作决定就自动放回", low=5, high=10_080)
    web_threads: int = setting(4, "每个网站进程同时处理的请求数", low=1, high=64)
    web_processes: int = setting(1, "网站进程数", low=1, high=64)
    trusted_proxies: int = setting(0, "前面有几层可信的反向代理", low=0, high=10)
    sweep_seconds: int = setting(30, "后台巡检的间隔秒数", low=1, high=3600)
    vocabularies: str = setting("", "本联盟自己的词表目录（格式与 shared/vocabularies 相同）")
    synonyms: str = setting("", "本联盟自己的同义词表（写法与 federation/search/synonyms.txt 相同）")
    review_policy: str = setting("", "本联盟自己的审核规则文件（格式与 federation/policy/default.toml 相同）")
    log_level: str = setting("INFO", "日志级别：DEBUG、INFO、WARNING、ERROR")
    log_format: str = setting("json", "日志格式：json 或 console")

    @property
    def origin(self) -> str:
        """The public origin, without a slash at the end."""
        return self.public_origin.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def origin_inside(self) -> str:
        """Where the web process listens, seen from this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104  # compared, not bound
        return f"http://{host}:{self.port}"

    @property
    def own_store_endpoint(self) -> str:
        """Where the store that comes with the hub listens: the port after the hub's."""
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def uses_own_store(self) -> bool:
        """Whether the store that comes with the hub is the one configured."""
        return self.embedded and self.store_endpoint == self.own_store_endpoint

    @property
    def own_store_folder(self) -> Path:
        """Where the store that comes with the hub keeps all that it has."""
        return self.var / "store"

    @property
    def embedded(self) -> bool:
        """Whether the hub runs its own store and database."""
        return self.mode == "embedded"

    @property
    def search_folder(self) -> Path:
        """Where this host's search index is."""
        return Path(self.search_path) if self.search_path else self.var / "search"

    def faults(self) -> list[str]:
        """What does not go together, a sentence each."""
        found = []
        if self.mode not in ("embedded", "distributed"):
            found.append(f"mode: 应为 embedded 或 distributed，现为 {self.mode}")
        if not is_text(str(self.var)):
            # The database's address and the index are named in UTF-8.
            found.append(f"var: {NOT_UTF8.zh}")
        if self.mode == "distributed":
            found += [f"{name}: 分布式运行时必须设置" for name in NEEDED_ABROAD if not getattr(self, name)]
        found += _store_key_faults(self.store_access_key, self.store_secret_key)
        found += _secret_faults(secret_key=self.secret_key, audit_key=self.audit_key)
        if any(char.isspace() or char == "+" for char in self.audit_origin):
            found.append("audit_origin: 不得含空格和加号")
        for name in ("public_origin", "store_endpoint", "store_public_endpoint"):
            found += _address_faults(name, getattr(self, name))
        found += _database_faults("database_url", self.database_url, DATABASES)
        found += _database_faults("queue_url", self.queue_url, QUEUES)
        found += self._missing()
        if self.clamd and not malware.is_address(self.clamd):
            found.append(f"clamd: 应为 tcp://主机:端口 或 unix:/路径，现为 {self.clamd}")
        found += self._mail_faults()
        if not self.ark_naan.isdigit() or len(self.ark_naan) != 5:
            found.append("ark_naan: 应为 5 位数字")
        if self.log_format not in ("json", "console"):
            found.append("log_format: 应为 json 或 console")
        if self.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            found.append("log_level: 应为 DEBUG、INFO、WARNING 或 ERROR")
        return found

    def _mail_faults(self) -> list[str]:
        found = []
        if self.smtp_security not in ("starttls", "tls", "none"):
            found.append(f"smtp_security: 应为 starttls、tls 或 none，现为 {self.smtp_security}")
        if self.smtp_host and not self.mail_from:
            found.append("mail_from: 设了 smtp_host 就必须设置")
        for name in ("mail_from", "admin_email"):
            value = getattr(self, name)
            if value and not re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", value):
                found.append(f"{name}: 应为一个邮箱地址，现为 {value}")
        return found

    def _missing(self) -> list[str]:
        """What is named and is not there, or must be named and is not."""
        needed = (
            "host",
            "hub_name_zh",
            "hub_name_en",
            "store_region",
            "store_incoming_bucket",
            "store_public_bucket",
        )
        found = [f"{name}: 不能为空" for name in needed if not getattr(self, name).strip()]
        for name, is_there in (
            ("vocabularies", os.path.isdir),
            ("synonyms", os.path.isfile),
            ("review_policy", os.path.isfile),
            ("store_ca_bundle", os.path.isfile),
            ("smtp_ca_bundle", os.path.isfile),
        ):
            value = getattr(self, name)
            if value and not is_there(value):
                found.append(f"{name}: 没有找到 {value}")
        return found


def _store_key_faults(access_key: str, secret_key: str) -> list[str]:
    """What the store that comes with the hub refuses, and no other store needs."""
    found = []
    for name, value, least in (("store_access_key", access_key, 3), ("store_secret_key", secret_key, 8)):
        if value and (len(value) < least or any(char in '",' or char.isspace() for char in value)):
            found.append(f"{name}: 至少 {least} 个字符，不得含逗号、引号、空格")
    return found


def _secret_faults(**secrets: str) -> list[str]:
    """Which secrets are given and could be guessed."""
    return [f"{name}: 至少 32 个字符" for name, value in secrets.items() if value and len(value) < 32]


def _database_faults(name: str, value: str, kinds: tuple[str, ...]) -> list[str]:
    """What is wrong with the form of a database's address, which may hold a password and is not shown."""
    if not value:
        return []
    if not value.startswith(kinds):
        return [f"{name}: 应以 {' 或 '.join(kinds)} 开头"]
    try:
        make_url(value)
    except (ArgumentError, ValueError):
        return [f"{name}: 不是完整的数据库地址"]
    return []


def _address_faults(name: str, value: str) -> list[str]:
    """What is wrong with an address of ours; who holds a password there does not see it in pages or logs."""
    if not value:
        return []
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return [f"{name}: 应为完整的 http(s) 网址"]
    if "@" in parts.netloc:
        return [f"{name}: 网址里不得有用户名和密码"]
    if not good or parts.query or parts.fragment or any(char.isspace() for char in value):
        return [f"{name}: 应为完整的 http(s) 网址，现为 {value}"]
    return []


def load_settings(file: Path | None = None, environ: Mapping[str, str] = os.environ) -> HubSettings:
    """The settings from `file` (or the one that COMMONS_CONFIG names) and COMMONS_*; embedded gaps are filled.

    Raises `InvalidSettings` that names every fault.
    """
    settings = read_settings(file, environ)
    if not settings.embedded:
        return settings
    try:
        return _with_embedded_parts(settings)
    except (OSError, KeyError, ValueError) as error:
        fault = f"- var: 数据目录 {settings.var} 不能使用：{_cause(error).zh}"
        raise InvalidSettings(faults=fault) from error


def _cause(error: OSError | KeyError | ValueError) -> Words:
    """What is wrong with a data folder, or with the secrets in it."""
    if isinstance(error, OSError):
        return system_fault(error)
    if isinstance(error, KeyError):
        return Words(f"{SECRETS} lacks {error.args[0]}", f"{SECRETS} 里缺少 {error.args[0]}")
    if not isinstance(error, tomllib.TOMLDecodeError | UnicodeDecodeError):
        return system_fault(error)
    fault = toml_fault(error) if isinstance(error, tomllib.TOMLDecodeError) else NOT_UTF8
    return Words(f"{SECRETS}: {fault}", f"{SECRETS} {fault.zh}")


def read_settings(file: Path | None = None, environ: Mapping[str, str] = os.environ) -> HubSettings:
    """The settings as they are given; nothing is made. Raises `InvalidSettings` that names every fault."""
    named = environ.get(PREFIX + "CONFIG")
    return read(
        HubSettings,
        prefix=PREFIX,
        file=file or (Path(named) if named else None),
        environ=environ,
        others=NOT_SETTINGS,
        others_begin=NOT_OURS,
    )


def _with_embedded_parts(settings: HubSettings) -> HubSettings:
    """Fill in what a single machine makes for itself; its secrets are random, kept in var/secrets.toml (0600)."""
    var = settings.var.resolve()
    folder.make(var)
    settings = replace(settings, port=_port_in_use(settings, var))
    made = _own_secrets(secrets_file(var))
    return replace(
        settings,
        var=var,
        database_url=settings.database_url or f"sqlite:///{var / 'hub.sqlite'}",
        queue_url=settings.queue_url or f"sqlite:///{var / 'queue.sqlite'}",
        secret_key=settings.secret_key or made["secret_key"],
        audit_key=settings.audit_key or made["audit_key"],
        store_endpoint=settings.store_endpoint or settings.own_store_endpoint,
        store_access_key=settings.store_access_key or made["store_access_key"],
        store_secret_key=settings.store_secret_key or made["store_secret_key"],
    )


def _port_in_use(settings: HubSettings, var: Path) -> int:
    """The port of the hub that runs in `var`, for a command at a terminal at which nobody has set one."""
    running = folder.running_port(var)
    return running if running is not None and settings.port == HubSettings.port else settings.port


def secrets_file(var: Path) -> Path:
    """Where a single machine keeps the secrets that it made for itself."""
    return var / SECRETS


def _own_secrets(path: Path) -> dict[str, str]:
    """Read the secrets of this machine, made once; two processes that start together agree on one file."""
    if not path.exists():
        lines = [f'{name} = "{secrets.token_hex(24)}"\n' for name in MADE_HERE]
        draft = path.with_suffix(f".{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return tomllib.loads(path.read_text(encoding="utf-8"))
