"""Methods that the document does not have: what a refusal must say, and the one session that sends them."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from contracts.checks import judge
from contracts.exchange import Exchange, Failure, Response
from contracts.methods import PROBED, undocumented
from contracts.mock import refusal
from contracts.probing import ProbingSession
from contracts.session import ForbiddenRequest
from contracts.tally import Judge
from contracts.wording import curl, violation_line
from tests.unit.talking import KEY, http, peer, saying
from tests.unit.tiny import answer, document_at, document_of, exchange_of

DOCUMENT = document_of()
OPERATION = DOCUMENT.operations[0]
ROOT = Path(__file__).parents[2]


def tried(method: str, outcome: Response | Failure, *, exists: bool | None = True, operation: Any = OPERATION) -> Any:
    exchange = exchange_of(operation, outcome, exists=exists)
    return Exchange(operation, replace(exchange.request, method=method), outcome)


def told(*given: Any, **more: Any) -> list[str]:
    exchange = tried(*given, **more)
    return [violation_line(each) for each in judge(exchange.operation, exchange)]


def refused(allow: str | None) -> Response:
    return answer(405, {}, *((("Allow", allow),) if allow is not None else ()))


ALLOWING = ["GET", "GET, HEAD", "HEAD,GET", "OPTIONS , GET\t, HEAD", "GET, , HEAD", "GET, PURGE"]


@pytest.mark.parametrize("allow", ALLOWING)
@pytest.mark.parametrize("method", PROBED)
def test_a_refusal_that_names_what_is_documented_keeps_the_promise(method: str, allow: str) -> None:
    assert told(method, refused(allow)) == []


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (answer(200, {}), "method.not-refused at status: expected 405 to DELETE, got 200"),
        (answer(204, media_type=None), "method.not-refused at status: expected 405 to DELETE, got 204"),
        (answer(404, {}), "method.not-refused at status: expected 405 to DELETE, got 404"),
        (answer(401, {}), "method.not-refused at status: expected 405 to DELETE, got 401"),
        (answer(501, {}), "method.not-refused at status: expected 405 to DELETE, got 501"),
        (refused(None), "method.allow-missing at header Allow of 405: expected GET, got nothing"),
        (refused(""), 'method.allow-wrong at header Allow of 405: expected GET, got ""'),
        (refused("get"), 'method.allow-wrong at header Allow of 405: expected GET, got "get"'),
        (refused("GET\xa0"), 'method.allow-wrong at header Allow of 405: expected GET, got "GET\\u00a0"'),
        (refused("XGET"), 'method.allow-wrong at header Allow of 405: expected GET, got "XGET"'),
        (refused("GETS;HEAD"), 'method.allow-wrong at header Allow of 405: expected GET, got "GETS;HEAD"'),
        (
            refused("GET, DELETE"),
            'method.allow-wrong at header Allow of 405: expected GET without DELETE, got "GET, DELETE"',
        ),
        (
            Failure("reset", "gone"),
            "transport.reset at transport: expected an answer before the connection ends, got gone",
        ),
    ],
)
def test_any_other_answer_is_told_by_what_is_wrong_with_it(outcome: Response | Failure, line: str) -> None:
    assert told("DELETE", outcome) == [line]


@pytest.mark.parametrize("status", [404, 410])
def test_what_nobody_knows_to_exist_may_be_refused_as_absent(status: int) -> None:
    assert told("PUT", answer(status, {}), exists=None) == []
    assert len(told("PUT", answer(status, {}), exists=True)) == 1


def test_without_a_key_a_refusal_for_want_of_one_says_nothing_of_the_method() -> None:
    assert told("TRACE", answer(401, {})) == []


def test_two_methods_that_are_taken_are_two_violations_and_one_wrong_field_is_one() -> None:
    taken = [judge(OPERATION, tried(method, answer(200, {})))[0] for method in ("PUT", "DELETE")]
    assert taken[0].identity != taken[1].identity
    wrong = [judge(OPERATION, tried(method, refused(f"GET, {method}")))[0] for method in ("PUT", "DELETE")]
    assert wrong[0].identity == wrong[1].identity
    (lacking,) = judge(OPERATION, tried("PUT", refused("HEAD")))
    (missing,) = judge(OPERATION, tried("PUT", refused(None)))
    assert [(each.cause, each.actual) for each in (wrong[0], lacking, missing)] == [
        ("refused", '"GET, PUT"'),
        ("lacking", '"HEAD"'),
        ("", ""),
    ]
    assert {each.document for each in (wrong[0], lacking, missing)} == {OPERATION.pointer}


SEVERAL = {"get": {"responses": {"200": {"description": ""}}}, "post": {"responses": {}}, "delete": {"responses": {}}}


def test_what_the_document_has_for_the_path_is_not_probed_and_must_be_allowed() -> None:
    document = document_at({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/a": SEVERAL}})
    (operation,) = document.operations
    assert operation.methods == ("GET", "POST", "DELETE")
    assert undocumented(operation) == ("TRACE", "PATCH", "PUT")
    assert told("PUT", refused("GET, POST, DELETE"), operation=operation) == []
    (line,) = told("PUT", refused("GET"), operation=operation)
    assert line == 'method.allow-wrong at header Allow of 405: expected GET, POST, DELETE, got "GET"'
    assert told("PUT", refusal(operation, "PUT"), operation=operation) == []


def test_a_probe_says_nothing_of_what_the_document_promises() -> None:
    judged = Judge(lambda exchange: ["a second opinion"])
    judged(tried("POST", answer(200, {"a": 1})))
    judged(tried("POST", refused("GET")))
    tally = judged.tally
    assert (tally.probes, tally.answers) == ({"POST 200": 1, "POST 405": 1}, {"200": 1, "405": 1})
    assert not any((tally.granted, tally.shown, tally.times, tally.plain, tally.differences))
    assert [each.violation.rule for each in tally.found] == ["method.not-refused"]


def test_the_command_that_asks_again_names_the_method_and_no_key_for_trace() -> None:
    commands = {}
    for method in ("DELETE", "TRACE"):
        judged = Judge()
        judged(tried(method, answer(200, {})))
        commands[method] = curl(judged.tally.found[0].witness, keyed=True)
    assert commands == {
        "DELETE": 'curl -sS -i -X DELETE -H "x-api-key: $SGP_API_KEY" http://127.0.0.1:1/things/one',
        "TRACE": "curl -sS -i -X TRACE http://127.0.0.1:1/things/one",
    }


@contextmanager
def probing(**options: Any) -> Any:
    exchanges: list[Exchange] = []
    with peer(saying(http(b"", "Allow: GET", status="405 No"))) as made:
        operations = DOCUMENT.operations
        with ProbingSession(made.url, operations, exchanges.append, **options) as session:
            yield session, made, exchanges


@pytest.mark.parametrize("method", PROBED)
def test_a_session_made_for_probing_sends_the_method_without_a_body(method: str) -> None:
    with probing(api_key=KEY) as (session, made, exchanges):
        session.try_method(method, OPERATION, {"thing": "a/b"})
    (request,) = made.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(f"{method} /things/a%2Fb HTTP/1.1\r\n".encode())
    assert body == b""
    assert set(re.findall(rb"(?im)^content-length: *(\d+)", head)) <= {b"0"}
    assert b"transfer-encoding" not in head.lower()
    assert (f"x-api-key: {KEY}".encode() in head) == (method != "TRACE")
    assert exchanges[0].request.method == method
    assert KEY not in repr(exchanges)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "QUERY", "CONNECT"])
def test_a_session_made_for_probing_sends_nothing_else(method: str) -> None:
    with probing() as (session, made, exchanges):
        with pytest.raises(ForbiddenRequest):
            session.try_method(method, OPERATION, {"thing": "one"})
        assert (made.connections, exchanges) == (0, [])


def test_a_session_made_for_probing_sends_no_body_and_to_no_other_host() -> None:
    with probing() as (session, made, _):
        with pytest.raises(ForbiddenRequest):
            session.post(made.url + "/things/one", json={})
        with pytest.raises((ForbiddenRequest, requests.RequestException)):
            session.delete("http://other.invalid/things/one")
        assert made.connections == 0


def test_a_method_that_may_do_harm_is_never_sent_twice() -> None:
    def closing(connection: Any, made: Any) -> None:
        connection.recv(65536)
        made.requests.append(b"")

    exchanges: list[Exchange] = []
    with peer(closing) as made, ProbingSession(made.url, DOCUMENT.operations, exchanges.append) as session:
        for method in PROBED:
            session.try_method(method, OPERATION, {"thing": "one"})
    assert len(made.requests) == len(exchanges) == len(PROBED)


def test_nothing_but_the_option_makes_such_a_session() -> None:
    sources = [ROOT / "conftest.py", *ROOT.glob("contracts/**/*.py"), *ROOT.glob("strategies/**/*.py")]
    made = [file.name for file in sources if re.search(r"(?<!class )ProbingSession\(", file.read_text("utf-8"))]
    assert made == ["conftest.py"]
    sends = [file.name for file in sources if re.search(r"(?m)^    methods\b.*= frozenset", file.read_text("utf-8"))]
    assert sorted(sends) == ["probing.py", "session.py"]
