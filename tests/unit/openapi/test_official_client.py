"""The official SDK as an overlay describes it: as data, in full, or refused by its place."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.errors import DocumentError
from contracts.openapi import Operation
from contracts.openapi.overlay_keywords import OfficialClient, check_overlay_keywords, official_client
from tests.support.tiny import document_at

NAMED = {"install": "things-sdk", "package": "things", "client": "Things", "retrieve": "shelf.get"}


def operation_with(described: Any) -> Operation:
    get = {"responses": {"200": {"description": ""}}, "x-official-sdk": described}
    info = {"title": "Tiny", "version": "7"}
    return document_at({"openapi": "3.1.0", "info": info, "paths": {"/things": {"get": get}}}).operations[0]


def test_an_sdk_is_described_by_its_names() -> None:
    assert official_client(operation_with(NAMED)) == OfficialClient("things-sdk", "things", "Things", "shelf.get")
    more = official_client(operation_with({**NAMED, "list": "shelf.list", "options": {"token": "unused"}}))
    assert more == OfficialClient("things-sdk", "things", "Things", "shelf.get", "shelf.list", (("token", "unused"),))


@pytest.mark.parametrize(
    "described",
    [
        {},
        [],
        "things",
        {**NAMED, "client": 5},
        {**NAMED, "colour": "red"},
        {**NAMED, "options": ["token"]},
        {name: value for name, value in NAMED.items() if name != "package"},
    ],
)
def test_an_sdk_that_is_not_described_in_full_is_refused_by_its_place(described: Any) -> None:
    with pytest.raises(
        DocumentError, match="/paths/~1things/get/x-official-sdk does not describe an SDK; name install"
    ):
        check_overlay_keywords(operation_with(described))
