"""An institution's OpenID provider over HTTP: its description, the way there, and the ID token that comes back.

OpenID Connect Core 1.0 §3.1 (authorization code flow) with PKCE (RFC 7636, S256), state and nonce, and against
mix-up the issuer in the answer (RFC 9207). The issuer is what the operator set; what it says of its own addresses is
believed when it is encrypted too, and nobody else's is.

The libraries for it take 9 MB, so they are loaded when somebody signs in so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from shared.errors import IdentityRefused, ProviderAway

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

TIMEOUT = 10.0
MAX_BYTES = 1024**2
ALGORITHMS = ["RS256", "PS256", "ES256"]
"""Asymmetric ones only: an ID token is never checked with something that the caller could know."""
LEEWAY = 60
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Provider:
    """A provider that the operator has set, with the client's secret as it is."""

    issuer: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Attempt:
    """What ties an answer to the browser that asked: random values, used once."""

    state: str
    nonce: str
    verifier: str


def is_safe(address: str) -> bool:
    """Whether an address is encrypted, or on this very machine."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    )


def way_there(provider: Provider, attempt: Attempt, *, redirect_uri: str) -> str:
    """Where the browser is sent to sign in. Raises `ProviderAway`."""
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # noqa: PLC0415  # see above

    said = _description(provider)
    address, _ = _client(provider, redirect_uri).create_authorization_url(
        said["authorization_endpoint"],
        state=attempt.state,
        nonce=attempt.nonce,
        code_challenge=create_s256_code_challenge(attempt.verifier),
        code_challenge_method="S256",
    )
    return str(address)


def subject(provider: Provider, attempt: Attempt, *, code: str, issuer: str | None, redirect_uri: str) -> str:
    """Whose account it is at the provider, as its signed ID token says (§3.1.3.7).

    `issuer` is who the answer says that it is from: another provider's code is handed to nobody (RFC 9207 §2.4).
    Raises `ProviderAway` when it does not answer, `IdentityRefused` when what it answers is not right.
    """
    import requests  # noqa: PLC0415  # see above
    from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415  # see above
    from authlib.oidc.core import CodeIDToken  # noqa: PLC0415  # see above
    from joserfc import jwt  # noqa: PLC0415  # see above
    from joserfc.errors import JoseError  # noqa: PLC0415  # see above
    from joserfc.jwk import KeySet  # noqa: PLC0415  # see above

    said = _description(provider)
    names_itself = said.get("authorization_response_iss_parameter_supported") is True
    if issuer != provider.issuer and (names_itself or issuer is not None):
        raise IdentityRefused()
    try:
        token = _client(provider, redirect_uri).fetch_token(
            said["token_endpoint"],
            code=code,
            code_verifier=attempt.verifier,
            allow_redirects=False,
            timeout=TIMEOUT,
        )
        keys = KeySet.import_key_set(cast(Any, _fetch(said["jwks_uri"])))
        decoded = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={"iss": {"value": provider.issuer}, "aud": {"value": provider.client_id}},
            params={"nonce": attempt.nonce, "client_id": provider.client_id},
        )
        claims.validate(leeway=LEEWAY)
        found = claims["sub"]
    except requests.RequestException as error:
        raise ProviderAway() from error
    except (AuthlibBaseError, JoseError, KeyError, ValueError, TypeError) as error:
        raise IdentityRefused() from error
    if not isinstance(found, str) or not 0 < len(found) <= 255:
        raise IdentityRefused()
    return found


def _client(provider: Provider, redirect_uri: str) -> OAuth2Session:
    from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415  # see above

    client = OAuth2Session(
        provider.client_id,
        provider.client_secret,
        scope="openid",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )
    client.trust_env = False
    return client


def _description(provider: Provider) -> dict[str, Any]:
    """What the provider says of itself (OpenID Connect Discovery 1.0 §4). Raises `ProviderAway`."""
    said = _fetch(provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
    good = said.get("issuer") == provider.issuer and all(
        isinstance(said.get(name), str) and is_safe(said[name]) for name in NEEDED
    )
    if not good:
        raise ProviderAway()
    return said


def _fetch(address: str) -> dict[str, Any]:
    """A JSON object of at most a mebibyte; nobody is led elsewhere. Raises `ProviderAway`."""
    import requests  # noqa: PLC0415  # see above

    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(address, timeout=TIMEOUT, allow_redirects=False, stream=True)
            answer.raise_for_status()
            body = answer.raw.read(MAX_BYTES + 1, decode_content=True)
            found = {} if answer.is_redirect or len(body) > MAX_BYTES else json.loads(body)
    except (requests.RequestException, ValueError) as error:
        raise ProviderAway() from error
    if not isinstance(found, dict) or not found:
        raise ProviderAway()
    return found
