"""Slowing down whoever guesses passwords: failed attempts are counted by name and by network address.

Only keyed hashes (HMAC-SHA-256) of both are kept, and no longer than the window in which they count.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from federation import auditlog
from federation.models.base import now
from federation.models.people import SignInAttempt
from federation.settings import HubSettings
from shared.errors import Throttled

ADDRESS_SHARE = 4
"""How many times the attempts of one name an address has: a whole institution may stand behind one."""


class Guard:
    """What one attempt to sign in is counted under."""

    def __init__(self, session: Session, settings: HubSettings, *, name: str, address: str) -> None:
        self.session = session
        self.window = timedelta(seconds=settings.sign_in_window)
        self._name = _hash(settings, "name", name)
        self._limits = {
            self._name: settings.sign_in_attempts,
            _hash(settings, "address", network(address)): settings.sign_in_attempts * ADDRESS_SHARE,
        }
        self._told = _hash(settings, "told", f"{name}\n{address}")

    def refuse_if_too_many(self, *, about: str = "") -> None:
        """Raise `Throttled` with the seconds to wait when name or address has failed too often.

        `about` names the account for the audit log, in which the refusal stands once a window: whoever goes on
        trying cannot fill the log.
        """
        wait = max(self._wait(subject, limit) for subject, limit in self._limits.items())
        if not wait:
            return
        if not self._since(self._told, 1):
            self._add(self._told)
            actor = about or "anonymous"
            auditlog.record(self.session, auditlog.Happening(actor, "user.sign_in_throttled", actor))
        raise Throttled(retry_after=wait)

    def count_failure(self) -> None:
        """Add one failure to name and address, and forget what no longer counts."""
        self.session.execute(delete(SignInAttempt).where(SignInAttempt.at < now() - self.window))
        for subject in self._limits:
            self._add(subject)

    def forget_failures(self) -> None:
        """The name's failures count no more, now that its owner has shown the password."""
        self.session.execute(delete(SignInAttempt).where(SignInAttempt.subject == self._name))

    def _wait(self, subject: str, limit: int) -> int:
        """Seconds until fewer than `limit` failures of `subject` lie within the window; 0 when it is so now."""
        moments = self._since(subject, limit)
        if len(moments) < limit:
            return 0
        return max(1, math.ceil((moments[-1] + self.window - now()).total_seconds()))

    def _since(self, subject: str, most: int) -> list[datetime]:
        """The last `most` moments within the window, newest first."""
        counted = (SignInAttempt.subject == subject) & (SignInAttempt.at > now() - self.window)
        newest = select(SignInAttempt.at).where(counted).order_by(SignInAttempt.at.desc()).limit(most)
        return list(self.session.scalars(newest))

    def _add(self, subject: str) -> None:
        self.session.add(SignInAttempt(subject=subject))
        self.session.flush()


def network(address: str) -> str:
    """What an address is counted as: itself, or its /64 for IPv6, all of which one caller commands."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def _hash(settings: HubSettings, kind: str, value: str) -> str:
    """A hash that nobody without the hub's secret can try values against."""
    key = settings.secret_key.encode("utf-8")
    return hmac.new(key, f"sign-in:{kind}:{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
