"""An operation's path: filled in, matched, bound to values; and that an operation has one identity."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.openapi import Operation
from tests.support.tiny import document_of

TREE = document_of(path="/trees/{tree}").operations[0]
TWO = document_of(path="/rows/{row}/trees/{tree}").operations[0]


def test_a_document_makes_each_operation_once() -> None:
    document = document_of()
    assert document.operations is document.operations
    assert [operation.document for operation in document.operations] == [document]


def test_operations_of_two_documents_differ() -> None:
    one, other = document_of().operations[0], document_of().operations[0]
    assert one != other
    assert len({one, other, one}) == 2


def test_values_are_bound_to_parameters_in_the_order_of_the_path() -> None:
    assert TWO.bind(("a", "b")) == {"row": "a", "tree": "b"}
    assert list(TWO.bind(["a", "b"])) == ["row", "tree"]
    assert document_of(path="/trees").operations[0].bind(()) == {}


@pytest.mark.parametrize("values", [(), ("a",), ("a", "b", "c")])
def test_another_number_of_values_cannot_be_bound(values: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        TWO.bind(values)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(min_size=1, max_size=3))
def test_a_url_path_carries_its_parameters_there_and_back(row: str, tree: str) -> None:
    operation = Operation(TWO.document, "/rows/{row}/trees/{tree}:ripe", "", (), (), ("GET",))
    path = operation.url_path({"row": row, "tree": tree.encode("utf-8", "replace").decode()})
    assert path.isascii()
    assert operation.match(path) == {"row": row, "tree": tree.encode("utf-8", "replace").decode()}


@pytest.mark.parametrize(
    "path", ["/trees", "/trees/", "/trees/a/", "/trees/a/b", "/trees/a?b", "//trees/a", "/Trees/a"]
)
def test_another_path_does_not_match(path: str) -> None:
    assert TREE.match(path) is None


def test_a_value_is_one_segment_whatever_it_holds() -> None:
    assert TREE.url_path({"tree": "a/../b?c#d%2F \x00"}) == "/trees/a%2F..%2Fb%3Fc%23d%252F%20%00"


def test_bytes_that_are_not_utf_8_are_not_taken_for_text() -> None:
    assert TREE.match("/trees/%FF") == {"tree": "\udcff"}
    assert TREE.url_path({"tree": "\udcff"}) == "/trees/%FF"
