"""The way to the hub: proxy, name, certificate, the hub itself, its clock against ours, and whether it knows us."""

from __future__ import annotations

import platform
import socket
import ssl
import time
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

import requests

from nodes.checkup.findings import GOOD, Finding, bad, good, say, warn
from nodes.hub_client import HubClient, RefusedByHub, new_session, silence
from nodes.keys import Key
from nodes.settings import NodeSettings
from shared import speaking
from shared.errors import (
    CommonsError,
    HubAway,
    KeyRevoked,
    KeyUnknown,
    ProtocolUnknown,
    SignatureExpired,
    SignatureFromFuture,
)
from shared.http_signatures import LEEWAY, LIFETIME
from shared.messages import PREFIX, EnrolmentReply
from shared.wording import Words, in_time

SOON = 14
"""Days before a certificate ends from which on it is told."""
DAY = 24 * 3600
PORTS = {"http": 80, "https": 443}
NETWORK = say(
    "Check the network of this machine. If other sites open, ask the alliance whether the hub runs.",
    "请检查本机的网络；别的网站打得开，就问联盟平台是否在运行。",
)
SYNC_CLOCK = {
    "Windows": say(
        "Set the clock: Settings, Time & language, Date & time, Sync now.",
        "请校准时钟：设置 → 时间和语言 → 日期和时间 → 立即同步。",
    ),
    "Darwin": say(
        "Set the clock: System Settings, General, Date & Time, set automatically.",
        "请校准时钟：系统设置 → 通用 → 日期与时间 → 自动设定。",
    ),
    "": say(
        "Set the clock, for instance with timedatectl set-ntp true.", "请校准时钟，如运行 timedatectl set-ntp true。"
    ),
}


def proxy_of(origin: str) -> str:
    """The proxy by which requests to the hub go, without what it is opened with; empty for none."""
    with new_session(origin) as session:
        chosen = session.merge_environment_settings(origin, {}, None, None, None)["proxies"]
    found = requests.utils.select_proxy(origin, chosen)
    return urlsplit(found)._replace(netloc=urlsplit(found).netloc.rpartition("@")[2]).geturl() if found else ""


def proxy(origin: str) -> Finding:
    """Whether there is a proxy between, as the system or the environment says."""
    found = proxy_of(origin)
    if found:
        return good("proxy", "The hub is asked through {proxy}.", "经代理 {proxy} 访问平台。", proxy=found)
    return good("proxy", "None.", "没有用代理。")


def name(origin: str) -> Finding:
    """Whether the hub's name leads to an address."""
    host, port = _place(urlsplit(origin))
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        said = say("{host} cannot be found.", "找不到 {host}。", host=host)
        return bad("name", said, NETWORK)
    return good("name", "{host} is {address}.", "{host} 是 {address}。", host=host, address=found[0][4][0])


