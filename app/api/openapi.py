"""Turns the lists of the interface into its OpenAPI 3.1 document in the reader's language, as data."""

from __future__ import annotations

from collections.abc import Mapping

from app.api import asked
from app.api.endpoints import ENDPOINTS, PREFIX, Endpoint
from app.api.problems import MEDIA_TYPE as PROBLEM
from app.api.problems import RETRY_SECONDS
from app.api.samples import SAMPLE
from reports.exports.code_book import code_book
from reports.exports.table import Column, Kind
from surveys.i18n import Translator, mark

Schema = dict[str, object]

VERSION = "1.0.0"
_TITLE = mark("Barograph: released figures for programs")
_ABOUT = mark(
    "Read only. Every figure is the one of the HR export: a total over a whole crowd, released once. A cell without a "
    "figure has no value and a reason. Do not average crowds without weights."
)
_FILTERS = {
    "wave": mark("Name of one released wave."),
    "unit": mark("Key of a unit: rows about it and about the units below it."),
    "scale": mark("Code of a scale: rows about it and about its items."),
}
_REFUSALS: Mapping[int, str] = {
    400: mark("A parameter is unknown, given twice or out of bounds; its name stands in the answer."),
    401: mark("There is no token, or it is not valid."),
    403: mark("The token lacks the scope, or its account the role."),
    404: mark("There is no released wave, unit or scale of this name."),
    405: mark("Only reading is possible."),
    409: mark("The auditors refuse this release. Nothing of it is given out."),
    500: mark("Something broke on our side."),
    503: mark("The database does not answer right now."),
}
_PUBLIC = (400, 405, 500)
"""What may go wrong with the document itself."""

_TYPES: Mapping[Kind, Schema] = {
    Kind.TEXT: {"type": "string"},
    Kind.CODE: {"type": "string"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.INTEGER: {"type": "integer"},
    Kind.DECIMAL: {"type": "number"},
}

_OBJECTS = frozenset({"detail"})
"""Columns that hold an object."""


def document(say: Translator) -> dict[str, object]:
    """Return the whole document: a path, a schema and an example for every list, and every problem."""
    meanings = {entry.column: entry.meaning for entry in code_book(say)}
    paths: dict[str, object] = {endpoint.path: {"get": _operation(endpoint, say)} for endpoint in ENDPOINTS}
    paths[f"{PREFIX}/openapi.json"] = {"get": _own_operation(say)}
    rows = {_schema_name(endpoint): _row(endpoint, meanings) for endpoint in ENDPOINTS}
    pages = {f"{_schema_name(endpoint)}Page": _page_schema(endpoint, say) for endpoint in ENDPOINTS}
    return {
        "openapi": "3.1.0",
        "info": {"title": say.t(_TITLE), "version": VERSION, "description": say.t(_ABOUT)},
        "paths": paths,
        "components": {
            "schemas": {**rows, **pages, "Problem": _problem(say)},
            "responses": {f"Problem{status}": _refusal(status, say) for status in _REFUSALS},
            "headers": _headers(say),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "bgr_...",
                    "description": say.t("Made with barograph token add, or on the page “Programs”."),
                }
            },
        },
    }


def _operation(endpoint: Endpoint, say: Translator) -> Schema:
    ok: Schema = {
        "description": say.t("One page, in a fixed order."),
        "headers": _header_references("ETag", "Cache-Control", "Vary", "Content-Language"),
        "content": {"application/json": {"schema": _reference("schemas", f"{_schema_name(endpoint)}Page")}},
    }
    refusals = {str(status): _reference("responses", f"Problem{status}") for status in _REFUSALS}
    return {
        "operationId": f"list_{endpoint.name.replace('-', '_')}",
        "summary": say.t(endpoint.summary),
        "description": say.t("Scope: {scope}.", scope=endpoint.scope.value),
        "security": [{"token": []}],
        "parameters": [*(_filter(name, say) for name in endpoint.filters), *_paging(say)],
        "responses": {"200": ok, "304": _unchanged(say), **refusals},
    }


