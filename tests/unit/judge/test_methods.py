"""Methods that the document does not have: what a refusal must say, and the one session that sends them."""

from __future__ import annotations

import ast
import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from contracts.http.exchange import PROBED_METHODS, Exchange, Failure, Response, undocumented_methods
from contracts.http.session import ForbiddenRequest
from contracts.judge.checks import judge
from contracts.openapi.credential import Credential
from contracts.reports.curl import curl
from contracts.reports.messages import violation_line
from contracts.run.observer import Observer
from strategies.answers import refusal
from tests.support.talking import KEY, guarded_session, http, peer, saying
from tests.support.tiny import answer, document_at, document_of, exchange_of
from tests.support.verdicts import run_on

DOCUMENT = document_of()
OPERATION = DOCUMENT.operations[0]
ROOT = Path(__file__).parents[3]


def tried(method: str, outcome: Response | Failure, *, exists: bool | None = True, operation: Any = OPERATION) -> Any:
    exchange = exchange_of(operation, outcome, exists=exists)
    return Exchange(operation, replace(exchange.request, method=method), outcome)


def reported(*given: Any, **more: Any) -> list[str]:
    exchange = tried(*given, **more)
    return [violation_line(each) for each in judge(exchange.operation, exchange)]


def refused(allow: str | None) -> Response:
    return answer(405, {}, *((("Allow", allow),) if allow is not None else ()))


ALLOWING = ["GET", "GET, HEAD", "HEAD,GET", "OPTIONS , GET\t, HEAD", "GET, , HEAD", "GET, PURGE"]


@pytest.mark.parametrize("allow", ALLOWING)
@pytest.mark.parametrize("method", PROBED_METHODS)
def test_a_refusal_that_lists_the_documented_methods_conforms(method: str, allow: str) -> None:
    assert reported(method, refused(allow)) == []


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
def test_any_other_response_is_reported_by_its_fault(outcome: Response | Failure, line: str) -> None:
    assert reported("DELETE", outcome) == [line]


@pytest.mark.parametrize("status", [404, 410])
def test_a_resource_not_known_to_exist_may_be_refused_as_absent(status: int) -> None:
    assert reported("PUT", answer(status, {}), exists=None) == []
    assert len(reported("PUT", answer(status, {}), exists=True)) == 1


def test_a_request_without_a_key_may_be_rejected_before_its_method() -> None:
    assert reported("TRACE", answer(401, {})) == []


def test_two_methods_that_are_taken_are_two_violations_and_one_wrong_field_is_one() -> None:
    taken = [judge(OPERATION, tried(method, answer(200, {})))[0] for method in ("PUT", "DELETE")]
    assert taken[0].identity != taken[1].identity
    wrong = [judge(OPERATION, tried(method, refused(f"GET, {method}")))[0] for method in ("PUT", "DELETE")]
    assert wrong[0].identity == wrong[1].identity
    (lacking,) = judge(OPERATION, tried("PUT", refused("HEAD")))
    (missing,) = judge(OPERATION, tried("PUT", refused(None)))
    assert [(each.variant, each.actual) for each in (wrong[0], lacking, missing)] == [
        ("refused", '"GET, PUT"'),
        ("lacking", '"HEAD"'),
        ("", ""),
    ]
    assert {each.pointer for each in (wrong[0], lacking, missing)} == {OPERATION.pointer}


SEVERAL = {"get": {"responses": {"200": {"description": ""}}}, "post": {"responses": {}}, "delete": {"responses": {}}}


