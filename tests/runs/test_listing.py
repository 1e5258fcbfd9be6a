"""Ids that one operation lists are asked of another one, where the document shows that they are its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.http import Response
from contracts.openapi import load
from strategies.mock import mock_server
from strategies.mock.server import Asked
from tests.support.suite import BRIEFLY, Result, run_suite

THERE = ("red", "blue")
NOTE = "2 ids of GET /lamps/{lamp_id} were found in GET /lamps"


def document(folder: Path, links: Any = None) -> Path:
    """Write a document of a list and its details."""
    file = folder / "lamps.json"
    json_of: dict[str, Any] = {"application/json": {"schema": {}}}
    listed = {"description": "", "content": json_of, **({"links": links} if links else {})}
    lamp = {"name": "lamp_id", "in": "path", "required": True, "schema": {"type": "string"}}
    responses = {"200": {"description": "", "content": json_of}, "404": {"description": "", "content": json_of}}
    paths = {
        "/lamps": {"get": {"responses": {"200": listed}}},
        "/lamps/{lamp_id}": {"get": {"operationId": "lamp", "parameters": [lamp], "responses": responses}},
    }
    info = {"title": "Lamps", "version": "1"}
    file.write_text(json.dumps({"openapi": "3.1.0", "info": info, "paths": paths}), "utf-8")
    return file


def run_with(file: Path, body: Any, *options: str) -> Result:
    """Run against a server that lists with this body, and knows THERE."""

    def serve(asked: Asked, came: Response) -> Response:
        name = asked.target.removeprefix("/lamps").strip("/")
        status = 200 if not name or name in THERE else 404
        return Response(status, (("Content-Type", "application/json"),), json.dumps(body if not name else {}).encode())

    with mock_server(load(file), changes=[serve]) as server:
        return run_suite("--no-overlay", "--document", str(file), "--base-url", server.url, *BRIEFLY, *options)


@pytest.mark.parametrize(
    "body",
    [
        ["red", "blue"],
        [{"id": "red"}, {"id": "blue"}],
        {"data": [{"lamp_id": "red", "id": 1}, {"lampId": "blue", "id": 2}], "next": None},
        {"data": [{"id": "red"}, {"id": "gone"}, {"id": "blue"}, {"id": ["x"]}, 5.5, {}]},
    ],
)
def test_ids_of_a_list_are_known_and_said_to_be_found(tmp_path: Path, body: Any) -> None:
    result = run_with(document(tmp_path), body)
    assert result.code == 0, result.output
    assert NOTE in result.output


@pytest.mark.parametrize("link", [{"operationId": "lamp"}, {"operationRef": "#/paths/~1lamps~1{lamp_id}/get"}])
def test_an_id_that_a_link_leads_to_is_known(tmp_path: Path, link: dict[str, Any]) -> None:
    links = {"best": {**link, "parameters": {"lamp_id": "$response.body#/best/key"}}}
    result = run_with(document(tmp_path, links), {"best": {"key": "red"}})
    assert result.code == 0, result.output
    assert "1 id of GET /lamps/{lamp_id} was found in GET /lamps" in result.output


@pytest.mark.parametrize("body", [["gone", ".", "", True], {}, 5, {"a": ["red"], "b": ["blue"]}])
def test_a_list_of_nothing_that_is_there_is_no_violation(tmp_path: Path, body: Any) -> None:
    result = run_with(document(tmp_path), body)
    assert result.violations == []
    assert "found in" not in result.output


def test_ids_that_the_user_names_are_not_looked_for(tmp_path: Path) -> None:
    result = run_with(document(tmp_path), [*THERE], "--job-id", "red")
    assert result.code == 0, result.output
    assert "found in" not in result.output


SHOPS = {
    "/shops": [{"id": "north"}, {"id": "south"}],
    "/shops/north": {},
    "/shops/south": {},
    "/shops/north/owner": {},
    "/shops/north/lamps": [{"id": 1}, {"id": 2}],
    "/shops/south/lamps": [{"id": 3}],
    "/shops/north/lamps/1": {},
    "/shops/north/lamps/2": {},
    "/shops/south/lamps/3": {"twin": 1},
    "/shops/south/lamps/3/twins/1": {},
}
"""What a server of shops with lamps answers, by path."""


def shops(folder: Path) -> Path:
    """Write a document of lists inside other resources, with a link from one lamp to its twin."""
    file = folder / "shops.json"

    def get(path: str, links: Any = None) -> dict[str, Any]:
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
        json_of: dict[str, Any] = {"application/json": {"schema": {}}}
        listed: dict[str, Any] = {"description": "", "content": json_of, "links": links or {}}
        responses = {"200": listed, "404": {"description": ""}}
        return {path: {"get": {"operationId": path, "parameters": parameters, "responses": responses}}}

    lamp, twin = "/shops/{shop}/lamps/{lamp}", "/shops/{shop}/lamps/{lamp}/twins/{twin}"
    by_path = {"shop": "$request.path.shop", "lamp": "$request.path.lamp", "twin": "$response.body#/twin"}
    paths = {
        **get(twin),
        **get(lamp, {"twin": {"operationId": twin, "parameters": by_path}}),
        **get("/shops/{shop}/lamps"),
        **get("/shops/{shop}/owner"),
        **get("/shops/{shop_id}"),
        **get("/shops"),
    }
    file.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "Shops", "version": "1"}, "paths": paths}))
    return file


def test_ids_of_lists_inside_other_resources_are_found_from_the_outermost_in(tmp_path: Path) -> None:
    def serve(asked: Asked, came: Response) -> Response:
        status = 200 if asked.target in SHOPS else 404
        body = json.dumps(SHOPS[asked.target]).encode() if status == 200 else b""
        kind = (("Content-Type", "application/json"),) if status == 200 else ()
        return Response(status, kind, body)

    file = shops(tmp_path)
    with mock_server(load(file), changes=[serve]) as server:
        result = run_suite("--no-overlay", "--document", str(file), "--base-url", server.url, *BRIEFLY)
    assert result.code == 0, result.output
    found = [line.removeprefix("note        ") for line in result.verdict if " found in " in line]
    assert sorted(found) == [
        "1 id of GET /shops/{shop}/lamps/{lamp}/twins/{twin} was found in GET /shops/{shop}/lamps/{lamp}",
        "1 id of GET /shops/{shop}/owner was found in GET /shops",
        "2 ids of GET /shops/{shop_id} were found in GET /shops",
        "2 ids of GET /shops/{shop}/lamps were found in GET /shops",
        "3 ids of GET /shops/{shop}/lamps/{lamp} were found in GET /shops/{shop}/lamps",
    ]
