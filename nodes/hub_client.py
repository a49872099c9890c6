"""Speaking with the hub: every request signed anew, every answer checked, and patience when it is away."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from nodes.keys import Key
from nodes.patience import BUSY, Patience, Sleep, retry_after, until
from nodes.settings import NodeSettings
from nodes.texts import language
from shared import http_signatures
from shared.canonical import canonical, parse
from shared.errors import PROBLEM_TYPE, CommonsError, FieldError, HubAway, HubBusy, HubRefused, SignatureReplayed
from shared.messages import PREFIX, read
from shared.validation import Strict
from shared.wording import Words

MAX_ANSWER = 32 * 1024**2


CAUSES = (
    (requests.exceptions.SSLError, Words("its certificate cannot be verified", "无法核实它的证书")),
    (requests.Timeout, Words("it took too long to answer", "等了太久没有回答")),
    (requests.ConnectionError, Words("no connection", "连接不上")),
)
"""Why nothing was heard, the more special reasons first."""
SPEAKS_PLAIN = Words("it does not speak HTTPS; is it http:// perhaps?", "那里不讲 HTTPS，网址是不是应以 http:// 开头")
PLAIN = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
"""How OpenSSL names what it meets when it greets a server that knows no TLS; newer ones name it otherwise."""
UNREADABLE = Words("its answer was cut short, or something else answers there", "答复不完整，或答复的不是平台")


class RefusedByHub(HubRefused):
    """A refusal with the hub's own code, so that callers can tell one from another."""

    def __init__(self, problem: Mapping[str, Any], status: int) -> None:
        self.problem_code = str(problem.get("type", "")).removeprefix(PROBLEM_TYPE)
        faults = problem.get("errors")
        errors = [
            FieldError(str(fault.get("pointer", "")), str(fault.get("code", "")), dict(fault.get("params") or {}))
            for fault in (faults if isinstance(faults, list) else [])
            if isinstance(fault, dict)
        ]
        detail = str(problem.get("detail") or f"HTTP {status}")[:2000].replace("{", "(").replace("}", ")")
        super().__init__(errors=errors, detail=detail)


class HubClient:
    """One hub, as one node speaks with it; may be used by several threads, each with its own connection pool."""

    def __init__(self, origin: str, key: Key, settings: NodeSettings, *, sleep: Sleep = time.sleep) -> None:
        self.origin = origin.rstrip("/")
        self.key, self.settings, self._sleep = key, settings, sleep
        self.session = new_session(self.origin)

    def describe(self) -> dict[str, Any]:
        """Who the hub is (unsigned). Raises `HubAway` or `HubRefused`."""
        answer = self._patiently(lambda: self._plain(PREFIX + "/"))
        return dict(answer) if isinstance(answer, dict) else {}

    def post(self, path: str, body: bytes, reply: type[Strict], *, gzipped: bool = False) -> dict[str, Any]:
        """Send a message and read the reply.

        Raises `HubAway` after the last attempt, `HubBusy` when the hub asks for too much patience, `RefusedByHub` at
        once.
        """
        headers = {"Content-Encoding": "gzip"} if gzipped else {}
        return read(reply, self._patiently(lambda: self._signed("POST", PREFIX + path, body, headers)))

    def ask(self, path: str, message: Mapping[str, Any], reply: type[Strict]) -> dict[str, Any]:
        """Send a small JSON message and read the reply."""
        return self.post(path, canonical(dict(message)), reply)

    def get(self, path: str, reply: type[Strict]) -> dict[str, Any]:
        """Read something, signed."""
        return read(reply, self._patiently(lambda: self._signed("GET", PREFIX + path, b"", {})))

    def fetch(self, path: str) -> bytes:
        """What stands at a public address of the hub (unsigned). Raises as `post` does."""
        return bytes(self._patiently(lambda: self._content(path)))

    def _patiently(self, attempt: Callable[[], Any]) -> Any:
        """Try again, as Retry-After says or with growing pauses, while the hub is away or busy.

        Raises `HubAway` after the last attempt, `HubBusy` when it asks for too much patience, any refusal at once.
        """
        patience = Patience(seconds=self.settings.patience, attempts=self.settings.attempts, sleep=self._sleep)
        while True:
            try:
                return attempt()
            except RefusedByHub as error:
                # Each attempt is signed anew, so a replay is the network's: it brought one request twice.
                if error.problem_code != SignatureReplayed.code or not patience.wait(None):
                    raise
            except HubAway as error:
                if patience.wait(error.retry_after):
                    continue
                if error.retry_after is None:
                    raise
                said = until(error.retry_after)
                raise HubBusy(
                    hub=self.origin, cause=error.data["cause"], until=said, retry_after=error.retry_after
                ) from error

    def _signed(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Any:
        request = http_signatures.Request(method, self.origin + path, {"Content-Type": "application/json"})
        http_signatures.sign_request(request, body, private_key=self.key.private, kid=self.key.id)
        return self._send(method, path, body, {**request.headers, **headers})

    def _plain(self, path: str) -> Any:
        return self._send("GET", path, b"", {})

    def _content(self, path: str) -> bytes:
        answer = self._request("GET", path, b"", {})
        return answer.content[:MAX_ANSWER] if answer.status_code == 200 else self._read(answer)

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Any:
        return self._read(self._request(method, path, body, {**headers, "Accept": "application/json"}))

    def _request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
        try:
            return self.session.request(
                method,
                self.origin + path,
                data=body or None,
                headers={**headers, "Accept-Language": language()},
                timeout=self.settings.timeouts,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise HubAway(hub=self.origin, cause=cause_of(error)) from error

    def _read(self, answer: requests.Response) -> Any:
        if answer.status_code in BUSY:
            pause = retry_after(answer.headers)
            raise HubAway(hub=self.origin, cause=f"HTTP {answer.status_code}", retry_after=pause)
        try:
            content = parse(answer.content[:MAX_ANSWER])
        except CommonsError:
            content = None
        if answer.status_code >= 500:
            raise HubAway(hub=self.origin, cause=_said(content) or f"HTTP {answer.status_code}")
        if answer.status_code >= 300:
            raise RefusedByHub(content if isinstance(content, dict) else {}, answer.status_code)
        if content is None:
            # Cut off on the way, which http.client cannot always tell, or the word of somebody in between.
            raise HubAway(hub=self.origin, cause=UNREADABLE)
        return content


def _said(content: Any) -> str:
    """What the hub itself says of why (RFC 9457), to stand within a sentence; empty when it says nothing of ours."""
    ours = isinstance(content, dict) and str(content.get("type", "")).startswith(PROBLEM_TYPE)
    return str(content.get("detail", ""))[:500].rstrip("。.") if ours else ""


def cause_of(error: requests.RequestException) -> str:
    """Why nothing was heard, or what the answer was: a part of a sentence."""
    if error.response is not None:
        return f"HTTP {error.response.status_code}"
    return silence(error)


def silence(error: requests.RequestException) -> str:
    """Why nothing was heard: a part of a sentence."""
    if isinstance(error, requests.exceptions.SSLError) and any(name in str(error) for name in PLAIN):
        return SPEAKS_PLAIN
    return next((words for kind, words in CAUSES if isinstance(error, kind)), type(error).__name__)


def new_session(origin: str) -> requests.Session:
    """A connection pool; no proxy stands before this very machine."""
    session = requests.Session()
    if urlsplit(origin).hostname in ("127.0.0.1", "localhost", "::1"):
        session.trust_env = False
    return session
