"""Discovery through the official SDK, over a socket: what is asked, what is picked, and why there is no list."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from contracts.checks import read
from contracts.coverage import promised, seen
from contracts.discovery import PAGES, discover, shown
from contracts.document import PINNED, PINNED_OVERLAY, load
from contracts.errors import ConfigurationError, ContractError
from contracts.exchange import Response
from contracts.features import Feature
from contracts.keywords import official_client
from contracts.official_sdk import client, method
from contracts.session import GuardedSession
from strategies.answers import catalogue
from tests.unit.talking import Peer, Talk, dripping, heard, once, peer, saying
from tests.unit.tiny import answer

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
        GuardedSession(made.url + "/base", [OPERATION], lambda exchange: None, **options) as session,
    ):
        return [name for (name,) in discover(session, OPERATION, wanted)], made


def features_of(response: Response) -> frozenset[Feature]:
    return seen(OPERATION, read(OPERATION, response), response.status).promised


def refused(talk: Talk, **options: Any) -> str:
    with pytest.raises(ContractError) as raised:
        found(talk, **options)
    told = str(raised.value)
    assert told.splitlines() == [told]
    return told


def test_what_is_picked_shows_every_branch_and_value_that_is_listed() -> None:
    ids, made = found(listing(JOBS, 7), wanted=8)
    assert len(ids) == len({*ids}) == 8
    telling = [each for each in promised(OPERATION) if each.kind in ("branch", "value")]
    shows = {feature for job_id in ids for feature in features_of(CATALOGUE[(job_id,)])}
    assert not [each for each in telling if each.place.startswith("200") and each not in shows]
    assert all(path.startswith("/base/") for path in made.paths)


def test_a_job_that_the_sdk_lists_shows_what_the_job_itself_does() -> None:
    named = official_client(OPERATION)
    assert named is not None
    made = client(named, "http://peer.invalid", lambda request: answer(200, {"items": JOBS}))
    listed = method(made, named, named.list)().items
    for (resource, response), item in zip(CATALOGUE.items(), listed, strict=True):
        told = shown(OPERATION, item.to_dict(mode="json", warnings=False))
        assert told == (resource, features_of(response))


def test_all_there_are_is_what_is_found_when_more_are_wanted() -> None:
    ids, made = found(listing(JOBS[:9], 4), wanted=100)
    assert sorted(ids) == sorted(job["id"] for job in JOBS[:9])
    assert len(made.paths) == 4


def test_no_more_pages_are_read_than_it_takes_to_see_everything() -> None:
    _, made = found(listing(JOBS * 3, len(JOBS)), wanted=5)
    assert len(made.paths) == 2


def test_pages_without_end_are_read_up_to_a_bound() -> None:
    same = {key: value for key, value in JOBS[0].items() if key != "id"}
    ids, made = found(listing([same | {"id": f"job-{number}"} for number in range(PAGES * 3)], 2), wanted=100)
    assert len(made.paths) == PAGES
    assert len(ids) == 2 * PAGES


def test_a_server_that_gives_the_first_page_for_ever_is_not_asked_for_ever() -> None:
    ids, made = found(saying(said("200 OK", {"items": JOBS[:3]})), wanted=100)
    assert len(ids) == 3
    assert len(made.paths) == 3


def test_only_the_session_speaks_with_its_key_and_nothing_of_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
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
        told = refused(once(said("302 Found", {}, f"Location: {other.url}/", "Connection: close")))
    assert "answers the list of its resources with 302" in told
    assert not other.requests


def test_listed_values_without_an_id_are_left_out() -> None:
    ids, _ = found(listing([{"id": None}, "text", 5, {"id": ".."}, JOBS[0]], 50))
    assert ids == [JOBS[0]["id"]]


@pytest.mark.parametrize(
    ("talk", "told"),
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
def test_no_list_is_told_in_one_line_with_the_mend(talk: Talk, told: str) -> None:
    line = refused(talk, api_key=KEY)
    assert told in line
    assert KEY not in line


def test_a_list_that_does_not_come_in_time_is_told() -> None:
    assert "does not answer in time" in refused(dripping(b"HTTP/1.1 200 OK\r\n", b"X-Drop: 1\r\n"), timeout=0.2)


def test_a_document_without_its_overlay_does_not_say_how_to_list() -> None:
    operation = load(PINNED).operations[0]
    told = r"no overlay says how GET .* lists its resources; add x-official-sdk, or name resources by --job-ids FILE"
    session = GuardedSession("http://127.0.0.1:1", [operation], lambda exchange: None)
    with session, pytest.raises(ConfigurationError, match=told):
        discover(session, operation, 5)
