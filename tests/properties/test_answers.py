"""Answers keep every promise of their operation: status, media type, header fields, body, and repeated parameters."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import given

from contracts.http.exchange import Response
from contracts.judge.checks import judge
from contracts.judge.validation import LARGE, Validation
from contracts.openapi import Operation
from strategies import answers, catalogue, covering_answers
from strategies.answerable import unsatisfiable
from strategies.second_opinion import SecondOpinion
from tests.support.invented import PINNED_DOCUMENT, SHOP, UNIONS, both_validators
from tests.support.tiny import answer, document_of, exchange_of

OPERATIONS = [
    pytest.param(operation, id=str(operation))
    for document in (PINNED_DOCUMENT, UNIONS, SHOP)
    for operation in document.operations
]
(PINNED_OPERATION,) = PINNED_DOCUMENT.operations
(ENCLOSURE,) = UNIONS.operations
SHELF, PARCEL, HOURS = SHOP.operations


def promised(operation: Operation, response: Response) -> bool:
    spec = operation.response_for(response.status)
    assert spec is not None
    assert all(response.header(header.name.lower()) for header in spec.headers if header.required)
    if not spec.content:
        return response.body == b"" and response.header("content-type") is None
    pointer = spec.content[response.header("content-type") or ""]
    assert pointer
    return both_validators(operation.document, pointer)(json.loads(response.body.decode("utf-8")))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_drawn_answer_keeps_its_promise(operation: Operation) -> None:
    @given(answers(operation))
    def check(response: Response) -> None:
        assert promised(operation, response)

    check()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_covering_answer_keeps_its_promise(operation: Operation) -> None:
    for spec in operation.responses:
        found = covering_answers(operation, spec.status)
        assert found
        assert all(promised(operation, response) for response in found)
        assert {operation.response_for(response.status) for response in found} == {spec}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_resource_of_the_catalogue_keeps_its_promise_under_its_own_name(operation: Operation) -> None:
    resources = catalogue(operation)
    assert resources
    for values, response in resources.items():
        assert promised(operation, response)
        parameters = operation.bind(values)
        assert operation.match(operation.url_path(parameters)) == parameters


def test_an_answer_drawn_for_default_has_an_otherwise_undocumented_status() -> None:
    @given(answers(SHELF, status="default"))
    def check(response: Response) -> None:
        assert SHELF.response_for(response.status) == SHELF.responses[1]

    check()


def test_a_status_that_is_not_documented_is_refused() -> None:
    with pytest.raises(ValueError, match="documented are 200, 404, 5XX"):
        covering_answers(ENCLOSURE, 418)


def test_a_class_of_statuses_gets_one_status_of_the_class() -> None:
    assert {response.status for response in covering_answers(ENCLOSURE, "5XX")} == {500}
    assert covering_answers(ENCLOSURE, 503) == covering_answers(ENCLOSURE, "5XX")


def test_a_given_path_parameter_is_repeated() -> None:
    wanted = 'a/ü "\0'

    @given(answers(ENCLOSURE, 200, {"enclosure_code": wanted}))
    def check(response: Response) -> None:
        assert json.loads(response.body)["code"] == wanted

    check()
    assert {json.loads(each.body)["code"] for each in covering_answers(ENCLOSURE, 200, {"enclosure_code": "x"})} == {
        "x"
    }


def test_a_parameter_is_repeated_as_an_integer_where_the_answer_holds_one() -> None:
    @given(answers(SHELF, 200, {"shelf": "17"}))
    def check(response: Response) -> None:
        assert json.loads(response.body)["number"] == 17

    check()


def test_the_catalogue_of_the_pinned_operation_has_readable_names_that_the_answers_repeat() -> None:
    resources = catalogue(PINNED_OPERATION)
    assert len(resources) == len(covering_answers(PINNED_OPERATION, 200))
    assert next(iter(resources)) == ("fine-tuning-job-001",)
    assert all(json.loads(response.body)["id"] == value for (value,), response in resources.items())


def test_the_names_of_the_catalogue_satisfy_the_schemas_of_the_parameters() -> None:
    assert list(catalogue(SHELF))[:2] == [("shop-001", "1"), ("shop-002", "2")]
    assert all(str(UUID(value)) == value for (value,) in catalogue(PARCEL))
    assert all(len(value) == 6 and value[2] == "-" for (value,) in catalogue(ENCLOSURE))


def test_an_operation_without_parameters_has_one_resource() -> None:
    assert list(catalogue(HOURS)) == [()]


def test_the_catalogue_is_the_same_each_time() -> None:
    first = dict(catalogue(ENCLOSURE))
    catalogue.cache_clear()
    assert catalogue(ENCLOSURE) == first


def test_an_optional_header_field_is_sometimes_sent_and_sometimes_not() -> None:
    sent = [response.header("x-note") is not None for response in covering_answers(SHELF, 200)]
    assert any(sent)
    assert not all(sent)


@pytest.mark.parametrize(
    ("status", "content", "media_type", "body"),
    [
        ("200", {"*/*": {"schema": {"type": "null"}}}, "application/json", b"null"),
        ("200", {"application/*": {"schema": {"type": "null"}}}, "application/json", b"null"),
        ("200", {"image/*": {"schema": {"type": "string"}}}, "image/plain", b"sample"),
        ("410", {"text/plain": {"schema": {"const": "ok"}}}, "text/plain", b"ok"),
        ("410", {"text/plain": {}}, "text/plain", b"sample"),
        ("410", {"text/plain": {"schema": {"const": "\u00e9"}}}, "text/plain; charset=utf-8", b"\xc3\xa9"),
        ("410", {"application/json": {}}, "application/json", b'"sample"'),
        ("304", {"application/json": {"schema": {"type": "null"}}}, "application/json", b""),
    ],
)
def test_the_body_follows_from_the_media_type(
    status: str, content: dict[str, Any], media_type: str, body: bytes
) -> None:
    document = document_of(responses={status: {"description": "", "content": content}})
    (operation,) = document.operations
    (response,) = covering_answers(operation, status)
    assert (response.header("content-type"), response.body) == (media_type, body)
    exchange = exchange_of(operation, response)
    assert judge(operation, exchange) == ()
    assert SecondOpinion(document)(exchange) == ()


TUPLE = {"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}}


@pytest.mark.parametrize(
    "schema", [TUPLE, {"$ref": "#/components/schemas/T"}, {"type": "object", "properties": {"t": TUPLE}}]
)
def test_schemathesis_has_an_opinion_on_tuples(schema: dict[str, Any]) -> None:
    document = document_of(schema, {"T": TUPLE})
    (operation,) = document.operations
    opinion = SecondOpinion(document)
    for response in covering_answers(operation, 200):
        assert opinion(exchange_of(operation, response)) == ()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (schemathesis.errors.InvalidSchema("no schema\nat all"), "InvalidSchema: no schema"),
        (KeyError("a value of the answer"), "KeyError (in test_answers.py, line "),
        (BaseException("a panic"), "BaseException (in test_answers.py, line "),
    ],
)
def test_what_a_check_of_schemathesis_raises_is_a_difference_without_values_of_the_answer(
    error: BaseException, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    document = document_of({"type": "null"})
    (operation,) = document.operations
    (response,) = covering_answers(operation, 200)
    monkeypatch.setattr(schemathesis.Case, "validate_response", fail)
    reported = SecondOpinion(document)(exchange_of(operation, response))
    assert len(reported) == 4
    begin = f"Schemathesis's check response_schema_conformance raised {words}"
    assert any(line.startswith(begin) and line.endswith(" of GET /things/{thing} 200") for line in reported)
    assert "value" not in "".join(reported)


def test_a_document_that_schemathesis_cannot_read_is_judged_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise schemathesis.errors.InvalidSchema("not for me")

    document = document_of({"type": "null"})
    (operation,) = document.operations
    monkeypatch.setattr(schemathesis.openapi, "from_dict", fail)
    opinion = SecondOpinion(document)
    assert opinion.notes == ["Schemathesis cannot read the document: InvalidSchema: not for me"]
    assert opinion.cases(operation) is None
    assert opinion(exchange_of(operation, covering_answers(operation, 200)[0])) == ()


def test_what_jsonschema_rs_raises_is_a_difference_and_jsonschema_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise BaseException("a panic")  # noqa: TRY002 - as pyo3 raises it

    document = document_of({"type": "array", "items": {"type": "integer"}})
    (operation,) = document.operations
    monkeypatch.setattr(Validation, "fast", fail)
    response = answer(200, [1] * LARGE + ["x"])
    assert [each.place for each in judge(operation, exchange_of(operation, response))] == [f"body/{LARGE}"]
    (line,) = SecondOpinion(document)(exchange_of(operation, response))
    assert line.startswith("jsonschema_rs raised BaseException (in test_answers.py, line ")


@pytest.mark.parametrize(
    ("other", "is_refused"),
    [
        ({"type": "object", "required": ["kind"]}, True),
        ({"type": "object", "required": ["kind"], "properties": {"kind": {"const": "B"}}}, False),
        ({"type": "object", "required": ["kind", "b"]}, False),
    ],
)
def test_a_union_whose_branches_take_the_same_values_has_no_answer(other: dict[str, Any], is_refused: bool) -> None:
    schemas = {"A": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}, "B": other}
    union = {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in schemas]}
    document = document_of({**union, "discriminator": {"propertyName": "kind"}}, schemas)
    reasons = [error.reason for errors in unsatisfiable(document).values() for error in errors]
    assert len(reasons) == is_refused
    for reason in reasons:
        assert reason.endswith("A and B take the same ones; give the tag a const in each, or write anyOf")
