"""The pages of tables: upload, preview, faults, going ahead; the mapping screen is `nodes.web.mapping`'s."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from nodes import batches
from nodes.batch_models import READING, REGISTERING, Batch
from nodes.file_names import file_name
from nodes.importers import packages
from nodes.web import folder_upload, language, uploads
from nodes.web.batching import at_work, batcher, home
from nodes.web.frame import workplace
from nodes.web.language import gettext as _
from nodes.web.mapping import values_of
from shared.errors import BatchFolderUnknown, BatchTableMissing, BatchUnderWay, CommonsError, InvalidRequest, NotFound

MOST_FILES = uploads.MAX_AT_ONCE - 20
"""Files in one upload; a folder that is named by its path may have any number."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FAULTS_SHOWN = 50
LIMITS = {"rows": batches.MAX_ROWS, "bytes": packages.MAX_FILE, "files": MOST_FILES}

tables = Blueprint("tables", __name__, url_prefix="/tables")


@tables.get("")
def index() -> ResponseReturnValue:
    """How to register a table, and the batches so far."""
    return _index()


@tables.post("")
def upload() -> ResponseReturnValue:
    """Take a table with its files, and look at it."""
    try:
        number = _take()
    except (BatchTableMissing, BatchFolderUnknown) as error:
        return _index(error), error.status
    return _begun("check", number)


@tables.get("/template.xlsx")
def template() -> ResponseReturnValue:
    """The workbook to fill in."""
    name = _("批量登记模板") + ".xlsx"
    book = BytesIO(batcher().template(language.current()))
    return send_file(book, mimetype=XLSX, as_attachment=True, download_name=name)


@tables.get("/<int(max=2147483647):number>")
def batch(number: int) -> ResponseReturnValue:
    """One batch, as far as it is; `?still` does not renew itself."""
    return page_of(number)


@tables.post("/<int(max=2147483647):number>/check")
def check(number: int) -> ResponseReturnValue:
    """Look at the table again."""
    refuse_at_work(number)
    with workplace().database.unit_of_work() as session:
        batches.begin(session, number, READING)
    return _begun("check", number)


@tables.post("/<int(max=2147483647):number>/register")
def register(number: int) -> ResponseReturnValue:
    """Register the good rows."""
    refuse_at_work(number)
    with workplace().database.unit_of_work() as session:
        batches.begin(session, number, REGISTERING)
    return _begun("register", number)


@tables.post("/<int(max=2147483647):number>/source")
def source(number: int) -> ResponseReturnValue:
    """Say to which source the rows belong."""
    refuse_at_work(number)
    try:
        with workplace().database.unit_of_work() as session:
            batches.rename_source(session, number, request.form.get("source", ""))
    except InvalidRequest as error:
        return page_of(number, source_faults=error.errors), error.status
    return _begun("check", number)


@tables.post("/<int(max=2147483647):number>/files")
def files(number: int) -> ResponseReturnValue:
    """Add files that were missing, or name the folder in which they lie."""
    refuse_at_work(number)
    brought = folder_upload.chosen(request, "folder", "files")
    try:
        with workplace().database.unit_of_work() as session:
            found = batches.find(session, number)
            if not brought:
                batches.use_folder(session, number, request.form.get("path", ""))
            else:
                _keep_files(found, brought)
                batches.begin(session, number, READING)
    except BatchFolderUnknown as error:
        return page_of(number, files_fault=error), error.status
    return _begun("check", number)


@tables.post("/<int(max=2147483647):number>/correction")
def correction(number: int) -> ResponseReturnValue:
    """Take the corrected table of a batch: of the same source, with the same files."""
    table = folder_upload.chosen(request, "table")
    if not table:
        error = BatchTableMissing()
        return page_of(number, correction_fault=error), error.status
    with workplace().database.unit_of_work() as session:
        made = batches.correct(session, number, name=_name_of(table[0].filename or ""))
        before = batches.find(session, number)
        made.folder = made.folder or str(batches.files_of(home(), before))
    folder_upload.keep(table[0], batches.table_of(home(), made))
    return _begun("check", made.id)


