"""An SDK of another API, invented here: no reaction depends on the names of one SDK."""

import warnings
from typing import Any, Literal
from urllib.parse import quote

import httpx
import pydantic
import pytest

from contracts.http.exchange import Response
from contracts.judge.checks import judge
from contracts.openapi import Operation
from contracts.sdk.outcome import OfficialSdk, load
from tests.support.tiny import JSON, answer, document_at, exchange_of

UNION = {
    "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Book", "Game")],
    "discriminator": {"propertyName": "kind"},
}
SCHEMAS = {
    "Book": {"type": "object", "properties": {"kind": {"const": "book"}, "from": {"type": "string"}}},
    "Game": {"type": "object", "properties": {"kind": {"const": "game"}, "players": {"type": "integer"}}},
    "Shelf": {
        "type": "object",
        "properties": {"goods": {"type": "array", "items": UNION}, "room/wall": {"type": "string"}},
    },
}


class Book(pydantic.BaseModel):
    kind: Literal["book"] | None = None
    from_: str | None = pydantic.Field(None, alias="from")


class Game(pydantic.BaseModel):
    kind: Literal["game"] | None = None
    players: int | None = None


class Shelf(pydantic.BaseModel):
    goods: list[Any] = []
    wall: Any = pydantic.Field(None, alias="room/wall")


class Library:
    """A client that reads everything except a book as a game."""

    def __init__(self, *, base_url: str, max_retries: int, http_client: httpx.Client, token: str) -> None:
        self.shelves = self
        self._url, self._http, self._token = base_url, http_client, token

    def find(self, name: str) -> Shelf:
        warnings.warn("soon to be renamed", DeprecationWarning, stacklevel=2)
        url = f"{self._url}/shelves/{quote(name, safe='')}"
        came = self._http.get(url, headers={"token": self._token}).raise_for_status().json()
        classes = [Book if good.get("kind") == "book" else Game for good in came.get("goods", ())]
        goods = [made.model_construct(None, **good) for made, good in zip(classes, came.get("goods", ()), strict=True)]
        return Shelf.model_construct(goods=goods, wall=came.get("room/wall"))


@pytest.fixture(scope="module")
def operation() -> Operation:
    get = {
        "parameters": [{"name": "shelf", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {
            "200": {"description": "", "content": {JSON: {"schema": {"$ref": "#/components/schemas/Shelf"}}}}
        },
        "x-official-sdk": {
            "install": "library",
            "package": __name__,
            "client": "Library",
            "options": {"token": "unused"},
            "retrieve": "shelves.find",
        },
    }
    return document_at(
        {
            "openapi": "3.1.0",
            "info": {"title": "Library", "version": "1"},
            "paths": {"/shelves/{shelf}": {"get": get}},
            "components": {"schemas": SCHEMAS},
        }
    ).operations[0]


@pytest.fixture(scope="module")
def sdk(operation: Operation) -> OfficialSdk:
    found = load(operation)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("outcome", "place", "words"),
    [
        (
            answer(200, {"goods": [{"kind": "book"}, {"kind": "film"}]}),
            "body/goods/1/kind",
            'SDK: reads it as the game class where kind is "film", in silence',
        ),
        (
            answer(200, {"goods": [{"kind": "book", "from": 5}]}),
            "body/goods/0/from",
            "SDK: hands it on as int, in silence",
        ),
        (
            answer(200, {"goods": [{}]}),
            "body/goods/0/kind",
            "SDK: reads it as the game class where kind is absent, in silence",
        ),
        (answer(200, {"room/wall": 5}), "body/room~1wall", "SDK: hands it on as int, in silence"),
        (answer(200, {"room/wall": None}), "body/room~1wall", "SDK: unaffected: it hands out the same anyway"),
        (answer(200, b"["), "body@1", "SDK: raises JSONDecodeError"),
        (answer(404), "status", "SDK: raises HTTPStatusError"),
    ],
)
def test_the_reaction_of_any_sdk_is_found(
    operation: Operation, sdk: OfficialSdk, outcome: Response, place: str, words: str
) -> None:
    exchange = exchange_of(operation, outcome)
    found = {each.place: str(sdk.react(each, exchange)) for each in judge(operation, exchange)}
    assert found == {place: words}
