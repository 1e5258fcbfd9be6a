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


def test_the_pinned_overlay_names_the_headers_and_the_environment() -> None:
    document = load(overlays=[PINNED_OVERLAY])
    account = Credential("x-selected-account-id", "SGP_ACCOUNT_ID", is_secret=False)
    assert document.credentials == (Credential("x-api-key", "SGP_API_KEY"), account)


def test_without_the_overlay_the_pinned_document_has_no_credentials() -> None:
    assert (load().credentials, load().api_key) == ((), None)


def test_the_first_scheme_that_is_a_secret_is_the_api_key() -> None:
    shop, key = Credential("X-Shop", "SHOP", is_secret=False), Credential("X-Key", "SHOP_KEY")
    document = document_with({"Shop": ACCOUNT, "Key": KEY, "Other": {**KEY, "name": "X-Other"}, "Same": KEY})
    assert document.credentials == (shop, key, Credential("X-Other", "SHOP_KEY"))
    assert document.api_key == key
    assert document_with({"Key": {**KEY, "x-secret": True}}).api_key == key


@pytest.mark.parametrize(
    ("scheme", "credential"),
    [
        ({**KEY, "in": "query", "name": "api key"}, Credential("api key", "SHOP_KEY", "query")),
        ({**KEY, "in": "cookie"}, Credential("X-Key", "SHOP_KEY", "cookie")),
        (
            {"type": "http", "scheme": "Bearer", "x-environment": "SHOP_TOKEN"},
            Credential("Authorization", "SHOP_TOKEN", scheme="bearer"),
        ),
        (
            {"type": "http", "scheme": "basic", "x-environment": "SHOP_LOGIN"},
            Credential("Authorization", "SHOP_LOGIN", scheme="basic"),
        ),
    ],
    ids=str,
)
def test_a_credential_stands_where_its_scheme_says(scheme: Any, credential: Credential) -> None:
    assert document_with({"Key": scheme}).credentials == (credential,)


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
        {"Key": {**KEY, "in": "body"}},
        {"Key": {**KEY, "type": "http", "scheme": "digest"}},
        {"Key": {**KEY, "type": "openIdConnect"}},
        {"Key": {name: value for name, value in KEY.items() if name != "x-environment"}},
        {"Key": {"$ref": "#/components/securitySchemes/None"}},
        {"Key": {"$ref": "other.yaml"}},
    ],
    ids=str,
)
def test_a_scheme_of_another_kind_or_without_an_environment_is_no_credential(schemes: Any) -> None:
    assert document_with(schemes).credentials == ()


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
        ({"name": "", "in": "query"}, "name", "is no query name", "such as x-api-key"),
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
