"""Credentials are read from the environment, files and commands; what is wrong with them is one line without them."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from contracts.http import CredentialValue
from contracts.openapi import ConfigurationError, Credential, Document
from contracts.run.credentials import KeyCommand, read_bundle, read_certificate, read_credentials
from tests.support.tiny import document_at

SECRET = "invented-0123456789"
OPTIONS: dict[str, Any] = {"api_key_file": None, "key_command": None, "header": []}


def document_with(**schemes: dict[str, Any]) -> Document:
    return document_at(
        {
            "openapi": "3.1.0",
            "info": {"title": "Shop", "version": "1"},
            "paths": {"/things": {"get": {"responses": {"200": {"description": ""}}}}},
            "components": {"securitySchemes": schemes},
        }
    )


SHOP = document_with(
    Token={"type": "http", "scheme": "bearer", "x-environment": "SHOP_TOKEN"},
    Login={"type": "http", "scheme": "basic", "x-environment": "SHOP_LOGIN"},
    Key={"type": "apiKey", "in": "query", "name": "key", "x-environment": "SHOP_KEY"},
    Shop={"type": "apiKey", "in": "header", "name": "X-Shop", "x-environment": "SHOP", "x-secret": False},
)


def read(document: Document = SHOP, variables: dict[str, str] | None = None, **options: Any) -> dict[str, str]:
    values = read_credentials(document, {**OPTIONS, **options}, variables or {})
    assert SECRET not in repr(values)
    return {each.credential.environment: str(each.value) for each in values}


def test_every_credential_is_read_that_has_a_value() -> None:
    variables = {"SHOP_LOGIN": "me:pw", "SHOP_KEY": f" {SECRET}\n", "SHOP": "one", "SHOP_TOKEN": ""}
    assert read(variables=variables) == {"SHOP_LOGIN": "me:pw", "SHOP_KEY": SECRET, "SHOP": "one"}
    assert read() == {}


def test_a_header_of_the_users_has_its_value_from_the_environment() -> None:
    variables = {"CONTRACT_HEADER_X_TENANT_ID": SECRET, "CONTRACT_HEADER_COOKIE": "a=b"}
    found = read_credentials(SHOP, {**OPTIONS, "header": ["X-Tenant-Id", "cookie", "cookie"]}, variables)
    assert [(each.credential.name, str(each.value)) for each in found] == [("X-Tenant-Id", SECRET), ("cookie", "a=b")]
    assert all(each.credential.is_secret for each in found)


def command(text: str) -> str:
    return f"{sys.executable} -c '{text}'"


def test_a_command_gives_the_key_where_none_is_set() -> None:
    given = command(f'print("{SECRET}")')
    assert read(key_command=given) == {"SHOP_TOKEN": SECRET}
    assert read(variables={"SHOP_TOKEN": "set"}, key_command=given) == {"SHOP_TOKEN": "set"}
    assert KeyCommand(given, Credential("k", "K"))() == CredentialValue(Credential("k", "K"), SECRET)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variables", "options", "told"),
    [
        ({}, {"header": ["X-Tenant"]}, "value of CONTRACT_HEADER_X_TENANT, which is not set; set it"),
        ({"CONTRACT_HEADER_X_TENANT": " "}, {"header": ["X-Tenant"]}, "CONTRACT_HEADER_X_TENANT, which is not set"),
        ({"CONTRACT_HEADER_X_A": "a\nb"}, {"header": ["X-A"]}, "CONTRACT_HEADER_X_A holds no key that can be sent"),
        ({}, {"header": [f"X-A: {SECRET}"]}, "--header X-A is no header's name alone; its value is taken from"),
        ({}, {"header": ["Host"]}, "--header Host is no header that can be sent"),
        ({}, {"header": [""]}, "is no header's name alone"),
        ({"SHOP_LOGIN": SECRET}, {}, "SHOP_LOGIN holds no user and password; set it to user:password"),
        ({"SHOP": "shöp"}, {}, "SHOP holds no account"),
        ({}, {"key_command": "no-such-command x"}, "'no-such-command' cannot be run: No such file or directory"),
        ({}, {"key_command": "'"}, "cannot be run: No closing quotation"),
        ({}, {"key_command": " "}, "cannot be run"),
        ({}, {"key_command": "true"}, "--key-command 'true' printed nothing; it has to print the key alone"),
        ({}, {"key_command": f"false {SECRET}"}, "--key-command 'false' ended with exit code 1; it has to"),
        ({}, {"key_command": "sh -c 'echo no vault >&2; exit 4'"}, "ended with exit code 4: no vault; it has to"),
        ({}, {"key_command": "printf 'a\\nb'"}, "the output of --key-command holds no key that can be sent"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_one_line(
    variables: dict[str, str], options: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(variables=variables, **options)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("options", [{"key_command": "true"}, {"api_key_file": "key"}])
def test_a_key_for_which_the_document_has_no_place_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="name no header for an API key; add a securityScheme"):
        read(document_with(), **options)


# The client's own certificate.


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder, authority = tmp_path_factory.mktemp("certificates"), trustme.CA()
    mine, other = authority.issue_cert("me"), authority.issue_cert("other")
    mine.private_key_and_cert_chain_pem.write_to_path(folder / "both")
    mine.cert_chain_pems[0].write_to_path(folder / "certificate")
    mine.private_key_pem.write_to_path(folder / "key")
    other.private_key_pem.write_to_path(folder / "other")
    key = serialization.load_pem_private_key(mine.private_key_pem.bytes(), None)
    formats = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "locked").write_bytes(key.private_bytes(*formats, serialization.BestAvailableEncryption(b"pw")))
    (folder / "text").write_text("no certificate")
    (folder / "empty").touch()
    (folder / "cut").write_bytes(mine.cert_chain_pems[0].bytes()[:200])
    return {file.name: str(file) for file in folder.iterdir()} | {"gone": str(folder / "gone")}


def test_a_certificate_may_hold_its_key_or_have_it_in_another_file(files: dict[str, str]) -> None:
    assert read_certificate({"client_cert": None, "client_key": None}) is None
    assert read_certificate({"client_cert": files["both"], "client_key": None}) == (files["both"], None)
    given = files["certificate"], files["key"]
    assert read_certificate({"client_cert": given[0], "client_key": given[1]}) == given


@pytest.mark.parametrize(
    ("bundle", "told"),
    [
        ("text", "holds no certificate that can be read; name a file of PEM certificates"),
        ("empty", "holds no certificate that can be read; name a file of PEM certificates"),
        ("cut", "holds no certificate that can be read; name a file of PEM certificates"),
        ("key", "holds no certificate that can be read; name a file of PEM certificates"),
        ("gone", "is no file; name a file of PEM certificates"),
    ],
)
def test_a_bundle_without_a_certificate_is_refused_in_one_line_that_names_it(
    bundle: str, told: str, files: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_bundle({"ca_bundle": files[bundle]})
    assert str(caught.value) == f"--ca-bundle {files[bundle]} {told}"


def test_a_bundle_of_certificates_is_taken_whatever_else_it_holds(files: dict[str, str]) -> None:
    assert read_bundle({"ca_bundle": None}) is None
    assert read_bundle({"ca_bundle": files["certificate"]}) == files["certificate"]
    assert read_bundle({"ca_bundle": files["both"]}) == files["both"]


@pytest.mark.parametrize(
    ("certificate", "key", "told"),
    [
        (None, "key", "--client-key is the key of a certificate; give that by --client-cert FILE too"),
        ("certificate", None, "has no private key in it; name the file of its key by --client-key FILE"),
        ("certificate", "other", "name its own key by --client-key FILE"),
        ("certificate", "locked", "has a key that is locked by a password; give a key without one"),
        ("gone", None, "is no file; name a file of PEM text"),
        ("certificate", "gone", "is no file; name a file of PEM text"),
        ("text", "key", "cannot be used; give a certificate and its key as PEM text"),
    ],
)
def test_a_certificate_of_no_use_is_refused_in_one_line(
    certificate: str | None, key: str | None, told: str, files: dict[str, str]
) -> None:
    options = {"client_cert": certificate and files[certificate], "client_key": key and files[key]}
    with pytest.raises(ConfigurationError) as caught:
        read_certificate(options)
    assert told in str(caught.value)
