"""The places in a response at which overlay keywords are found, and the values of them that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.errors import DocumentError
from contracts.openapi import Document, Operation
from contracts.openapi.overlay_keywords import EQUALS, Equals, Lasting, check_overlay_keywords, equals, lasting
from tests.support.tiny import document_of

ROOT = "#/paths/~1things~1{thing}/get/responses/200/content/application~1json/schema"
BORN = {"properties": {"born": {"x-immutable": True}}}


def operation(schema: Any, schemas: dict[str, Any] | None = None) -> Operation:
    return document_of(schema, schemas).operations[0]


def lasts(schema: Any, schemas: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    made = operation(schema, schemas)
    return sorted((each.place, each.pointer.removeprefix(ROOT)) for each in lasting(made, made.responses[0]))


@pytest.mark.parametrize(
    "schema", [{"$ref": "#/components/schemas/Born"}, {"$ref": "#/components/schemas/Born", "title": "T"}], ids=str
)
@pytest.mark.parametrize("wrap", [lambda schema: schema, lambda schema: {"allOf": [True, schema]}], ids=["", "allOf"])
def test_a_keyword_is_found_behind_references_and_all_of(schema: Any, wrap: Any) -> None:
    found = lasts({"properties": {"a/b": wrap(schema), "c": True}}, {"Born": BORN})
    assert found == [("/a~1b/born", "#/components/schemas/Born/properties/born/x-immutable")]


def test_a_keyword_with_two_paths_to_it_is_found_once() -> None:
    born = {"$ref": "#/components/schemas/Born"}
    schema = {"properties": {"z": {"x-immutable": True}}, "allOf": [born, born, {"properties": {"a": born}}]}
    assert [place for place, _ in lasts(schema, {"Born": BORN})] == ["/a/born", "/born", "/z"]


def test_a_recursive_schema_is_followed_to_a_depth_of_sixteen() -> None:
    tree = {"properties": {"sub": {"$ref": "#/components/schemas/Tree"}, **BORN["properties"]}}
    places = [place for place, _ in lasts({"$ref": "#/components/schemas/Tree"}, {"Tree": tree})]
    assert sorted(place.count("/") for place in places) == [*range(1, 17)]


def test_a_schema_that_holds_itself_several_times_is_searched_once_if_it_does_not_use_the_keyword(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tree = {"$ref": "#/components/schemas/Tree"}
    schemas = {"Tree": {"properties": {"left": tree, "right": tree}}}
    made = operation({"properties": {"tree": tree, **BORN["properties"]}}, schemas)
    looked_up: list[str] = []
    resolve = Document.resolve

    def noting(document: Document, pointer: str) -> tuple[str, Any]:
        looked_up.append(pointer)
        return resolve(document, pointer)

    lasting.cache_clear()
    monkeypatch.setattr(Document, "resolve", noting)
    assert [each.place for each in lasting(made, made.responses[0])] == ["/born"]
    assert 0 < len(looked_up) < 50


def test_a_lasting_value_is_any_value_or_one_of_those_listed() -> None:
    made = operation({"properties": {"a": {"x-final": [1, None]}, "b": {"x-final": "x"}, "c": {"x-immutable": 1}}})
    assert set(lasting(made, made.responses[0])) == {
        Lasting("/a", ROOT + "/properties/a/x-final", (1, None)),
        Lasting("/b", ROOT + "/properties/b/x-final", ("x",)),
    }


def test_a_response_repeats_a_path_parameter() -> None:
    made = operation({"properties": {"a": {EQUALS: "$request.path.thing"}}})
    assert equals(made, made.responses[0]) == (Equals("/a", ROOT + "/properties/a/x-equals", "thing"),)


@pytest.mark.parametrize("expression", ["$request.path.other", "thing", "$request.query.thing", 5])
def test_an_expression_that_is_no_value_of_the_request_is_refused_by_its_place(expression: Any) -> None:
    made = operation({"properties": {"a": {EQUALS: expression}}})
    with pytest.raises(DocumentError) as caught:
        check_overlay_keywords(made)
    error = caught.value
    assert (error.path, error.pointer) == (made.document.path, ROOT + "/properties/a/x-equals")
    assert error.problem == f"is no value of the request: {expression}"
    assert error.fix == "write $request.path. and the name of a path parameter"


def test_a_keyword_in_any_response_of_an_operation_is_checked() -> None:
    content = {"application/json": {"schema": {EQUALS: "nothing"}}}
    statuses = {"200": {"description": ""}, "404": {"description": "", "content": content}}
    with pytest.raises(DocumentError, match="nothing"):
        check_overlay_keywords(document_of(responses=statuses).operations[0])


def test_an_sdk_that_is_not_described_is_refused_by_its_place() -> None:
    made = operation({})
    made.document.schema(made.pointer)["x-official-sdk"] = {"install": 5}
    with pytest.raises(DocumentError) as caught:
        check_overlay_keywords(made)
    assert (caught.value.path, caught.value.pointer) == (made.document.path, made.pointer + "/x-official-sdk")
