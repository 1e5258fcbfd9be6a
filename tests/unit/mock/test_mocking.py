"""The mock of a whole document: how it answers for a resource that it does not know."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import requests

from strategies.mock.mocking import mock_server
from tests.support.tiny import document_of


@pytest.mark.parametrize(
    ("statuses", "answered"),
    [
        (("200", "404"), 404),
        (("200", "422", "404"), 422),
        (("200", "401", "403", "429", "404"), 404),
        (("200", "401", "429", "4XX"), 400),
        (("200", "429", "default"), 404),
        (("200", "401", "429"), 200),
        (("200",), 200),
    ],
)
def test_an_unknown_resource_is_refused_by_a_status_that_is_about_the_resource(
    statuses: Iterable[str], answered: int
) -> None:
    document = document_of(responses={status: {"description": ""} for status in statuses})
    with mock_server(document) as server:
        assert requests.get(f"{server.url}/things/unheard-of", timeout=10).status_code == answered
