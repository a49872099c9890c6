"""An institution's OpenID provider for tests: Authlib's own server side on a real port, with one account."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "hub", "known to both"


@dataclass
class Code(AuthorizationCodeMixin):
    """What the provider remembers between sending somebody back and the hub's question."""

    code: str
    redirect_uri: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    user: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return "openid"

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> None:
        return None

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class Provider(ClientMixin):
    """The provider, which is also its only client's description; `subject` is who signs in there just now.

    `claims` overrides what its ID tokens say, `keys` what it shows as its public keys.
    """

    redirect_uri: str
    origin: str = ""
    subject: str = "employee-42"
    claims: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, auto_kid=True))
    shown_key: RSAKey | None = None
    codes: dict[str, Code] = field(default_factory=dict)

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


def _grant(provider: Provider) -> type[AuthorizationCodeGrant]:
    class Grant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib has no types
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

        def save_authorization_code(self, code: str, request: Any) -> None:
            data = request.payload.data
            given = (data["nonce"], data["code_challenge"], data["code_challenge_method"], request.user)
            provider.codes[code] = Code(code, request.payload.redirect_uri, *given)

        def query_authorization_code(self, code: str, client: Any) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> str:
            return authorization_code.user

    return Grant


def _openid(provider: Provider) -> OpenIDCode:
    class Token(OpenIDCode):  # type: ignore[misc]  # Authlib has no types
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return any(code.nonce == nonce for code in provider.codes.values())

        def resolve_client_private_key(self, client: Any) -> RSAKey:
            return provider.key

        def get_client_algorithm(self, client: Any) -> str:
            return "RS256"

        def get_encode_header(self, client: Any) -> dict[str, str]:
            return {"alg": "RS256", "kid": str(provider.key.kid)}

        def get_client_claims(self, client: Any) -> dict[str, Any]:
            return {"iss": provider.origin, "aud": [CLIENT]}

        def get_authorization_code_claims(self, authorization_code: Code) -> dict[str, Any]:
            return {**super().get_authorization_code_claims(authorization_code), **provider.claims}

        def generate_user_info(self, user: str, scope: str) -> UserInfo:
            return UserInfo({"sub": user, **provider.claims})

    return Token(require_nonce=True)


def _application(provider: Provider) -> Flask:
    app = Flask("provider")
    app.secret_key = secrets.token_hex(16)
    server = AuthorizationServer(app, query_client=lambda name: provider if name == CLIENT else None)
    server.save_token = lambda token, request: None
    server.register_grant(_grant(provider), [_openid(provider), CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def describe() -> Any:
        addresses = {
            "issuer": provider.origin,
            "authorization_endpoint": f"{provider.origin}/authorize",
            "token_endpoint": f"{provider.origin}/token",
            "jwks_uri": f"{provider.origin}/keys",
        }
        return jsonify({**addresses, **provider.description})

    @app.get("/keys")
    def keys() -> Any:
        return jsonify({"keys": [(provider.shown_key or provider.key).as_dict(private=False)]})

    @app.get("/authorize")
    def authorize() -> Any:
        return server.create_authorization_response(
            grant_user=provider.subject, grant=server.get_consent_grant(end_user=provider.subject)
        )

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    return app


@contextmanager
def running_provider(redirect_uri: str) -> Iterator[Provider]:
    """A provider that sends people back to `redirect_uri`."""
    provider = Provider(redirect_uri)
    server = make_server("127.0.0.1", 0, _application(provider), threaded=True)
    provider.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
