"""The OpenAPI document is right: schemathesis and a schema validator hold every answer against it."""

from __future__ import annotations

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.api.endpoints import ENDPOINTS, PREFIX, Endpoint
from surveys.services.tokens import Scope
from tests.integration.api.conftest import AUDITOR, Program, program

DOCUMENT = f"{PREFIX}/openapi.json"
RESULTS = [endpoint for endpoint in ENDPOINTS if endpoint.name != "ledger"]
EXAMPLES = 5


def validator(analyst: Program, schema: str) -> jsonschema_rs.Validator:
    document = analyst.get(DOCUMENT).json
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}, validate_formats=True
    )


def schema_name(endpoint: Endpoint) -> str:
    return "".join(word.capitalize() for word in endpoint.name.split("-"))


def test_the_document_is_public_and_names_every_list(stranger: Program) -> None:
    answer = stranger.get(DOCUMENT)
    assert answer.status_code == 200
    assert answer.json["openapi"] == "3.1.0"
    assert set(answer.json["paths"]) == {endpoint.path for endpoint in ENDPOINTS} | {DOCUMENT}
    assert stranger.get(DOCUMENT, If_None_Match=answer.headers["ETag"]).status_code == 304


def test_every_column_of_a_figure_is_explained(stranger: Program) -> None:
    schemas = stranger.get(DOCUMENT).json["components"]["schemas"]
    for name in ("Cells", "Totals", "Bridge", "Topics", "Segments", "Waves", "Measures", "Units", "Crowds"):
        bare = [column for column, field in schemas[name]["properties"].items() if not field.get("description")]
        assert bare == [], name


def test_answers_and_examples_fit_their_schema(analyst: Program) -> None:
    schemas = analyst.get(DOCUMENT).json["components"]["schemas"]
    for endpoint in RESULTS:
        page = validator(analyst, f"{schema_name(endpoint)}Page")
        for query in ("", "?limit=1", "?limit=1000"):
            page.validate(analyst.get(f"{endpoint.name}{query}").json)
        validator(analyst, schema_name(endpoint)).validate(schemas[schema_name(endpoint)]["example"])


def test_the_ledger_fits_its_schema(analyst: Program) -> None:
    analyst.get("cells")
    reader = program(analyst.world, Scope.LEDGER, email=AUDITOR)
    validator(analyst, "LedgerPage").validate(reader.get("ledger").json)


def test_refusals_fit_their_schema(analyst: Program) -> None:
    for path in ("cells?limit=0", "cells?wave=none", "nothing", "ledger"):
        validator(analyst, "Problem").validate(analyst.get(path).json)


def checked(cases: SearchStrategy[Case], secret: str) -> None:
    """Send some cases, the same ones every time, and hold the answers against the document."""

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases)
    def check(case: Case) -> None:
        # A cursor is opaque: a made-up one is refused although it has the right form.
        unknowable = [positive_data_acceptance] if "cursor" in (case.query or {}) else []
        case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, excluded_checks=unknowable)

    check()


@pytest.mark.slow
@pytest.mark.parametrize("kind", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
def test_schemathesis_finds_no_answer_that_the_document_does_not_describe(
    analyst: Program, kind: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, analyst.world.app)
    auditor = program(analyst.world, Scope.LEDGER, email=AUDITOR)
    asked = set()
    for result in schema.get_all_operations():
        operation = result.ok()
        secret = auditor.secret if operation.path.endswith("/ledger") else analyst.secret
        checked(operation.as_strategy(generation_mode=kind), secret)
        asked.add(operation.path)
    assert asked >= {endpoint.path for endpoint in ENDPOINTS}
