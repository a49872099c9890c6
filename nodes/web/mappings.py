"""The mapping screen's answers, and the mappings that the node remembers: listed, renamed, exported, deleted."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from nodes import batches
from nodes.batch_models import MAPPING
from nodes.file_names import file_name
from nodes.importers import choices as mapping_choices
from nodes.importers import seen
from nodes.importers.choices import Choices
from nodes.web import language, mapping
from nodes.web.batches import page_of, refuse_at_work
from nodes.web.batching import batcher
from nodes.web.frame import workplace
from nodes.web.language import gettext as _
from shared.errors import InvalidRequest

mappings = Blueprint("mappings", __name__, url_prefix="/tables")


@mappings.post("/<int(max=2147483647):number>/columns")
def assign(number: int) -> ResponseReturnValue:
    """Assign the columns; when words of theirs are not ours, ask first what they mean, and then remember it all."""
    refuse_at_work(number)
    with workplace().database.unit_of_work() as session:
        batch = batches.find(session, number)
        if batch.phase != MAPPING:
            return redirect(url_for("tables.batch", number=number))
        chosen = mapping.read(request.form, batch)
        faults = mapping.faults_of(chosen)
        strange = mapping_choices.unknown_words(chosen, seen.from_json(batch.seen["columns"]))
        asking = bool(strange) and "words-shown" not in request.form
        if faults or asking:
            batches.choose(session, number, chosen)
        else:
            batches.remember(session, number, chosen)
    if faults:
        return page_of(number, column_faults=faults), InvalidRequest.status
    if asking:
        return redirect(url_for("tables.batch", number=number, _anchor="words"))
    batcher().start("check", number, language=language.current())
    return redirect(url_for("tables.batch", number=number))


@mappings.post("/<int(max=2147483647):number>/columns/again")
def reassign(number: int) -> ResponseReturnValue:
    """Go back to the mapping screen."""
    refuse_at_work(number)
    with workplace().database.unit_of_work() as session:
        batches.reopen_mapping(session, number)
    batcher().start("check", number, language=language.current())
    return redirect(url_for("tables.batch", number=number))


@mappings.get("/mappings")
def index() -> ResponseReturnValue:
    """The mappings that are remembered."""
    return _index()


@mappings.post("/mappings/<int(max=2147483647):number>")
def rename(number: int) -> ResponseReturnValue:
    """Call a mapping otherwise."""
    try:
        with workplace().database.unit_of_work() as session:
            batches.rename_mapping(session, number, request.form.get("name", ""))
    except InvalidRequest as error:
        return _index({number: error.errors}), error.status
    flash(_("名称已改。"))
    return redirect(url_for("mappings.index"))


@mappings.post("/mappings/<int(max=2147483647):number>/delete")
def delete(number: int) -> ResponseReturnValue:
    """Forget a mapping."""
    with workplace().database.unit_of_work() as session:
        batches.forget_mapping(session, number)
    flash(_("已删去。下次遇到这种表，会再问一次各列是什么。"))
    return redirect(url_for("mappings.index"))


@mappings.get("/mappings/<int(max=2147483647):number>.toml")
def export(number: int) -> ResponseReturnValue:
    """The mapping as the file that `commons-node import --mapping` reads."""
    with workplace().database.unit_of_work(read_only=True) as session:
        found = batches.mapping(session, number)
    text = BytesIO(mapping_choices.as_toml(Choices(**found.choices)).encode())
    name = file_name(f"{found.name}.toml")
    return send_file(text, mimetype="application/toml", as_attachment=True, download_name=name)


def _index(faults: dict[int, object] | None = None) -> str:
    with workplace().database.unit_of_work(read_only=True) as session:
        return render_template("mappings.html", rows=batches.mappings(session), faults=faults or {})
