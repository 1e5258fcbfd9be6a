"""Exchanges as values: they are read back from JSON as they were written."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.http.exchange import Exchange, Failure, Request, Response, request_id
from tests.support.tiny import answer, document_of, exchange_of

(OPERATION,) = document_of().operations
pairs = st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=3).map(tuple)
outcomes = st.one_of(
    st.builds(Response, st.integers(100, 599), pairs, st.one_of(st.binary(), st.text().map(str.encode))),
    st.builds(Failure, st.sampled_from(["reset", "timeout"]), st.text(st.characters())),
)


@given(
    outcome=outcomes,
    previous=st.lists(outcomes, max_size=2).map(tuple),
    thing=st.sampled_from(["a", "\udcff", "/", "é"]),
    exists=st.sampled_from([True, False, None]),
    times=st.tuples(st.floats(0, 1e10), st.floats(0, 100)),
)
def test_an_exchange_is_read_back_from_its_json(
    outcome: Response | Failure,
    previous: tuple[Response | Failure, ...],
    thing: str,
    exists: bool | None,
    times: tuple[float, float],
) -> None:
    exchange = exchange_of(OPERATION, outcome, thing, exists=exists, headers=(("Prefer", "code=422"),))
    exchange = dataclasses.replace(exchange, previous_attempts=previous, at=times[0], seconds=times[1])
    data = json.loads(json.dumps(exchange.to_json()))
    assert Exchange.from_json(data, {OPERATION.path: OPERATION}) == exchange


def test_the_json_of_an_exchange_names_every_part_of_it() -> None:
    accept = (("Accept", "application/json"),)
    request = Request("http://h/a%2Fb", (("thing", "a/b"),), False, (("Prefer", "code=422"),), "PUT", negotiated=accept)
    fields = (("Content-Type", "text/plain"),)
    earlier = (Failure("reset", "gone"), Response(503, fields, b"\xff"))
    exchange = Exchange(OPERATION, request, Response(200, fields, b"ok"), 0.5, 9.0, earlier)
    data = {
        "operation": "/things/{thing}",
        "request": {
            "method": "PUT",
            "url": "http://h/a%2Fb",
            "parameters": {"thing": "a/b"},
            "headers": [["Prefer", "code=422"]],
            "negotiated": [["Accept", "application/json"]],
            "exists": False,
            "trace": "",
        },
        "outcome": {"status": 200, "headers": [["Content-Type", "text/plain"]], "body": "ok"},
        "seconds": 0.5,
        "at": 9.0,
        "previous_attempts": [
            {"kind": "reset", "detail": "gone"},
            {"status": 503, "headers": [["Content-Type", "text/plain"]], "body_base64": "/w=="},
        ],
    }
    assert exchange.to_json() == data
    assert Exchange.from_json(data, {OPERATION.path: OPERATION}) == exchange


def test_what_few_requests_have_is_in_their_json_alone() -> None:
    pairs = (("a/b", "c"), ("d", "e"))
    request = Request("http://h/", (), None, (), "GET", pairs, made_up=True, trace="00-5f-3a-01")
    data = request.to_json()
    assert data == {
        "method": "GET",
        "url": "http://h/",
        "parameters": {},
        "headers": [],
        "negotiated": [],
        "exists": None,
        "together": [["a/b", "c"], ["d", "e"]],
        "made_up": True,
        "trace": "00-5f-3a-01",
    }
    read = Request.from_json(json.loads(json.dumps(data)))
    assert (read, read.trace) == (request, "00-5f-3a-01")


def test_a_request_is_read_back_though_its_json_has_neither_companions_nor_a_trace() -> None:
    data: dict[str, object] = {"method": "GET", "url": "http://h/", "parameters": {}, "exists": None}
    read = Request.from_json({**data, "headers": [], "negotiated": [["Accept", "text/html"], ["X-Tenant", "7"]]})
    assert (read.together, read.made_up, read.trace) == ((), False, "")
    assert read.negotiated == (("Accept", "text/html"), ("X-Tenant", "7"))


def test_a_body_is_kept_as_text_if_it_is_utf_8_and_as_base64_otherwise() -> None:
    assert answer(200, "é".encode()).to_json()["body"] == "é"
    assert answer(200, b"\xff").to_json()["body_base64"] == "/w=="


def test_an_exchange_of_an_unknown_operation_is_not_read() -> None:
    with pytest.raises(LookupError):
        Exchange.from_json(exchange_of(OPERATION, answer(200)).to_json(), {})


@pytest.mark.parametrize(("status", "ok"), [(199, False), (200, True), (299, True), (300, False)])
def test_a_response_is_ok_if_its_status_is_2xx(status: int, ok: bool) -> None:
    assert answer(status).ok is ok


FIELDS = (("Vary", "Accept"), ("X-Tag", "a"), ("vARY", "Cookie, Origin"), ("Empty", ""))


@pytest.mark.parametrize(
    ("name", "value"), [("vary", "Accept, Cookie, Origin"), ("x-tag", "a"), ("empty", ""), ("tag", None)]
)
def test_the_fields_of_one_name_are_one_value_joined_by_commas(name: str, value: str | None) -> None:
    assert Response(200, FIELDS, b"").header(name) == value


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ((), ""),
        ((("Content-Type", "text/plain"),), ""),
        ((("X-Request-Id", ""),), ""),
        ((("CF-Ray", "9"), ("x-REQUEST-id", "5f3a"), ("Request-Id", "1")), "x-REQUEST-id: 5f3a"),
        ((("X-Request-Id", ""), ("CF-Ray", "9")), "CF-Ray: 9"),
    ],
    ids=str,
)
def test_a_request_is_named_by_the_most_telling_field_that_has_a_value(
    fields: tuple[tuple[str, str], ...], named: str
) -> None:
    assert request_id(Response(200, fields, b"")) == named
