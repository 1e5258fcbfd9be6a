"""Operations are found by URLs as the document describes them, whatever was found before."""

from random import Random
from typing import Any

import pytest

from contracts.captures import OperationFinder
from contracts.openapi import TEMPLATE, Document
from tests.support.tiny import JSON, document_at

FORMS = {
    "one": ["/jobs/{job}"],
    "concrete beside a parameter": ["/jobs/{job}", "/jobs/latest", "/jobs/x{part}", "/jobs"],
    "below another": ["/shops/{shop}/lamps/{lamp}", "/shops/{shop}/lamps", "/shops/{shop}", "/{any}", "/a/{b}/c/{d}"],
    "many at the root": ["/{any}", "/jobs", "/shops", "/lamps", "/first", "/latest"],
    "many": [f"/kind{number}/{{name}}" for number in range(9)] + ["/{kind}/first", "/kind3/{name}/{part}"],
}
NAMES = ["one", "two", "latest", "first", "xy", "a%20b", "", "kind3", "jobs", "shops", "lamps", "?q=1", "x#y", "a?b=/c"]
STARTS = ["", "/api", "https://host", "https://host/api", "https://else/api", "//host"]


def document_with(paths: list[str]) -> Document:
    """Return a document that reads each of the paths, behind the host or behind `/api`."""
    return document_at(
        {
            "openapi": "3.1.0",
            "info": {"title": "finding", "version": "1"},
            "servers": [{"url": "/api"}],
            "paths": {path: {"get": reading(path)} for path in paths},
        }
    )


def reading(path: str) -> dict[str, Any]:
    names = TEMPLATE.findall(path)
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    return {"parameters": parameters, "responses": {"200": {"description": "", "content": {JSON: {"schema": {}}}}}}


@pytest.fixture(params=FORMS.values(), ids=list(FORMS))
def document(request: pytest.FixtureRequest) -> Document:
    return document_with(request.param)


@pytest.mark.parametrize("server", ["", "https://host/api"])
@pytest.mark.parametrize("seed", range(20))
def test_what_was_found_before_changes_nothing(document: Document, server: str, seed: int) -> None:
    chance, experienced = Random(seed), OperationFinder(document, server)
    segments = [*NAMES, *(part for each in document.operations for part in each.path.split("/") if "{" not in part)]
    for _ in range(200):
        url = chance.choice(STARTS) + "".join(f"/{chance.choice(segments)}" for _ in range(chance.randrange(1, 5)))
        assert experienced.find("GET", url) == OperationFinder(document, server).find("GET", url), url


def test_names_in_a_known_folder_are_not_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    finder = OperationFinder(document_with(FORMS["one"]))
    first = finder.find("GET", "https://host/jobs/one")
    monkeypatch.delattr(OperationFinder, "_find")
    assert first
    assert finder.find("GET", "https://host/jobs/two") == (first[0], {"job": "two"})
