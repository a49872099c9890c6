"""Presigned addresses: AWS Signature Version 4 in the query, for S3 with path-style buckets.

Signing here instead of through the client library makes an address in a few microseconds instead of a third
of a millisecond, which a download redirect would feel; a test holds both to the same bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = "UNSIGNED-PAYLOAD"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _escape(text: str) -> str:
    return quote(text, safe="-_.~")


def _joined(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in pairs)


def _host(endpoint: str) -> str:
    """The Host header that a client sends for this endpoint: without the scheme's own port."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port is not None and parts.port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{parts.port}"
    return host


class Presigner:
    """Makes addresses for one endpoint and one pair of keys; safe to share between threads."""

    def __init__(self, *, endpoint: str, access_key: str, secret_key: str, region: str) -> None:
        self._base = endpoint.rstrip("/")
        self._path = quote(urlsplit(self._base).path, safe="/-_.~")
        self._host = _host(self._base)
        self._access_key = access_key
        self._secret_key = secret_key
        self._region = region
        self._day_key: tuple[str, bytes] = ("", b"")

    def url(
        self,
        method: str,
        *,
        bucket: str,
        key: str = "",
        expires: int,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        now: float | None = None,
    ) -> str:
        """The address at which `method` may be used for `expires` seconds (S3: at most 604,800).

        `query` is carried and signed; each of `headers` (lower-case names) must be sent just so.
        `now` is Unix time and stands for the clock.
        """
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        scope = f"{stamp[:8]}/{self._region}/s3/aws4_request"
        signed = {"host": self._host, **(headers or {})}
        names = ";".join(sorted(signed))
        own = [
            ("X-Amz-Algorithm", _ALGORITHM),
            ("X-Amz-Credential", f"{self._access_key}/{scope}"),
            ("X-Amz-Date", stamp),
            ("X-Amz-Expires", str(expires)),
            ("X-Amz-SignedHeaders", names),
        ]
        pairs = [(_escape(name), _escape(value)) for name, value in [*(query or {}).items(), *own]]
        resource = quote(f"/{bucket}/{key}" if key else f"/{bucket}", safe="/-_.~")
        header_lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        canonical = "\n".join((method, self._path + resource, _joined(sorted(pairs)), header_lines, names, _UNSIGNED))
        signature = self._signature(stamp, scope, canonical)
        return f"{self._base}{resource}?{_joined(pairs)}&X-Amz-Signature={signature}"

    def _signature(self, stamp: str, scope: str, canonical: str) -> str:
        """Hexadecimal signature of a canonical request."""
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}"
        return _mac(self._key_of(stamp[:8]), text).hex()

    def _key_of(self, day: str) -> bytes:
        """The signing key, which is the same for a whole day: four digests saved an address."""
        known_day, key = self._day_key
        if known_day == day:
            return key
        key = f"AWS4{self._secret_key}".encode()
        for step in (day, self._region, "s3", "aws4_request"):
            key = _mac(key, step)
        self._day_key = (day, key)
        return key