def test_documented_methods_are_not_probed_and_must_be_in_allow() -> None:
    document = document_at({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/a": SEVERAL}})
    (operation,) = document.operations
    assert operation.methods == ("GET", "POST", "DELETE")
    assert undocumented_methods(operation) == ("TRACE", "PATCH", "PUT")
    assert reported("PUT", refused("GET, POST, DELETE"), operation=operation) == []
    (line,) = reported("PUT", refused("GET"), operation=operation)
    assert line == 'method.allow-wrong at header Allow of 405: expected GET, POST, DELETE, got "GET"'
    assert reported("PUT", refusal(operation, "PUT"), operation=operation) == []


def test_a_probe_says_nothing_of_what_the_document_promises() -> None:
    judged = Observer(lambda exchange: ["a second opinion"])
    judged(tried("POST", answer(200, {"a": 1})))
    judged(tried("POST", refused("GET")))
    tally = judged.tally
    assert (tally.probes, tally.answers) == ({"POST 200": 1, "POST 405": 1}, {"200": 1, "405": 1})
    assert not any((tally.successes, tally.observations, tally.times, tally.plain_answers, tally.differing))
    assert [each.violation.rule for each in tally.found] == ["method.not-refused"]


def test_the_command_that_asks_again_names_the_method_and_no_key_for_trace() -> None:
    run = run_on(DOCUMENT, sent=(Credential("x-api-key", "SGP_API_KEY"),))
    commands = {}
    for method in ("DELETE", "TRACE"):
        judged = Observer()
        judged(tried(method, answer(200, {})))
        commands[method] = curl(judged.tally.found[0].witness, run)
    assert commands == {
        "DELETE": 'curl -sS -i -X DELETE -H "x-api-key: $SGP_API_KEY" http://127.0.0.1:1/things/one',
        "TRACE": "curl -sS -i -X TRACE http://127.0.0.1:1/things/one",
    }


@contextmanager
def probing(**options: Any) -> Any:
    exchanges: list[Exchange] = []
    with peer(saying(http(b"", "Allow: GET", status="405 No"))) as made:
        operations = DOCUMENT.operations
        with guarded_session(made.url, operations, exchanges.append, probes=True, **options) as session:
            yield session, made, exchanges


@pytest.mark.parametrize("method", PROBED_METHODS)
def test_a_session_for_probing_sends_the_method_without_a_body(method: str) -> None:
    with probing(api_key=KEY) as (session, made, exchanges):
        session.ask(OPERATION, {"thing": "a/b"}, method=method)
    (request,) = made.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(f"{method} /things/a%2Fb HTTP/1.1\r\n".encode())
    assert body == b""
    assert set(re.findall(rb"(?im)^content-length: *(\d+)", head)) <= {b"0"}
    assert b"transfer-encoding" not in head.lower()
    assert (f"x-api-key: {KEY}".encode() in head) == (method != "TRACE")
    assert exchanges[0].request.method == method
    assert KEY not in repr(exchanges)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "QUERY", "CONNECT"])
def test_a_session_for_probing_sends_no_other_method(method: str) -> None:
    with probing() as (session, made, exchanges):
        with pytest.raises(ForbiddenRequest):
            session.ask(OPERATION, {"thing": "one"}, method=method)
        assert (made.connections, exchanges) == (0, [])


def test_a_session_for_probing_sends_no_body_and_to_no_other_host() -> None:
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
    with (
        peer(closing) as made,
        guarded_session(made.url, DOCUMENT.operations, exchanges.append, probes=True) as session,
    ):
        for method in PROBED_METHODS:
            session.ask(OPERATION, {"thing": "one"}, method=method)
    assert len(made.requests) == len(exchanges) == len(PROBED_METHODS)


def test_only_the_option_makes_a_session_for_probing() -> None:
    sources = [ROOT / "conftest.py", *ROOT.glob("contracts/**/*.py"), *ROOT.glob("strategies/**/*.py")]
    made = [
        (file.name, ast.unparse(keyword.value))
        for file in sources
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        # A verdict has a field of the same name.
        if isinstance(call, ast.Call) and ast.unparse(call.func) != "Verdict"
        for keyword in call.keywords
        if keyword.arg == "probes"
    ]
    assert made == [("settings.py", "bool(options['probe_methods'])")]


@pytest.mark.parametrize("method", PROBED_METHODS)
def test_a_session_without_the_option_sends_only_get(method: str) -> None:
    with peer(saying(http(b""))) as made, guarded_session(made.url, DOCUMENT.operations, repr) as session:
        with pytest.raises(ForbiddenRequest):
            session.ask(OPERATION, {"thing": "one"}, method=method)
        assert made.connections == 0