def _own_operation(say: Translator) -> Schema:
    ok: Schema = {
        "description": say.t("This document. It needs no token."),
        "headers": _header_references("ETag", "Cache-Control", "Vary", "Content-Language"),
        "content": {"application/json": {"schema": {"type": "object", "required": ["openapi", "info", "paths"]}}},
    }
    refusals = {str(status): _reference("responses", f"Problem{status}") for status in _PUBLIC}
    return {
        "operationId": "read_openapi",
        "summary": say.t("This document. It needs no token."),
        "security": [],
        "parameters": [],
        "responses": {"200": ok, "304": _unchanged(say), **refusals},
    }


def _filter(name: str, say: Translator) -> Schema:
    return {
        "name": name,
        "in": "query",
        "description": say.t(_FILTERS[name]),
        "schema": {"type": "string", "minLength": 1, "maxLength": asked.LONGEST_NAME},
        "example": SAMPLE[name],
    }


def _paging(say: Translator) -> list[Schema]:
    limit: Schema = {"type": "integer", "minimum": 1, "maximum": asked.MOST_ROWS, "default": asked.DEFAULT_ROWS}
    return [
        {"name": "limit", "in": "query", "description": say.t("Most rows of a page."), "schema": limit},
        {
            "name": "cursor",
            "in": "query",
            "description": say.t("Take it from “next” of the page before; it means nothing else."),
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
        },
    ]


def _row(endpoint: Endpoint, meanings: Mapping[str, str]) -> Schema:
    return {
        "type": "object",
        "properties": {column.name: _field(column, endpoint, meanings) for column in endpoint.columns},
        "required": [column.name for column in endpoint.columns],
        "additionalProperties": False,
        "example": {column.name: SAMPLE.get(column.name) for column in endpoint.columns},
    }


def _field(column: Column, endpoint: Endpoint, meanings: Mapping[str, str]) -> Schema:
    field: Schema = {"type": "object"} if column.name in _OBJECTS else dict(_TYPES[column.kind])
    if column.name not in endpoint.keys:
        field["type"] = [field["type"], "null"]
    if column.name in meanings:
        field["description"] = meanings[column.name]
    return field


def _page_schema(endpoint: Endpoint, say: Translator) -> Schema:
    following = {
        "type": ["string", "null"],
        "format": "uri-reference",
        "description": say.t("Address of the next page; null on the last one."),
    }
    rows = {"type": "array", "items": _reference("schemas", _schema_name(endpoint)), "maxItems": asked.MOST_ROWS}
    return {
        "type": "object",
        "properties": {"data": rows, "next": following},
        "required": ["data", "next"],
        "additionalProperties": False,
    }


def _problem(say: Translator) -> Schema:
    return {
        "type": "object",
        "description": say.t("A refusal in the form of RFC 9457."),
        "properties": {
            "type": {"type": "string", "const": "about:blank"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": say.t("A sentence in the language that was asked for.")},
            "code": {"type": "string", "description": say.t("A word for programs; it does not change.")},
            "parameter": {"type": "string", "description": say.t("The parameter at fault.")},
        },
        "required": ["type", "title", "status", "detail", "code"],
        "additionalProperties": False,
    }


def _refusal(status: int, say: Translator) -> Schema:
    refusal: Schema = {
        "description": say.t(_REFUSALS[status]),
        "content": {PROBLEM: {"schema": _reference("schemas", "Problem")}},
    }
    names = {401: "WWW-Authenticate", 403: "WWW-Authenticate", 405: "Allow", 503: "Retry-After"}
    if status in names:
        refusal["headers"] = _header_references(names[status])
    return refusal


def _unchanged(say: Translator) -> Schema:
    return {
        "description": say.t("Nothing has changed since the ETag that was sent in If-None-Match."),
        "headers": _header_references("ETag"),
    }


def _headers(say: Translator) -> Schema:
    texts = {
        "ETag": say.t("Names exactly these bytes; send it in If-None-Match."),
        "Cache-Control": say.t("Only the asking program may keep the answer."),
        "Vary": say.t("Headers of the request that the answer depends on."),
        "Content-Language": say.t("Language of names and reasons."),
        "WWW-Authenticate": say.t("How to prove who is asking."),
        "Allow": say.t("The methods that are possible."),
        "Retry-After": say.t("Seconds to wait, such as {seconds}.", seconds=RETRY_SECONDS),
    }
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in texts.items()}


def _header_references(*names: str) -> Schema:
    return {name: _reference("headers", name) for name in names}


def _reference(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}


def _schema_name(endpoint: Endpoint) -> str:
    return "".join(word.capitalize() for word in endpoint.name.split("-"))
