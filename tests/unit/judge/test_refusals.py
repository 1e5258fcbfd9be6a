"""Refusals before the operation: which ids may be refused, by which answers, and what that never excuses."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from contracts.http.exchange import Exchange, Failure, Response
from contracts.judge.checks import judge
from contracts.judge.refusals import ID_CLASSES, MADE_UP, Refusal, excuse, id_classes
from contracts.judge.violation import Violation
from contracts.openapi import Operation
from tests.support.tiny import answer, document_of, exchange_of

NOT_FOUND = {"description": "", "content": {"application/json": {"schema": {"type": "object", "required": ["why"]}}}}
(OPERATION,) = document_of().operations
(TELLING,) = document_of(responses={"200": {"description": ""}, "404": NOT_FOUND}).operations
HTML = answer(404, b"<p>", media_type="text/html; charset=utf-8")

STRANGE = {
    "\0": "a control character",
    "a\n": "a control character",
    "\x7f": "a control character",
    "\x85": "a control character",
    "\udcff": "bytes that are not UTF-8",
    "a/b": "a slash",
    "job/": "a slash",
    "a\\b": "a backslash",
    "a/../b": "dot segments",
    "..\\windows": "dot segments",
    "{id}": "braces",
    "a}": "braces",
    "<script>": "what a firewall takes for an attack",
    "' OR '1'='1": "what a firewall takes for an attack",
    "1; SELECT 1 --": "what a firewall takes for an attack",
    "$(id)": "what a firewall takes for an attack",
    "`id`": "what a firewall takes for an attack",
    "x" * 101: "more than 100 characters",
}

ORDINARY = (
    *("job-01", "JOB-01", "job-01 ", " job-01", "job 01", "job-1", "x" * 100, "木" * 100, "...", "a..b", ".hidden"),
    *("'", '"', "o'neill", "%", "%00", "%2F", "%2e%2e%2f", "100%", "a%20b", "; ? # & = +", "*", "null", "SELECT", "or"),
    *(
        "é",
        "e\u0301",
        "שלום",
        "日本語",
        "🙂",
        "👩\u200d👧",
        "\u200b",
        "\u202eabc",
        "\u2028",
        "\ufeff",
        "\ufffd",
        "\uffff",
    ),
    *("\u0600", "\U000e0001", "\u00ad", "ﷺ", "$", "`", "|", "^", "[]", "~"),
)

STATUSES = (301, 302, 303, 307, 308, 400, 403, 404, 405, 414, 431)


def left(operation: object, outcome: Response | Failure, name: str, exists: bool | None = None) -> list[str]:
    exchange = exchange_of(operation, outcome, name, exists=exists)  # type: ignore[arg-type]
    return sorted(each.rule for each in excuse(exchange, judge(exchange.operation, exchange))[1])


@pytest.mark.parametrize(("name", "words"), STRANGE.items())
def test_a_strange_id_is_recognised(name: str, words: str) -> None:
    assert id_classes((name,))[0] == words
    assert id_classes(("one", name))[0] == words


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_id_is_of_no_class_and_its_refusal_is_never_excused(name: str) -> None:
    assert id_classes((name,)) == ()
    for status in STATUSES:
        assert left(OPERATION, answer(status), name) == ["status.undocumented"]


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("status", STATUSES)
def test_a_refusal_of_a_strange_id_is_excused(name: str, status: int) -> None:
    assert left(OPERATION, answer(status), name) == []


@pytest.mark.parametrize("each", ID_CLASSES, ids=lambda each: each.words)
def test_the_example_of_a_class_is_of_it(each: object) -> None:
    assert each.words in id_classes((each.example,))  # type: ignore[attr-defined]


def test_the_body_and_type_of_an_intermediary_are_excused_where_the_document_describes_the_status() -> None:
    assert left(TELLING, HTML, "a/b") == []
    assert left(TELLING, answer(404, {}), "a/b") == []
    assert left(TELLING, HTML, "a-b") == ["content-type.undocumented"]


def test_an_answer_that_the_document_promises_is_no_refusal() -> None:
    exchange = exchange_of(TELLING, answer(404, {"why": "gone"}), "a/b")
    assert excuse(exchange, judge(TELLING, exchange)) == (None, set())


@pytest.mark.parametrize("status", [201, 304, 401, 406, 410, 418, 422, 500, 501, 503])
def test_another_status_is_never_excused(status: int) -> None:
    rule = "status.server-error" if status >= 500 else "status.undocumented"
    assert left(OPERATION, answer(status), "a/b") == [rule]


def test_an_id_that_is_known_to_exist_is_never_refused_rightly() -> None:
    assert left(OPERATION, answer(404), "a/b", exists=True) == ["status.known-resource"]


@pytest.mark.parametrize(
    ("name", "excused"), [("x" * 101, True), ("x" * 100, False), ("\0", False), ("a/b", False), ("/" + "x" * 99, False)]
)
def test_a_closed_connection_refuses_over_long_ids_alone(name: str, excused: bool) -> None:
    for kind in ("reset", "closed"):
        assert left(OPERATION, Failure(kind, "gone"), name) == ([] if excused else [f"transport.{kind}"])


@pytest.mark.parametrize("kind", ["timeout", "cut", "not-http", "coding", "oversized", "failed"])
def test_another_failure_is_never_excused(kind: str) -> None:
    assert left(OPERATION, Failure(kind, "broken"), "x" * 101) == [f"transport.{kind}"]


def test_the_framing_of_a_refusal_is_judged() -> None:
    message = b"HTTP/1.1 404 Not Found\r\nX-Broken : 1\r\nContent-Length: 0\r\n\r\n"
    assert left(OPERATION, dataclasses.replace(HTML, message=message), "a/b") == ["framing.head"]


def test_a_refusal_names_status_media_type_and_product() -> None:
    def refusal(*fields: tuple[str, str]) -> Refusal | None:
        exchange = exchange_of(OPERATION, answer(400, b"<p>", *fields, media_type="Text/HTML; charset=x"), "\0/")
        return excuse(exchange, judge(OPERATION, exchange))[0]

    classes = ("a control character", "a slash")
    assert refusal(("Server", "nginx/1.22.1 (Debian)")) == Refusal(classes, "400", "text/html", "nginx")
    assert refusal(("Via", "1.1 varnish (Varnish/7.1)")) == Refusal(classes, "400", "text/html", "varnish")
    assert refusal() == Refusal(classes, "400", "text/html", "")
    bare = exchange_of(OPERATION, answer(400, media_type=None), "\0/")
    assert excuse(bare, judge(OPERATION, bare))[0] == Refusal(classes, "400", "", "")


UNDOCUMENTED = Violation("status.undocumented", 400, "status", "#/paths")


def asked(operation: Operation, outcome: Response | Failure, name: str, **request: Any) -> Exchange:
    exchange = exchange_of(operation, outcome, name)
    return dataclasses.replace(exchange, request=dataclasses.replace(exchange.request, **request))


@pytest.mark.parametrize(
    "request_", [{"exists": True}, {"method": "POST"}, {"exists": True, "method": "POST"}], ids=str
)
def test_what_exists_and_what_does_not_read_is_never_refused_for_its_id(request_: dict[str, Any]) -> None:
    exchange = asked(OPERATION, answer(400), "a/b", **request_)
    assert excuse(exchange, {UNDOCUMENTED}) == (None, {UNDOCUMENTED})


def test_made_up_values_may_be_refused_by_a_status_that_the_document_does_not_have() -> None:
    exchange = asked(OPERATION, answer(409, {}), "a-b", made_up=True)
    assert excuse(exchange, {UNDOCUMENTED}) == (Refusal((MADE_UP,), "409", "application/json"), set())
    strange = asked(OPERATION, answer(400, {}), "a/b", made_up=True)
    assert excuse(strange, {UNDOCUMENTED}) == (Refusal(("a slash", MADE_UP), "400", "application/json"), set())


@pytest.mark.parametrize(("status", "request_"), [(404, {}), (409, {"method": "POST"}), (401, {}), (429, {})], ids=str)
def test_made_up_values_excuse_neither_what_is_documented_nor_what_is_of_the_caller(
    status: int, request_: dict[str, Any]
) -> None:
    exchange = asked(TELLING, answer(status, {}), "a-b", made_up=True, **request_)
    assert excuse(exchange, {UNDOCUMENTED}) == (None, {UNDOCUMENTED})


def test_a_refusal_that_explains_no_violation_is_none() -> None:
    message = b"HTTP/1.1 404 Not Found\r\nX-Broken : 1\r\nContent-Length: 0\r\n\r\n"
    exchange = exchange_of(TELLING, dataclasses.replace(answer(404, {"why": "gone"}), message=message), "a/b")
    refusal, others = excuse(exchange, judge(TELLING, exchange))
    assert refusal is None
    assert [each.rule for each in others] == ["framing.head"]