def certificate(origin: str, *, seconds: int) -> Finding:
    """Whether the hub's certificate is trusted, for its name, and for how long."""
    parts = urlsplit(origin)
    host, port = _place(parts)
    if parts.scheme != "https":
        return good("certificate", "Not needed: the address begins with http.", "不用：平台的网址是 http 的。")
    context = ssl.create_default_context(cafile=_authorities(origin))
    try:
        with (
            socket.create_connection((host, port), timeout=seconds) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            ends = ssl.cert_time_to_seconds(str((secured.getpeercert() or {})["notAfter"]))
    except ssl.SSLCertVerificationError as error:
        return _untrusted(error)
    except (OSError, ValueError) as error:
        said = say("No secured connection: {cause}.", "建立不了加密连接：{cause}。", cause=type(error).__name__)
        return bad("certificate", said, NETWORK)
    day = f"{datetime.fromtimestamp(ends, UTC).astimezone():%Y-%m-%d}"
    if ends - time.time() < SOON * DAY:
        said = say("It ends on {day}.", "{day} 到期。", day=day)
        return warn("certificate", said, say("Tell the alliance.", "请告诉联盟管理员及时更换。"))
    return good("certificate", "Trusted, until {day}.", "可信，{day} 到期。", day=day)


def _untrusted(error: ssl.SSLCertVerificationError) -> Finding:
    """By OpenSSL's number of the reason (X509_V_ERR_…)."""
    causes = {
        9: say("it is not valid yet", "还没有到生效的日子"),
        10: say("it has expired", "已经过期"),
        18: say("it is signed by itself alone", "是自己签发的"),
        19: say("its authority is not known here", "签发它的机构不在信任之列"),
        20: say("its authority is not known here", "签发它的机构不在信任之列"),
        62: say("it is for another name", "是给别的域名的"),
    }
    cause = causes.get(error.verify_code, Words(error.verify_message, error.verify_message))
    mend = say(
        "Check the clock of this machine first; then tell the alliance. Never switch the check off: somebody may "
        "stand between. Where your own proxy opens connections, name its authority in REQUESTS_CA_BUNDLE.",
        "请先看本机的时钟对不对，再告诉联盟管理员。不要关掉检查：可能有人冒充平台。本单位的代理会拆开加密连接的，"
        "请用 REQUESTS_CA_BUNDLE 指明它的根证书。",
    )
    return bad("certificate", say("Not trusted: {cause}.", "不可信：{cause}。", cause=cause), mend)


def _authorities(origin: str) -> str:
    """The file of authorities that requests to the hub trust."""
    with new_session(origin) as session:
        said = session.merge_environment_settings(origin, {}, None, None, None)["verify"]
    return said if isinstance(said, str) else requests.utils.DEFAULT_CA_BUNDLE_PATH


def hub(origin: str, settings: NodeSettings) -> list[Finding]:
    """Whether the hub answers, speaks our protocol, and has our time."""
    before = time.time()
    try:
        with new_session(origin) as session:
            answer = session.get(origin + PREFIX + "/", timeout=settings.timeouts, allow_redirects=False)
        said = answer.json() if answer.status_code == requests.codes.ok else None
    except requests.JSONDecodeError:
        said = None
    except requests.RequestException as error:
        return [
            bad(
                "hub",
                say("No answer from {hub}: {cause}.", "{hub} 没有答复：{cause}。", hub=origin, cause=silence(error)),
                NETWORK,
            )
        ]
    if not isinstance(said, dict) or "protocol" not in said:
        what = say(
            "At {hub} something else answers (HTTP {status}).",
            "在 {hub} 答复的不是平台（HTTP {status}）。",
            hub=origin,
            status=answer.status_code,
        )
        mend = say(
            "A proxy or a sign-in page of the network may stand between; else ask the alliance.",
            "可能是代理或网络的登录页挡在中间：用浏览器打开平台的网址看看；仍不行就问联盟。",
        )
        return [bad("hub", what, mend)]
    return [_spoken(origin, said), clock(answer.headers.get("Date", ""), (before + time.time()) / 2)]


def _spoken(origin: str, said: dict[str, object]) -> Finding:
    try:
        speaking.check_hub(said)
    except ProtocolUnknown as error:
        mend = say(
            "Upgrade this program: pip install --upgrade metrology-commons.",
            "请升级本程序：pip install --upgrade metrology-commons。",
        )
        return bad("hub", Words(error.message("en"), error.message("zh")), mend)
    if str(said.get("origin", origin)).rstrip("/") != origin:
        what = say("It goes by another address now: {other}.", "平台改用了网址 {other}。", other=said["origin"])
        return bad("hub", what, say("Ask the alliance.", "请问联盟管理员：节点按原来的网址签名，它不会认。"))
    version = said["protocol"]
    return good(
        "hub", "{hub} answers (protocol {version}).", "{hub} 有答复（协议 {version}）。", hub=origin, version=version
    )


def clock(date: str, ours: float) -> Finding:
    """Our clock against the hub's Date (RFC 9110, 6.6.1, whole seconds), as far as its signatures allow."""
    try:
        ahead = ours - parsedate_to_datetime(date).timestamp() - 0.5
    except ValueError:
        return good("clock", "The hub does not say its time.", "平台没有说它的时间，没有查。")
    leeway = LEEWAY.total_seconds()
    most_behind = LIFETIME.total_seconds() + leeway
    apart = in_time(round(abs(ahead)))
    if ahead > 0:
        said = say("It is {apart} fast.", "快了{apart}。", apart=Words(apart, " " + apart.zh))
    else:
        said = say("It is {apart} slow.", "慢了{apart}。", apart=Words(apart, " " + apart.zh))
    mend = SYNC_CLOCK.get(platform.system(), SYNC_CLOCK[""])
    if ahead > leeway or ahead < -most_behind:
        refused = say(
            "{said} The hub refuses what is signed under this time.",
            "{said}平台不收按这个时间签名的请求。",
            said=said,
        )
        return bad("clock", refused, mend)
    if ahead > leeway / 3 or ahead < -most_behind / 3:
        return warn("clock", said, mend)
    return good(
        "clock", "Right to {apart} or so.", "与平台相差不到 {apart}。", apart=in_time(max(2, round(abs(ahead)) + 1))
    )


def membership(origin: str, settings: NodeSettings, key: Key, *, node_id: str) -> Finding:
    """Whether the hub takes our key, and knows us by it as who we are."""
    client = HubClient(origin, key, replace(settings, attempts=1, patience=0))
    try:
        said = client.get("/membership", EnrolmentReply)
    except RefusedByHub as error:
        return _refused(error)
    except HubAway as error:
        return bad("membership", Words(error.message("en"), error.message("zh")), NETWORK)
    except CommonsError as error:
        mend = say("Upgrade this program.", "请升级本程序。")
        return bad("membership", Words(error.message("en"), error.message("zh")), mend)
    finally:
        client.session.close()
    if said["node_id"] != node_id:
        what = say("The hub knows this key as another node's.", "平台认为这把密钥是另一个节点的。")
        mend = say(
            "The key and the database are of different backups: restore both from one.",
            "密钥和数据库不是同一份备份里的：请从同一份恢复。",
        )
        return bad("membership", what, mend)
    names = said["institution"]["name"]
    known = Words(names.get("en") or names.get("zh", ""), names.get("zh") or names.get("en", ""))
    return good("membership", "{name}; the key is active.", "{name}，密钥有效。", name=known)


def _refused(error: RefusedByHub) -> Finding:
    detail = Words(error.data["detail"], error.data["detail"])
    again = say(
        "Ask the alliance for a new invitation and join again: commons-node join HUB TOKEN. What is published stays "
        "yours.",
        "请向联盟要新的邀请码，重新加入：commons-node join 平台网址 邀请码。已发布的都还是本单位的。",
    )
    mends = {
        KeyUnknown.code: again,
        KeyRevoked.code: again,
        SignatureExpired.code: SYNC_CLOCK.get(platform.system(), SYNC_CLOCK[""]),
        SignatureFromFuture.code: SYNC_CLOCK.get(platform.system(), SYNC_CLOCK[""]),
    }
    return bad("membership", detail, mends.get(error.problem_code, say("Ask the alliance.", "请问联盟管理员。")))


def _place(parts: SplitResult) -> tuple[str, int]:
    return parts.hostname or "", parts.port or PORTS.get(parts.scheme, 443)


def is_good(finding: Finding) -> bool:
    """Whether what builds upon it can be looked at."""
    return finding.level == GOOD
