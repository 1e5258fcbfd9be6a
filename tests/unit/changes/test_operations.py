"""What a change of operations, parameters, statuses, media types, header fields and promises means."""

from __future__ import annotations

from typing import Any

from contracts.openapi import Document
from tests.support.differing import assert_proved, compared, thing, told
from tests.support.tiny import JSON, document_at, document_of

OK = {"200": {"description": "", "content": {JSON: {"schema": thing(a={"type": "string"})}}}}
ERROR = {"description": "", "content": {JSON: {"schema": thing(why={"type": "string"})}}}


def with_parameters(*parameters: dict[str, Any], path: str = "/things") -> Document:
    """A document with one operation that takes these parameters."""
    get = {"parameters": list(parameters), "responses": OK}
    return document_at({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {path: {"get": get}}})


def query(name: str, schema: Any, *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def with_responses(**responses: Any) -> Document:
    """A document that answers 200 and these statuses, written `s404`."""
    return document_of(responses={**OK, **{status[1:]: spec for status, spec in responses.items()}})


def with_headers(**fields: Any) -> Document:
    return document_of(responses={"200": {**OK["200"], "headers": fields}})


def proved(old: Document, new: Document) -> set[tuple[str, str, str]]:
    found = compared(old, new)
    assert_proved(old, new, found)
    return told(found)


def test_a_new_success_is_breaking_and_a_new_error_is_widening() -> None:
    without = with_responses()
    assert proved(without, with_responses(s202=OK["200"])) == {("breaking", "status-added", "status")}
    assert proved(without, with_responses(s404=ERROR)) == {("widening", "error-added", "status")}
    assert proved(with_responses(s404=ERROR), without) == {("narrowing", "status-removed", "status")}


def test_a_status_that_a_class_described_is_compared_with_the_class() -> None:
    other = {**ERROR, "content": {JSON: {"schema": thing(why={"type": "integer"})}}}
    assert proved(with_responses(s4XX=ERROR), with_responses(s4XX=ERROR, s404=ERROR)) == set()
    found = proved(with_responses(s4XX=ERROR), with_responses(s4XX=ERROR, s404=other))
    assert found == {("breaking", "type", "body/why")}


def test_media_types() -> None:
    def typed(*names: str) -> Document:
        schema = {"schema": {"type": "string"}}
        return document_of(responses={"200": {"description": "", "content": dict.fromkeys(names, schema)}})

    both = typed(JSON, "text/plain")
    assert proved(typed(JSON), both) == {("widening", "media-type-added", "header Content-Type")}
    assert proved(both, typed(JSON)) == {("breaking", "media-type-removed", "header Content-Type")}
    replaced = proved(typed(JSON), typed("text/plain"))
    assert ("breaking", "media-type-replaced", "header Content-Type") in replaced
    assert proved(typed(JSON), typed("application/JSON")) == set()


def test_a_body_that_is_no_longer_described_is_breaking() -> None:
    bare = document_of(responses={"200": {"description": ""}})
    assert proved(with_responses(), bare) == {("breaking", "body-removed", "body")}
    assert proved(bare, with_responses()) == {("widening", "body-added", "header Content-Type")}


def test_header_fields() -> None:
    number, text = {"schema": {"type": "integer"}}, {"schema": {"type": "string"}}
    none = with_headers()
    assert proved(none, with_headers(X=number)) == {("narrowing", "header-added", "header X")}
    assert proved(with_headers(X=number), none) == {("widening", "header-removed", "header X")}
    assert proved(with_headers(X=number), with_headers(X=text)) == {("breaking", "type", "header X")}
    required = with_headers(X={**number, "required": True})
    assert proved(with_headers(X=number), required) == {("narrowing", "header-required", "header X")}
    assert proved(required, with_headers(X=number)) == {("breaking", "header-optional", "header X")}


def test_a_parameter_must_be_sent_or_is_gone() -> None:
    number, none = {"type": "integer"}, with_parameters()
    optional, required = with_parameters(query("n", number)), with_parameters(query("n", number, required=True))
    assert proved(none, optional) == {("widening", "parameter-added", "query n")}
    assert proved(none, required) == {("breaking", "parameter-required", "query n")}
    assert proved(optional, required) == {("breaking", "parameter-required", "query n")}
    assert proved(required, optional) == {("widening", "parameter-optional", "query n")}
    assert proved(optional, none) == {("breaking", "parameter-removed", "query n")}


def test_for_senders_fewer_values_are_breaking_and_more_are_widening() -> None:
    few, many = (with_parameters(query("n", {"enum": values})) for values in (["a"], ["a", "b"]))
    assert proved(many, few) == {("breaking", "value-removed", "query n")}
    assert proved(few, many) == {("widening", "value-added", "query n")}
    (change,) = compared(many, few)
    assert change.witness
    assert change.witness.value == '"b"'


def test_an_array_that_is_written_in_another_way_is_breaking() -> None:
    listed = {"type": "array", "items": {"type": "string"}}
    old, new = (with_parameters({**query("n", listed), "explode": explode}) for explode in (True, False))
    assert proved(old, new) == {("breaking", "parameter-style", "query n")}


def test_a_path_parameter_of_another_name_is_equivalent() -> None:
    old, new = document_of(path="/things/{thing}"), document_of(path="/things/{id}")
    assert proved(old, new) == {("equivalent", "renamed", "path thing")}


def test_an_operation_that_is_gone_is_breaking_and_a_new_one_is_widening() -> None:
    paths = [{path: {"get": {"responses": OK}} for path in names} for names in (["/a"], ["/a", "/b"])]
    small, large = (
        document_at({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": each}) for each in paths
    )
    assert told(compared(large, small)) == {("breaking", "operation-removed", "request")}
    assert told(compared(small, large)) == {("widening", "operation-added", "request")}


def test_a_part_that_cannot_be_judged_is_named_and_the_rest_is_compared() -> None:
    from contracts.changes import compare_documents
    from strategies import change_witnesses

    bad = {"200": OK["200"], "500": {"description": "", "content": {JSON: {"schema": {"type": "wrong"}}}}}
    new = {**bad, "200": {"description": "", "content": {JSON: {"schema": thing(a={"type": "integer"})}}}}
    result = compare_documents(document_of(responses=bad), document_of(responses=new), change_witnesses, ({}, {}))
    assert told(result.changes) == {("breaking", "type", "body/a")}
    assert [line.partition(":")[0] for line in result.not_compared] == [
        "GET /things/{thing} 500 application/json of OLD",
        "GET /things/{thing} 500 application/json of NEW",
    ]


def test_an_operation_that_only_one_document_lets_be_judged_is_no_operation_that_is_gone() -> None:
    bad = document_at(
        {
            "openapi": "3.1.0",
            "info": {"title": "T", "version": "1"},
            "paths": {
                "/a": {"get": {"responses": OK}},
                "/b": {"get": {"responses": {"200": {"content": {JSON: {"schema": {"type": "wrong"}}}}}}},
            },
        }
    )
    good = document_at(
        {
            "openapi": "3.1.0",
            "info": {"title": "T", "version": "1"},
            "paths": {path: {"get": {"responses": OK}} for path in ("/a", "/b")},
        }
    )
    assert told(compared(good, bad)) == set()
    assert told(compared(bad, good)) == set()


def promising(**keywords: Any) -> Document:
    value = {"type": "string", **keywords}
    return document_of({**thing(id=value, state={"enum": ["new", "done"]}), "required": ["id", "state"]})


def test_a_promise_of_an_overlay_that_is_gone_is_breaking_and_a_new_one_is_narrowing() -> None:
    plain = promising()
    for keywords in ({"x-equals": "$request.path.thing"}, {"x-immutable": True}, {"x-final": ["text"]}):
        kept = promising(**keywords)
        assert proved(kept, plain) == {("breaking", "promise-removed", "body/id")}, keywords
        assert proved(plain, kept) == {("narrowing", "promise-added", "body/id")}, keywords
        assert all(each.witness for each in compared(kept, plain)), keywords


def test_the_promise_to_refuse_unknown_resources() -> None:
    refuses, plain = document_of(refuses=True), document_of()
    assert proved(refuses, plain) == {("breaking", "promise-removed", "status")}
    assert proved(plain, refuses) == {("narrowing", "promise-added", "status")}
