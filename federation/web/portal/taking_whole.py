"""Taking a whole collection along: one archive of all its resources, made while it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from federation import counting
from federation.catalogue import Page
from federation.collections import reading
from federation.collections.reading import Shown
from federation.database import db
from federation.days import today
from federation.language import request_language
from federation.packs import gathering, whole
from federation.packs.whole import About, Part
from federation.parts import parts
from federation.web.addresses import absolute
from federation.web.portal.blueprint import portal
from federation.web.portal.collecting import collection_json_ld, curator_name
from federation.web.portal.taking import FORMS, licence_file, reference_of, sent, texts
from federation.web.portal.uses import count
from federation.web.wording import said


@portal.get("/collections/<slug>/<any('pack.zip','bag.zip'):form>")
def collection_archive(slug: str, form: str) -> ResponseReturnValue:
    """Everything of a collection as a ZIP, or a bag in one; resumed by `Range` as that of a resource.

    Raises what `reading.find`, `whole.refuse_too_large` and `whole.assemble` raise, or `ArchivesBusy`.
    """
    session = db.session()
    shown = reading.find(session, slug, today=today())
    entries = [one.entry for one in shown.items]
    whole.refuse_too_large(entries)
    pages = gathering.pages(session, entries, today=today())
    standing = {page.entry.resource_id for page in pages}
    shown = replace(shown, items=[one for one in shown.items if one.entry.resource_id in standing])
    found = [_part(number, page) for number, page in enumerate(pages, start=1)]
    about = About(
        title=said(shown.content.title).text,
        address=absolute("portal.collection", slug=slug),
        slug=slug,
        curator=curator_name(shown.curator),
        moment=shown.at,
    )
    made = whole.assemble(
        session, parts().store, about, parts=found, texts=_texts(shown, about, found), form=FORMS[form]
    )
    name = f"{made.folder}.zip" if form == "pack.zip" else f"{made.folder}-bag.zip"

    def used() -> None:
        for entry in entries:
            count(counting.DOWNLOAD, entry.resource_id)

    return sent(made, name, used)


def _part(number: int, page: Page) -> Part:
    title = said(page.record["title"]).text
    folder = whole.folder_of(number, title, page.entry.ark)
    return Part(page, title, folder, reference_of(page, title), texts(page, title, within=True))


def _texts(shown: Shown, about: About, found: Sequence[Part]) -> Mapping[str, str]:
    name = licence_file()
    known = {
        "shown": shown,
        "about": about,
        "found": list(zip(found, shown.items, strict=True)),
        "licence_file": name,
        "language": request_language(),
    }
    ld: Response = jsonify(collection_json_ld(shown))
    return {
        "index.html": render_template("packs/collection.html", **known),
        name: render_template("packs/collection_licence.txt", **known),
        "collection.jsonld": ld.get_data(as_text=True),
    }
