"""What every process of the hub has, with or without pages: database, object store, search index, queue."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from federation import auditlog, checklist, database, logs
from federation.parts import Parts, attach
from federation.search import synonyms
from federation.search.index import SearchIndex
from federation.settings import HubSettings
from federation.storage import ObjectStore, StoreSettings
from federation.storage.settings import OBJECTS
from federation.tasks import init_queue
from federation.transparency.keys import log_keys
from shared.errors import InvalidSettings
from shared.vocabularies import extend_from


def create_core(settings: HubSettings) -> Flask:
    """An application without pages: what the worker and the operator's commands need, in half the memory."""
    app = Flask("federation")
    app.config["SECRET_KEY"] = settings.secret_key
    attach_core(app, settings)
    return app


def attach_core(app: Flask, settings: HubSettings) -> None:
    """Give an application its parts."""
    logs.configure(settings)
    if settings.vocabularies:
        extend_from(Path(settings.vocabularies))
    if settings.synonyms:
        _use_synonyms(settings)
    if settings.review_policy:
        checklist.use(Path(settings.review_policy))
    database.init_database(app, settings.database_url)
    with app.app_context():
        database.db.engine.update_execution_options(**{auditlog.SEAL_KEY: log_keys(settings).sealing})
    attach(app, Parts(settings, ObjectStore(store_settings(settings)), _index(settings)))
    init_queue(app, settings.queue_url)


def _use_synonyms(settings: HubSettings) -> None:
    try:
        synonyms.use(Path(settings.synonyms))
    except (ValueError, OSError) as error:
        raise InvalidSettings(faults=f"- synonyms: {error}") from error


def _index(settings: HubSettings) -> SearchIndex:
    try:
        return SearchIndex.open(settings.search_folder)
    except OSError as error:
        raise InvalidSettings(faults=f"- search_path: {settings.search_folder} 不能使用：{error}") from error


def store_settings(settings: HubSettings) -> StoreSettings:
    """What the object store's adapter needs of the settings."""
    return StoreSettings(
        endpoint=settings.store_endpoint,
        public_endpoint=settings.store_public_endpoint or None,
        access_key=settings.store_access_key,
        secret_key=settings.store_secret_key,
        region=settings.store_region,
        incoming_bucket=settings.store_incoming_bucket,
        public_bucket=settings.store_public_bucket,
        part_size=settings.store_part_size,
        grant_seconds=settings.upload_grant_seconds,
        download_seconds=settings.download_seconds,
        # The hub itself ends what makes no progress; the store may only forget what is older than any such upload.
        incoming_days=4 * settings.upload_days,
        ca_bundle=settings.store_ca_bundle or None,
        folder=settings.own_store_folder / OBJECTS if settings.uses_own_store else None,
    )
