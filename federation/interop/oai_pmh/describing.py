"""What the hub says of itself: Identify, ListMetadataFormats and ListSets (OAI-PMH 2.0 §4.2, §4.4, §4.6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import select

from federation import feed_sets
from federation.interop.oai_pmh import faults, names, selecting
from federation.interop.oai_pmh.arguments import SET_SPEC, TOKEN, Asked
from federation.interop.oai_pmh.faults import Refused
from federation.interop.oai_pmh.formats import titles
from federation.interop.oai_pmh.markup import Element, add, clean, container, element, moment
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


def identify(repository: Repository, _asked: Asked) -> Element:
    """Who this is, and how records are dated and deleted here."""
    root, settings = element("Identify"), repository.settings
    add(root, "repositoryName", f"{settings.hub_name_zh} {settings.hub_name_en}")
    add(root, "baseURL", repository.base_url)
    add(root, "protocolVersion", "2.0")
    add(root, "adminEmail", repository.admin_email)
    # Of an empty hub nothing can be older than this moment.
    add(root, "earliestDatestamp", moment(selecting.earliest(repository.session) or now()))
    add(root, "deletedRecord", "persistent")
    add(root, "granularity", "YYYY-MM-DDThh:mm:ssZ")
    described = container(
        add(root, "description"),
        "oai-identifier",
        namespace=OAI_IDENTIFIER,
        schema=f"{OAI_IDENTIFIER}.xsd",
        prefixes={None: OAI_IDENTIFIER},
    )
    for name, text in (
        ("scheme", names.SCHEME),
        ("repositoryIdentifier", names.domain(repository.origin)),
        ("delimiter", names.DELIMITER),
        ("sampleIdentifier", names.identifier(repository.origin, SAMPLE)),
    ):
        add(described, f"{{{OAI_IDENTIFIER}}}{name}", text)
    return root


def list_metadata_formats(repository: Repository, asked: Asked) -> Element:
    """The formats; each record can be had in each of them."""
    name = asked.arguments.get("identifier")
    if name is not None:
        ark = names.ark_of(repository.origin, name)
        if ark is None or selecting.item(repository.session, ark) is None:
            raise Refused(faults.no_id(name))
    root = element("ListMetadataFormats")
    for form in repository.formats.values():
        told = add(root, "metadataFormat")
        add(told, "metadataPrefix", form.prefix)
        add(told, "schema", form.schema)
        add(told, "metadataNamespace", form.namespace)
    return root


def list_sets(repository: Repository, asked: Asked) -> Element:
    """All sets at once; there never was a token for more of them."""
    if TOKEN in asked.arguments:
        raise Refused(faults.bad_token())
    root = element("ListSets")
    for one in _sets(repository):
        if SET_SPEC.fullmatch(one.spec):
            told = add(root, "set")
            add(told, "setSpec", one.spec)
            add(told, "setName", clean(" / ".join(dict.fromkeys((one.zh, one.en)))))
            titles(add(told, "setDescription"), repository.formats["oai_dc"], {"zh": one.zh, "en": one.en})
    return root


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
