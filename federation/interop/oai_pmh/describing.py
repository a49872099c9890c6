"""What the hub says of itself: Identify, ListMetadataFormats and ListSets (OAI-PMH 2.0 §4.2, §4.4, §4.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import select

from federation import feed_sets
from federation.interop.oai_pmh import faults, names, selecting
from federation.interop.oai_pmh.arguments import SET_SPEC, TOKEN, Asked
from federation.interop.oai_pmh.faults import Refused
from federation.interop.oai_pmh.formats import titles
from federation.interop.oai_pmh.markup import content, moment, opening, tag
from federation.interop.oai_pmh.repository import Repository
from federation.models.base import now
from federation.models.institutions import Institution
from shared.vocabularies import vocabulary

OAI_IDENTIFIER = "http://www.openarchives.org/OAI/2.0/oai-identifier"
SAMPLE = "ark:99999/a1bcdfghj"


class Set(NamedTuple):
    """A set by its name for programs and for people."""

    spec: str
    zh: str
    en: str


def identify(repository: Repository, _asked: Asked) -> str:
    """Who this is, and how records are dated and deleted here."""
    settings = repository.settings
    said = {
        "repositoryName": f"{settings.hub_name_zh} {settings.hub_name_en}",
        "baseURL": repository.base_url,
        "protocolVersion": "2.0",
        "adminEmail": repository.admin_email,
        # Of an empty hub nothing can be older than this moment.
        "earliestDatestamp": moment(selecting.earliest(repository.session) or now()),
        "deletedRecord": "persistent",
        "granularity": "YYYY-MM-DDThh:mm:ssZ",
    }
    return tag("Identify", _plainly(said) + tag("description", _identifiers(repository)))


def _identifiers(repository: Repository) -> str:
    """How identifiers are made here (guidelines "oai-identifier", §2)."""
    said = {
        "scheme": names.SCHEME,
        "repositoryIdentifier": names.domain(repository.origin),
        "delimiter": names.DELIMITER,
        "sampleIdentifier": names.identifier(repository.origin, SAMPLE),
    }
    start = opening(
        "oai-identifier",
        namespace=OAI_IDENTIFIER,
        schema=f"{OAI_IDENTIFIER}.xsd",
        prefixes={"xmlns": OAI_IDENTIFIER},
    )
    return f"{start}{_plainly(said)}</oai-identifier>"


def _plainly(said: Mapping[str, str]) -> str:
    return "".join(tag(name, content(text)) for name, text in said.items())


def list_metadata_formats(repository: Repository, asked: Asked) -> str:
    """The formats; each record can be had in each of them."""
    name = asked.arguments.get("identifier")
    if name is not None:
        ark = names.ark_of(repository.origin, name)
        if ark is None or selecting.item(repository.session, ark) is None:
            raise Refused(faults.no_id(name))
    told = [
        {"metadataPrefix": form.prefix, "schema": form.schema, "metadataNamespace": form.namespace}
        for form in repository.formats.values()
    ]
    return tag("ListMetadataFormats", "".join(tag("metadataFormat", _plainly(one)) for one in told))


def list_sets(repository: Repository, asked: Asked) -> str:
    """All sets at once; there never was a token for more of them."""
    if TOKEN in asked.arguments:
        raise Refused(faults.bad_token())
    return tag(
        "ListSets", "".join(_set(one, repository) for one in _sets(repository) if SET_SPEC.fullmatch(one.spec))
    )


def _set(one: Set, repository: Repository) -> str:
    said = {"setSpec": one.spec, "setName": " / ".join(dict.fromkeys((one.zh, one.en)))}
    described = titles(repository.formats["oai_dc"], {"zh": one.zh, "en": one.en})
    return tag("set", _plainly(said) + tag("setDescription", described))


def _sets(repository: Repository) -> Iterator[Set]:
    yield Set(feed_sets.INSTITUTION, "提供单位", "Institutions")
    yield from _institutions(repository)
    for kind, name in ((feed_sets.THEME, "themes"), (feed_sets.TYPE, "types")):
        terms = vocabulary(name)
        yield Set(kind, terms.zh, terms.en)
        for term in terms:
            yield Set(feed_sets.spec(kind, term.code), term.zh, term.en)


def _institutions(repository: Repository) -> Iterator[Set]:
    wanted = select(Institution.code, Institution.name_zh, Institution.name_en).order_by(Institution.code)
    for code, zh, en in repository.session.execute(wanted):
        yield Set(feed_sets.spec(feed_sets.INSTITUTION, code), zh or en, en or zh)