@tables.post("/<int(max=2147483647):number>/delete")
def delete(number: int) -> ResponseReturnValue:
    """Forget a batch; what it registered stays."""
    refuse_at_work(number)
    with workplace().database.unit_of_work() as session:
        folder = batches.remove(session, home(), number)
    if folder is not None:
        batches.tidy(folder)
    flash(_("这一批已从列表中删去。登记了的资源都还在。"))
    return redirect(url_for("tables.index"))


@tables.get("/<int(max=2147483647):number>/faults.xlsx")
def faults(number: int) -> ResponseReturnValue:
    """The rows to mend, as a workbook."""
    with workplace().database.unit_of_work(read_only=True) as session:
        found = batches.find(session, number)
    path = batches.folder_of(home(), number) / batches.FAULTS
    if not path.is_file():
        raise NotFound()
    name = file_name(f"{found.source}-{_('待改')}.xlsx")
    return send_file(path.resolve(), mimetype=XLSX, as_attachment=True, download_name=name)


def _take() -> int:
    table = folder_upload.chosen(request, "table")
    if not table:
        raise BatchTableMissing()
    with workplace().database.unit_of_work() as session:
        made = batches.create(
            session,
            name=_name_of(table[0].filename or ""),
            source=request.form.get("source", ""),
            folder=request.form.get("path", ""),
        )
        # What lies there is of an upload that was broken off: a number is given once.
        batches.tidy(batches.folder_of(home(), made.id))
        brought = folder_upload.chosen(request, "folder", "files")
        if brought and not made.folder:
            _keep_files(made, brought)
    folder_upload.keep(table[0], batches.table_of(home(), made))
    return made.id


def _name_of(given: str) -> str:
    return folder_upload.relative(given).name


def _keep_files(made: Batch, brought: list[Any]) -> None:
    """Keep files beside those of the table that came before; a folder that was chosen is where paths begin."""
    common = folder_upload.common_folder(brought)
    base = Path(made.folder)
    if not made.folder or not base.is_relative_to(home() / batches.FOLDER):
        base = batches.folder_of(home(), made.id) / batches.FILES / common
    folder_upload.keep_all(brought, base, without=common)
    made.folder = str(base)


def _begun(work: str, number: int) -> ResponseReturnValue:
    batcher().start(work, number, language=language.current())
    return redirect(url_for("tables.batch", number=number))


def refuse_at_work(number: int) -> None:
    """What a process is at may not be changed under it. Raises `BatchUnderWay`."""
    alive = batcher().alive(number)
    with workplace().database.unit_of_work(read_only=True) as session:
        found = batches.find(session, number)
        if at_work(found, alive):
            raise BatchUnderWay()


def _index(error: CommonsError | None = None) -> str:
    with workplace().database.unit_of_work(read_only=True) as session:
        return render_template(
            "tables.html",
            rows=batches.latest(session),
            sources=batches.sources(session),
            mappings=batches.count_mappings(session),
            limits=LIMITS,
            error=error,
            form=request.form,
            summary=batches.summary,
        )


def page_of(number: int, **faults: Any) -> str:
    """The page of a batch; `faults` are for what was just sent."""
    alive = batcher().alive(number)
    with workplace().database.unit_of_work(read_only=True) as session:
        found = batches.find(session, number)
        known = batches.choices_of(session, found)
        values = {
            "batch": found,
            "running": at_work(found, alive),
            "still": "still" in request.args,
            "sources": batches.sources(session),
            "mapped": known is not None,
            "figures": batches.summary(found),
            "ready": batches.registrable(found),
            "limits": LIMITS,
            "faulty_shown": FAULTS_SHOWN,
            "files_at": batches.files_of(home(), found),
            "faults_book": (batches.folder_of(home(), number) / batches.FAULTS).is_file(),
        }
        return render_template("table.html", **values, **values_of(found), **faults)
