"""The description of all programming interfaces (OpenAPI 3.1), made from the schemas that check the messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from threading import Lock
from typing import Any, TypeVar

import marshmallow
from flask import Flask
from flask_smorest import Api, Blueprint
from flask_smorest.spec.plugins import FlaskPlugin
from webargs.flaskparser import FlaskParser

from federation.api import federation_paths
from federation.parts import parts
from shared import messages, record, validation
from shared.errors import CommonsError, InvalidRequest
from shared.validation import field_errors
from shared.vocabularies import vocabulary

V = TypeVar("V", bound=Callable[..., Any])
PROBLEM_JSON = "application/problem+json"
KEY = "commons.openapi"


class FieldProblem(marshmallow.Schema):
    """One fault of one field."""

    pointer = marshmallow.fields.String(metadata={"description": "JSON pointer (RFC 6901) to the field"})
    code = marshmallow.fields.String(metadata={"description": "Which fault it is; does not depend on language"})
    params = marshmallow.fields.Dict(metadata={"description": "The figures of the fault, such as the limit"})
    detail = marshmallow.fields.String(metadata={"description": "What to do, in the language of Accept-Language"})


class Problem(marshmallow.Schema):
    """Problem details (RFC 9457)."""

    type = marshmallow.fields.String(required=True, metadata={"description": "urn:metrology-commons:problem:<code>"})
    title = marshmallow.fields.String(required=True)
    status = marshmallow.fields.Integer(required=True)
    detail = marshmallow.fields.String(required=True)
    errors = marshmallow.fields.List(marshmallow.fields.Nested(FieldProblem))


class QueryParser(FlaskParser):
    """Query parameters by schema; a fault is `InvalidRequest` with a pointer for each parameter."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"query": marshmallow.RAISE}

    def handle_error(self, error: marshmallow.ValidationError, *_: Any, **__: Any) -> Any:
        """Say what is wrong in our own words. Raises `InvalidRequest`."""
        said: Any = error.messages
        raise InvalidRequest(errors=list(field_errors(said.get("query", said)))) from error


class PublicBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A blueprint whose views are described in the OpenAPI document."""

    ARGUMENTS_PARSER = QueryParser()


class CommonsApi(Api):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest's collection of descriptions, without its own error pages: ours answer every error."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Leave errors to `federation.problems`."""


class Description:
    """The whole document, made when it is first asked for: most processes are never asked."""

    def __init__(self, api: CommonsApi) -> None:
        self._api, self._lock = api, Lock()
        self._made: dict[str, Any] = {}

    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        with self._lock:
            if not self._made:
                federation_paths.describe(self._api.spec, Problem)
                self._made = self._api.spec.to_dict()
            return self._made


class Paths(FlaskPlugin):  # type: ignore[misc]  # flask-smorest has no types
    """Paths from Flask's rules, and those that are given as text."""

    def path_helper(self, rule: Any = None, **given: Any) -> str | None:
        """The path for a rule; None leaves the path that was given."""
        return None if rule is None else super().path_helper(rule, **given)


def endpoint(
    blueprint: PublicBlueprint,
    rule: str,
    *,
    reply: type[marshmallow.Schema],
    query: type[marshmallow.Schema] | None = None,
    errors: tuple[type[CommonsError], ...] = (),
) -> Callable[[V], V]:
    """Serve `rule` with the decorated view, describing its query, its reply and each of its errors.

    The view gets the checked query as its first argument and makes the response itself.
    """
    layers: list[Callable[[Any], Any]] = [blueprint.response(200, reply)]
    layers += [
        blueprint.alt_response(error.status, schema=Problem, content_type=PROBLEM_JSON, description=error.en)
        for error in errors
    ]
    if query is not None:
        # An instance: of a class, one would be made for each request, with copies of all of its fields.
        layers.append(blueprint.arguments(query(), location="query"))
    layers.append(blueprint.route(rule))

    def decorate(view: V) -> V:
        decorated: V = reduce(lambda function, layer: layer(function), layers, view)
        return decorated

    return decorate


def init_api(app: Flask, *blueprints: PublicBlueprint) -> None:
    """Serve the blueprints and keep the description of them and of the federation protocol."""
    settings = parts(app).settings
    app.config.update(API_TITLE=settings.hub_name_en, API_VERSION="1", OPENAPI_VERSION="3.1.0")
    api = CommonsApi(app, spec_kwargs={"flask_plugin": Paths(), "servers": [{"url": settings.origin}]})
    _teach_fields(api)
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    app.extensions[KEY] = Description(api)


def _teach_fields(api: CommonsApi) -> None:
    text, whole = ("string", None), ("integer", None)
    kinds: dict[type, tuple[str | None, str | None]] = {
        validation.Text: text,
        validation.Term: text,
        validation.WebAddress: ("string", "uri"),
        validation.Whole: whole,
        validation.Degrees: ("number", None),
        validation.LanguageMap: ("object", None),
        record.RecordId: ("string", "uuid"),
        record.FileName: text,
        messages.OneOf: text,
        messages.Flag: ("boolean", None),
        messages.Anything: (None, None),
    }
    for kind, (name, form) in kinds.items():
        api.register_field(kind, name, form)
    api.ma_plugin.converter.add_attribute_function(_limits)


def _limits(_converter: Any, field: marshmallow.fields.Field[Any], **_: Any) -> dict[str, Any]:
    """What our own fields check beside the type, in the words of JSON Schema."""
    if isinstance(field, validation.Text):
        bounds = {"maxLength": field.maximum, "minLength": field.minimum}
        return {**bounds, "pattern": f"^{field.pattern.pattern}$"} if field.pattern else bounds
    if isinstance(field, validation.Whole | validation.Degrees):
        low = field.minimum if isinstance(field, validation.Whole) else -field.limit
        return {"minimum": low, "maximum": field.maximum if isinstance(field, validation.Whole) else field.limit}
    if isinstance(field, validation.Many):
        return {"minItems": field.minimum, "maxItems": field.maximum, "uniqueItems": field.unique}
    if isinstance(field, messages.OneOf):
        return {"enum": list(field.words)}
    if isinstance(field, validation.Term):
        return {"enum": list(vocabulary(field.vocabulary_name).terms)}
    if isinstance(field, validation.LanguageMap):
        return {"additionalProperties": {"type": "string", "maxLength": field.text.maximum}}
    return {}
