"""The OpenAPI document against the hub: whatever is sent, only what the document says comes back, and no failure.

schemathesis makes the requests from the document, good ones and bad ones; those of the federation protocol are signed
on their way, so that they come past the door. COMMONS_TEST_EXAMPLES asks for more of them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared import http_signatures
from tests.support.depth import depth
from tests.support.hub import ORIGIN, Member, running_hub
from tests.support.log import signed
from tests.support.publishing import file_entry, publish
from tests.support.records import make_record
from tests.support.stores import RunningStore

pytestmark = pytest.mark.xdist_group("described")
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
OPERATIONS = [
    "GET /api/v1/changes",
    "GET /api/v1/collections",
    "GET /api/v1/collections/{slug}",
    "GET /api/v1/dumps",
    "GET /api/v1/federation/",
    "GET /api/v1/federation/log",
    "GET /api/v1/federation/log/entries",
    "GET /api/v1/federation/membership",
    "GET /api/v1/federation/status",
    "GET /api/v1/institutions",
    "GET /api/v1/resources/{ark}",
    "GET /api/v1/search",
    "GET /api/v1/vocabularies",
    "POST /api/v1/federation/answers",
    "POST /api/v1/federation/enrolments",
    "POST /api/v1/federation/keys",
    "POST /api/v1/federation/log/cosignatures",
    "POST /api/v1/federation/petitions",
    "POST /api/v1/federation/reconciliation/arks",
    "POST /api/v1/federation/reconciliation/digests",
    "POST /api/v1/federation/reconciliation/items",
    "POST /api/v1/federation/reconciliation/records",
    "POST /api/v1/federation/records",
    "POST /api/v1/federation/uploads",
    "POST /api/v1/federation/uploads/complete",
    "POST /api/v1/federation/uses",
]


class Signing:
    """Signs each request as a member's node does, over just what is sent."""

    def __init__(self, member: Member) -> None:
        self.member = member

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        kind = environ.setdefault("CONTENT_TYPE", "application/json") or "application/json"
        request = http_signatures.Request(
            environ["REQUEST_METHOD"], ORIGIN + environ["RAW_URI"], {"Content-Type": kind}
        )
        signer = self.member.signer
        http_signatures.sign_request(request, body, private_key=signer.private_key, kid=signer.key_id)
        for name in ("Content-Digest", "Signature-Input", "Signature"):
            environ["HTTP_" + name.upper().replace("-", "_")] = request.headers[name]
        environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": kind}
        return self.member.hub.app(environ, start_response)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory, store: RunningStore) -> Iterator[Any]:
    """The document of a hub that has something to say."""
    with running_hub(tmp_path_factory.mktemp("described"), store) as hub:
        member = hub.member("institute-a")
        data = b"text"
        for number in range(3):
            entry = file_entry(data, name="a.txt", media_type="text/plain")
            publish(hub, member, make_record(title={"zh": f"第 {number} 件"}, files=[entry]), data)
        member.publish(make_record(files=[file_entry(b"to come", name="b.txt", media_type="text/plain")]))
        signed(hub)
        yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app=Signing(member))


def operations(document: Any) -> dict[str, Any]:
    found = [result.ok() for result in document.get_all_operations()]
    return {f"{one.method.upper()} {one.full_path}": one for one in found}


def test_every_operation_of_the_document_is_tried(described: Any) -> None:
    """The document itself apart: schemathesis has read it already."""
    raw = described.raw_schema["paths"]
    there = {
        f"{method.upper()} {path}" for path, methods in raw.items() for method in methods if method != "parameters"
    }
    assert sorted(there - {"GET /api/v1/openapi.json"}) == OPERATIONS == sorted(operations(described))


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: str(mode.value))
@pytest.mark.parametrize("name", OPERATIONS)
def test_only_what_is_described_comes_back(described: Any, name: str, mode: GenerationMode) -> None:
    operation = operations(described)[name]
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
        return

    @given(case=operation.as_strategy(generation_mode=mode))
    @depth(5, 1)
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=ORIGIN, checks=CHECKS)

    ask()
