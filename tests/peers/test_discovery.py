"""Discovery through the official SDK, over a socket: the requests, the picked resources, and reasons for no list."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from contracts.coverage.features import Feature, features_of, promised_features
from contracts.errors import ConfigurationError, ContractError
from contracts.http.exchange import Response
from contracts.judge import parse_response
from contracts.openapi import PINNED, load
from contracts.openapi.overlay import PINNED_OVERLAY
from contracts.openapi.overlay_keywords import official_client
from contracts.sdk.discovery import MAX_PAGES, discover, resource_of
from contracts.sdk.outcome import client, method
from strategies.answers import catalogue
from tests.support.talking import Peer, Talk, dripping, guarded_session, heard, once, peer, saying
from tests.support.tiny import answer

OPERATION = load(overlays=[PINNED_OVERLAY]).operations[0]
CATALOGUE = catalogue(OPERATION)
JOBS = [json.loads(response.body) for response in CATALOGUE.values()]
KEY = "sk-invented-0123456789"


def said(status: str, body: Any, *fields: str) -> bytes:
    data = json.dumps(body).encode()
    head = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(data)}", *fields]
    return "\r\n".join([*head, "", ""]).encode() + data


def listing(jobs: list[Any], per_page: int) -> Talk:
    """Lists the jobs as the API does: a page at a time, and pages beyond the last are empty."""

    def talk(connection: Any, made: Peer) -> None:
        while heard(connection, made):
            query = parse_qs(urlsplit(made.paths[-1]).query)
            page = int(query.get("page", ["1"])[0])
            items = jobs[(page - 1) * per_page : page * per_page]
            counts = {"current_page": page, "items_per_page": per_page, "total_item_count": len(jobs)}
            connection.sendall(said("200 OK", {"items": items} | counts))

    return talk


def found(talk: Talk, wanted: int = 5, **options: Any) -> tuple[list[str], Peer]:
    with (
        peer(talk) as made,
        guarded_session(made.url + "/base", [OPERATION], lambda exchange: None, **options) as session,
    ):
        return [name for (name,) in discover(session, OPERATION, wanted)], made


def shown_by(response: Response) -> frozenset[Feature]:
    return features_of(OPERATION, parse_response(OPERATION, response), response.status).promised


def refused(talk: Talk, **options: Any) -> str:
    with pytest.raises(ContractError) as raised:
        found(talk, **options)
    words = str(raised.value)
    assert words.splitlines() == [words]
    return words


def test_picked_resources_show_every_branch_and_value_that_is_listed() -> None:
    ids, made = found(listing(JOBS, 7), wanted=8)
    assert len(ids) == len({*ids}) == 8
    telling = [each for each in promised_features(OPERATION) if each.kind in ("branch", "value")]
    shows = {feature for job_id in ids for feature in shown_by(CATALOGUE[(job_id,)])}
    assert not [each for each in telling if each.location.startswith("200") and each not in shows]
    assert all(path.startswith("/base/") for path in made.paths)


def test_a_job_in_the_list_shows_the_features_of_the_job_itself() -> None:
    named = official_client(OPERATION)
    assert named is not None
    made = client(named, "http://peer.invalid", lambda request: answer(200, {"items": JOBS}))
    listed = method(made, named, named.list)().items
    for (resource, response), item in zip(CATALOGUE.items(), listed, strict=True):
        found = resource_of(OPERATION, item.to_dict(mode="json", warnings=False))
        assert found == (resource, shown_by(response))


def test_every_job_is_found_if_more_are_wanted_than_there_are() -> None:
    ids, made = found(listing(JOBS[:9], 4), wanted=100)
    assert sorted(ids) == sorted(job["id"] for job in JOBS[:9])
    assert len(made.paths) == 4


def test_no_more_pages_are_read_than_are_needed_to_see_everything() -> None:
    _, made = found(listing(JOBS * 3, len(JOBS)), wanted=5)
    assert len(made.paths) == 2


def test_pages_without_end_are_read_up_to_a_bound() -> None:
    same = {key: value for key, value in JOBS[0].items() if key != "id"}
    ids, made = found(listing([same | {"id": f"job-{number}"} for number in range(MAX_PAGES * 3)], 2), wanted=100)
    assert len(made.paths) == MAX_PAGES
    assert len(ids) == 2 * MAX_PAGES


def test_a_server_that_repeats_its_first_page_is_not_asked_without_end() -> None:
    ids, made = found(saying(said("200 OK", {"items": JOBS[:3]})), wanted=100)
    assert len(ids) == 3
    assert len(made.paths) == 3


def test_requests_are_those_of_the_session_with_its_key_and_nothing_of_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SGP_API_KEY", "SGP_ACCOUNT_ID", "SGP_CLIENT_CUSTOM_HEADERS", "SGP_CLIENT_BASE_URL"):
        monkeypatch.setenv(name, f"https://canary.invalid/{name}: canary")
    _, made = found(listing(JOBS, 50), api_key=KEY)
    for request in made.requests:
        head = request.decode().lower()
        assert head.startswith("get ")
        assert head.count(f"x-api-key: {KEY}") == 1
        assert not [word for word in ("canary", "stainless", "httpx", "unused") if word in head]


def test_a_redirect_is_not_followed_to_another_host() -> None:
    with peer(saying(said("200 OK", {}))) as other:
        words = refused(once(said("302 Found", {}, f"Location: {other.url}/", "Connection: close")))
    assert "answers the list of its resources with 302" in words
    assert not other.requests


def test_listed_values_without_an_id_are_left_out() -> None:
    ids, _ = found(listing([{"id": None}, "text", 5, {"id": ".."}, JOBS[0]], 50))
    assert ids == [JOBS[0]["id"]]


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (once(said("401 Unauthorized", {"detail": KEY})), "with 401; set SGP_API_KEY to a key that it knows"),
        (once(said("404 Not Found", {})), "with 404; correct the path in --base-url"),
        (once(said("500 Oops", {})), "with 500; look into the server's log"),
        (once(said("200 OK", {"items": []})), "lists no resource; name some that exist by --job-ids FILE"),
        (listing([{"id": 5}], 9), "lists nothing with an id that can be asked for (1 looked at)"),
        (once(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"), "that the official SDK does not read"),
        (once(said("200 OK", [1])), "that the official SDK does not read"),
        (once(b""), "closes the connection without an answer"),
    ],
)
def test_a_missing_list_is_one_line_with_the_fix(talk: Talk, words: str) -> None:
    line = refused(talk, api_key=KEY)
    assert words in line
    assert KEY not in line


def test_a_list_that_does_not_come_in_time_is_an_error() -> None:
    assert "does not answer in time" in refused(dripping(b"HTTP/1.1 200 OK\r\n", b"X-Drop: 1\r\n"), timeout=0.2)


def test_a_document_without_its_overlay_does_not_say_how_to_list() -> None:
    operation = load(PINNED).operations[0]
    words = r"no overlay says how GET .* lists its resources; add x-official-sdk, or name resources by --job-ids FILE"
    session = guarded_session("http://127.0.0.1:1", [operation], lambda exchange: None)
    with session, pytest.raises(ConfigurationError, match=words):
        discover(session, operation, 5)
