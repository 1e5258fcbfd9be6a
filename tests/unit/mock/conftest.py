"""A mock server of trees, and a client."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest
import requests

from contracts.http.exchange import Response
from contracts.openapi import Operation, load
from strategies.mock.answering import Catalogue
from strategies.mock.server import MockServer
from tests.support.trees import DOCUMENT, HOSTILE, json_response


def any_tree(parameters: Mapping[str, str], seed: int) -> Response:
    return json_response(200, {**parameters, **({"seed": seed} if seed else {})})


def unknown(parameters: object) -> Response:
    return json_response(410, {"felled": parameters})


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> dict[Operation, Catalogue]:
    path = tmp_path_factory.mktemp("orchard") / "orchard.json"
    path.write_text(json.dumps(DOCUMENT))
    by_path = {operation.path: operation for operation in load(path).operations}
    trees: dict[tuple[str, ...], Response] = {(name,): json_response(200, {"tree": name}) for name in ["oak", *HOSTILE]}

    def felled(_parameters: object, _seed: int) -> Response:
        return json_response(410, {"felled": "on request"})

    return {
        by_path["/trees/{tree}"]: Catalogue(trees, unknown, {"410": felled, "200": any_tree}),
        by_path["/trees/oldest"]: Catalogue({(): json_response(200, {"tree": "yew"})}, unknown, {}),
        by_path["/rows/{row}/trees/{tree}"]: Catalogue({("1", "oak"): json_response(200, {"row": "1"})}, unknown, {}),
    }


@pytest.fixture(scope="module")
def server(operations: dict[Operation, Catalogue]) -> Iterator[MockServer]:
    with MockServer(operations) as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        yield made
