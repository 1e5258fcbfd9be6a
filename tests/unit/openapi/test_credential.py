"""The headers of API key and account stand in security schemes, as data."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.openapi import PINNED_OVERLAY, Credential, Document, DocumentError, load
from tests.support.tiny import document_at

KEY = {"type": "apiKey", "in": "header", "name": "X-Key", "x-environment": "SHOP_KEY"}
ACCOUNT = {"type": "apiKey", "in": "header", "name": "X-Shop", "x-environment": "SHOP", "x-secret": False}


def document_with(schemes: Any, **components: Any) -> Document:
    return document_at(
        {
            "openapi": "3.1.0",
            "info": {"title": "Shop", "version": "1"},
            "paths": {"/things": {"get": {"responses": {"200": {"description": ""}}}}},
            "components": {"securitySchemes": schemes, **components},
        }
    )


def credentials_of(document: Document) -> tuple[Credential | None, Credential | None]:
    return document.api_key, document.account


def test_the_pinned_overlay_names_the_headers_and_the_environment() -> None:
    document = load(overlays=[PINNED_OVERLAY])
    assert document.api_key == Credential("x-api-key", "SGP_API_KEY")
    assert document.account == Credential("x-selected-account-id", "SGP_ACCOUNT_ID")


def test_without_the_overlay_the_pinned_document_has_no_credentials() -> None:
    assert credentials_of(load()) == (None, None)


def test_a_scheme_is_the_api_key_unless_it_is_no_secret() -> None:
    document = document_with({"Shop": ACCOUNT, "Key": KEY})
    assert credentials_of(document) == (Credential("X-Key", "SHOP_KEY"), Credential("X-Shop", "SHOP"))
    assert document_with({"Key": {**KEY, "x-secret": True}}).api_key == Credential("X-Key", "SHOP_KEY")


def test_the_first_scheme_of_each_kind_counts() -> None:
    schemes = {"Key": KEY, "Other": {**KEY, "name": "X-Other"}, "Shop": ACCOUNT, "Last": {**ACCOUNT, "name": "X-Last"}}
    assert credentials_of(document_with(schemes)) == (Credential("X-Key", "SHOP_KEY"), Credential("X-Shop", "SHOP"))


def test_a_scheme_may_be_a_reference() -> None:
    schemes = {"Alias": {"$ref": "#/components/securitySchemes/Key"}, "Key": KEY}
    assert document_with(schemes).api_key == Credential("X-Key", "SHOP_KEY")


@pytest.mark.parametrize(
    "schemes",
    [
        None,
        {},
        [],
        {"Key": None},
        {"Key": {**KEY, "in": "query"}},
        {"Key": {**KEY, "type": "http", "scheme": "bearer"}},
        {"Key": {name: value for name, value in KEY.items() if name != "x-environment"}},
        {"Key": {"$ref": "#/components/securitySchemes/None"}},
        {"Key": {"$ref": "other.yaml"}},
    ],
    ids=str,
)
def test_a_scheme_that_is_no_header_with_an_environment_is_no_credential(schemes: Any) -> None:
    assert credentials_of(document_with(schemes)) == (None, None)


@pytest.mark.parametrize(
    ("changed", "keyword", "problem", "fix"),
    [
        ({"x-environment": 5}, "x-environment", "is no environment variable: 5", "letters, digits"),
        ({"x-environment": ""}, "x-environment", "is no environment variable", "letters, digits"),
        ({"x-environment": "SHOP KEY"}, "x-environment", "is no environment variable: SHOP KEY", "letters, digits"),
        ({"x-environment": "1KEY"}, "x-environment", "is no environment variable: 1KEY", "letters, digits"),
        ({"x-secret": "no"}, "x-secret", "is no boolean: no", "write false"),
        ({"x-secret": None}, "x-secret", "is no boolean: None", "write false"),
        ({"name": None}, "name", "is no header name", "such as x-api-key"),
        ({"name": "X Key"}, "name", "is no header name", "such as x-api-key"),
        ({"name": "X-Key\r\nX-Evil"}, "name", "is no header name", "such as x-api-key"),
    ],
    ids=str,
)
def test_a_malformed_keyword_is_refused_by_its_place(
    changed: dict[str, Any], keyword: str, problem: str, fix: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        document_with({"a/b": {**KEY, **changed}})
    assert caught.value.pointer == f"#/components/securitySchemes/a~1b/{keyword}"
    assert problem in caught.value.problem
    assert fix in caught.value.fix
