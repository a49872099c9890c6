"""Records and lists of them: GetRecord, ListIdentifiers and ListRecords (OAI-PMH 2.0 §4.1, §4.3, §4.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from federation import catalogue, days, feed_sets
from federation.interop.oai_pmh import faults, names, selecting, tokens
from federation.interop.oai_pmh.arguments import PREFIX, TOKEN, Asked
from federation.interop.oai_pmh.faults import Refused
from federation.interop.oai_pmh.formats import Format, written
from federation.interop.oai_pmh.markup import content, moment, tag
from federation.interop.oai_pmh.repository import Repository
from federation.interop.oai_pmh.selecting import Item
from federation.interop.oai_pmh.tokens import Place
from federation.models.base import now

PART = 100
"""Records of one part of a list."""


def get_record(repository: Repository, asked: Asked) -> str:
    """One record, also one that is deleted."""
    name = asked.arguments["identifier"]
    ark = names.ark_of(repository.origin, name)
    found = selecting.item(repository.session, ark) if ark is not None else None
    if found is None:
        raise Refused(faults.no_id(name))
    return tag("GetRecord", _record(found, repository, repository.formats[asked.arguments[PREFIX]]))


def first_part(repository: Repository, asked: Asked) -> tuple[str, datetime]:
    """The first part of a list, with the moment up to which it is certain. Raises `Refused` when it is empty."""
    settled = repository.settle()
    stretch = selecting.stretch(
        repository.session, settled, set_spec=asked.arguments.get("set", ""), spans=asked.spans
    )
    numbers = feed_sets.part(repository.session, stretch, limit=PART + 1)
    if not numbers:
        raise Refused(faults.no_records(), at=settled.at)
    whole = len(numbers) <= PART
    size = len(numbers) if whole else feed_sets.count(repository.session, stretch)
    place = Place(asked.verb, asked.arguments[PREFIX], stretch, cursor=0, size=size)
    return _part(repository, place, numbers), settled.at


def next_part(repository: Repository, asked: Asked) -> str:
    """The part of a list that a token stands for. Raises `Refused` for a token that is not good here."""
    place = tokens.unseal(asked.arguments[TOKEN], verb=asked.verb, secret_key=repository.settings.secret_key)
    # A hub that was restored from a backup has lost the end of the feed, and will number other things so.
    known = place.prefix in repository.formats and place.stretch.snapshot <= catalogue.position(repository.session)
    numbers = feed_sets.part(repository.session, place.stretch, limit=PART + 1) if known else []
    if not numbers:
        raise Refused(faults.bad_token())
    return _part(repository, place, numbers)


def _part(repository: Repository, place: Place, numbers: list[int]) -> str:
    """A part with the token for the next one: none when the list came whole, an empty one at its end (§3.5)."""
    form = repository.formats[place.prefix]
    items = selecting.items(repository.session, numbers[:PART])
    if place.verb == "ListRecords":
        told = [_record(item, repository, form) for item in items]
    else:
        told = [_header(item, repository) for item in items]
    more = len(numbers) > PART
    if more or place.cursor:
        said = {"completeListSize": str(place.size), "cursor": str(place.cursor)}
        token = ""
        if more:
            left = replace(place.stretch, first=numbers[PART])
            following = replace(place, stretch=left, cursor=place.cursor + PART)
            token = tokens.seal(following, secret_key=repository.settings.secret_key)
            said["expirationDate"] = moment(now() + tokens.LIFE)
        told.append(tag(TOKEN, content(token), said))
    return tag(place.verb, "".join(told))


def _record(item: Item, repository: Repository, form: Format) -> str:
    header = _header(item, repository)
    if not item.jws:
        return f"<record>{header}</record>"
    said = written(item, form, origin=repository.origin, today=days.today())
    return f"<record>{header}<metadata>{said}</metadata></record>"


def _header(item: Item, repository: Repository) -> str:
    start = "<header>" if item.jws else '<header status="deleted">'
    name = content(names.identifier(repository.origin, item.ark))
    sets = "".join([f"<setSpec>{content(spec)}</setSpec>" for spec in item.sets])
    return f"{start}<identifier>{name}</identifier><datestamp>{moment(item.at)}</datestamp>{sets}</header>"
