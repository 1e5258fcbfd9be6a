"""The words for people: every rule in one readable line, a command that repeats a request, and the verdict."""

from __future__ import annotations

import dataclasses
import json
import shlex
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.judge.violation import Violation
from contracts.openapi.credential import Credential
from contracts.reports.curl import curl
from contracts.reports.messages import WIDTH, violation_line
from contracts.rules import RULES
from contracts.verdict.witness import Witness
from tests.support.pet_verdicts import CREDENTIALS, PET_KEY, PET_OWNER, witness
from tests.support.tiny import answer, document_of, exchange_of
from tests.support.verdicts import run_on

LONG = json.dumps("x" * 500)


def violation(rule: str, place: str = "body", status: int = 200, **data: Any) -> Violation:
    return Violation(rule, status, place, "#/x", **data)


LINES = [
    (
        violation("schema.type", "body/a/0", expected='"object"', actual="[]", variant="array", branch="CAT"),
        "schema.type at /a/0 of 200 (CAT): expected object, got array []",
    ),
    (
        violation("schema.type", expected='["string", "null"]', actual="5"),
        "schema.type at body of 200: expected string or null, got integer 5",
    ),
    (
        violation("schema.type", "body/a", expected='"string"', actual="null"),
        "schema.type at /a of 200: expected string, got null",
    ),
    (
        violation("schema.enum", "body/s", expected='["ON", "OFF", 1]', actual='"on"', suggestion="ON"),
        'schema.enum at /s of 200: expected "ON", "OFF" or 1, got "on"; did it mean "ON"?',
    ),
    (
        violation("schema.required", "body/a~1b", 422),
        "schema.required at /a~1b of 422: expected the property, got nothing",
    ),
    (
        violation("schema.format", "body/t", expected='"date-time"', actual='"now"'),
        'schema.format at /t of 200: expected format "date-time", got "now"',
    ),
    (violation("schema.false", "body/a", actual="5"), "schema.false at /a of 200: expected nothing, got 5"),
    (
        violation("schema.anyOf", "body/loc/1", expected='["string", "integer"]', actual="1.5"),
        "schema.anyOf at /loc/1 of 200: expected string or integer, got number 1.5",
    ),
    (
        violation("schema.oneOf", expected='"a single alternative, not oneOf/0 and oneOf/2 alike"', actual="3"),
        "schema.oneOf at body of 200: expected a single alternative, not oneOf/0 and oneOf/2 alike, got integer 3",
    ),
    (
        violation("union.tag-missing", "body/pet/kind", expected='["CAT", "DOG"]'),
        'union.tag-missing at /pet/kind of 200: expected "CAT" or "DOG", got nothing',
    ),
    (
        violation("union.tag-unknown", "body/kind", expected='["CAT"]', actual='"cat"', suggestion="CAT"),
        'union.tag-unknown at /kind of 200: expected "CAT", got "cat"; did it mean "CAT"?',
    ),
    (
        violation("json.malformed", "body@17", actual="\"Expecting value: 'x'\""),
        "json.malformed at byte 17 of 200: expected JSON text, got Expecting value: 'x'",
    ),
    (
        violation("json.duplicate-name", "body/a", actual='"b"'),
        "json.duplicate-name at /a of 200: expected each name once, got b",
    ),
    (
        violation("status.undocumented", "status", 302, expected='["200", "4XX"]', actual="302"),
        "status.undocumented at status: expected 200 or 4XX, got 302",
    ),
    (
        violation("content-type.undocumented", "header Content-Type", expected='["a/b", "c/d"]', actual='"x/y"'),
        'content-type.undocumented at header Content-Type of 200: expected a/b or c/d, got "x/y"',
    ),
    (
        violation("header.missing", "header X-A"),
        "header.missing at header X-A of 200: expected the header, got nothing",
    ),
    (
        violation("overlay.equals", "body/id", expected='"a"', actual='"b"'),
        'overlay.equals at /id of 200: expected "a" as asked for, got "b"',
    ),
    (
        violation("overlay.final", "body/s", expected='"END"', actual='"RUN"'),
        'overlay.final at /s of 200: expected "END", which is final, got "RUN"',
    ),
    (
        violation("overlay.immutable", "body/s", expected='"a"'),
        'overlay.immutable at /s of 200: expected "a" as before, got nothing',
    ),
    (
        violation("transport.refused", "transport", 0, actual='"no"'),
        "transport.refused at transport: expected a connection, got no",
    ),
    (violation("body.missing", expected='["a/b"]'), "body.missing at body of 200: expected a/b, got nothing"),
    (
        violation("framing.head", "head", 0, actual='"X-A : 1"', variant="blank-before-colon"),
        'framing.head at head: expected no blank before the colon, got "X-A : 1"',
    ),
    (
        violation("framing.head", "head", 0, actual='"LF without CR"', variant="line-end"),
        "framing.head at head: expected lines that end with CR and LF, got LF without CR",
    ),
    (
        violation("framing.length", "head", 0, actual='"Content-Length: 5, 6"', variant="differing"),
        'framing.length at head: expected one length, got "Content-Length: 5, 6"',
    ),
    (
        violation("framing.length", "head", 0, actual='"Content-Length: 5 beside Transfer-Encoding"', variant="both"),
        (
            "framing.length at head: expected Content-Length or Transfer-Encoding, not both, "
            "got Content-Length: 5 beside Transfer-Encoding"
        ),
    ),
    (
        violation("framing.surplus", "message", 0, actual='"HTTP/1.1"'),
        'framing.surplus at message: expected nothing behind the end of the answer, got "HTTP/1.1"',
    ),
    (
        violation("framing.body", "message", 0, actual='"{}"', variant="body"),
        'framing.body at message: expected no body, for HTTP allows none with this status, got "{}"',
    ),
    (
        violation("content-encoding.unasked", "header Content-Encoding", expected='["a", "b"]', actual='"c"'),
        'content-encoding.unasked at header Content-Encoding of 200: expected no content coding but a or b, got "c"',
    ),
    (
        violation("overlay.swapped", expected='"a"', actual='"b"'),
        (
            'overlay.swapped at body of 200: expected the answer of "a", got that of "b":'
            " answers to requests in flight at the same time were mixed up"
        ),
    ),
    (
        violation("overlay.alias", "status", expected='["422"]', actual='"x1"', variant="zeros"),
        'overlay.alias at status: expected 422, got the answer of "x1" (the ids differ by leading zeros)',
    ),
    (
        violation("overlay.unknown-resource", "status", expected='["404", "422"]', actual="200"),
        "overlay.unknown-resource at status: expected 404 or 422 for a resource that does not exist, got 200",
    ),
    (
        violation("json.byte-order-mark", "body@0", actual='"EF BB BF"'),
        "json.byte-order-mark at byte 0 of 200: expected no byte order mark, got EF BB BF",
    ),
]


@pytest.mark.parametrize(("broken", "line"), LINES, ids=[row[0].rule for row in LINES])
def test_a_violation_line_has_rule_place_expected_and_actual_value(broken: Violation, line: str) -> None:
    assert violation_line(broken) == line


SPOKEN = ("body.", "flaky.transport", "framing.", "json.", "transport.")
"""Rules whose actual value are words of the harness, not a value of the response."""


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_makes_one_line_of_limited_length(rule: str) -> None:
    values = ['"text"', LONG] if rule.startswith(SPOKEN) else ["null", "[1]", '"text"', LONG, "NaN"]
    for expected in ("", "[]", "5", '["a", "b"]', '"text"', '{"a": 1}', "null", LONG):
        for actual in ("", *values):
            line = violation_line(violation(rule, expected=expected, actual=actual, suggestion="n", branch="B"))
            assert line.splitlines() == [line]
            assert line.startswith(f"{rule} at ")
            assert ": expected " in line
            assert "not valid under any" not in line
            assert "None" not in line
            # A value of the document is shown in full, a value of a response is cut.
            assert len(line.rsplit(", got ", 1)[1]) < WIDTH + 110


@given(st.text(st.characters()), st.text(st.characters()))
def test_a_response_can_neither_break_the_line_nor_steer_the_terminal(name: str, value: str) -> None:
    broken = violation("schema.type", f"body/{name}", expected='"array"', actual=json.dumps(value), suggestion=value)
    line = violation_line(broken)
    assert line.isprintable()
    assert line.encode("utf-8")


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_every_rule_has_a_meaning_and_a_source(rule: Any) -> None:
    assert rule.meaning
    assert rule.source
    assert RULES[rule.code] is rule
    assert len(rule.meaning) < 80


@pytest.mark.parametrize(
    ("url", "headers", "keyed", "command"),
    [
        ("http://h/a", (), False, "curl -sS -i http://h/a"),
        ("http://h/a", (), True, 'curl -sS -i -H "x-pet-key: $PET_KEY" http://h/a'),
        ("http://h/it's", (), False, """curl -sS -i 'http://h/it'"'"'s'"""),
        ("http://h/$(x)`y`", (), False, "curl -sS -i 'http://h/$(x)`y`'"),
        ("http://h/..", (), False, "curl -sS -i --path-as-is http://h/.."),
        ("http://h/a", (("Prefer", "code=422"),), False, "curl -sS -i -H 'Prefer: code=422' http://h/a"),
    ],
)
def test_the_command_repeats_the_request_and_leaves_the_key_to_the_shell(
    url: str, headers: tuple[tuple[str, str], ...], keyed: bool, command: str
) -> None:
    assert curl(witness(url, *headers), run_on(CREDENTIALS, sent=(PET_KEY,) * keyed)) == command
    assert shlex.split(command)[-1] == url


def test_the_command_names_the_account_as_the_document_does() -> None:
    command = curl(witness("http://h/a"), run_on(CREDENTIALS, sent=(PET_OWNER,)))
    assert command == 'curl -sS -i -H "x-pet-owner: $PET_OWNER" http://h/a'


@pytest.mark.parametrize(
    ("credential", "words"),
    [
        (Credential("key", "PET_KEY", "query"), '-G --data-urlencode "key=$PET_KEY"'),
        (Credential("session", "PET_KEY", "cookie"), '-b "session=$PET_KEY"'),
        (Credential("Authorization", "PET_KEY", scheme="bearer"), '-H "Authorization: Bearer $PET_KEY"'),
        (Credential("Authorization", "PET_LOGIN", scheme="basic"), '-u "$PET_LOGIN"'),
    ],
)
def test_the_command_sends_a_credential_where_the_document_says(credential: Credential, words: str) -> None:
    assert curl(witness("http://h/a"), run_on(CREDENTIALS, sent=(credential,))) == f"curl -sS -i {words} http://h/a"


def test_the_command_sends_again_at_the_same_time_what_was_sent_so() -> None:
    document = document_of(path="/things/{thing}")
    (operation,) = document.operations
    exchange = exchange_of(operation, answer(200, {}), "a")
    together = dataclasses.replace(exchange.request, url="http://h/x/things/a", together=(("b c",), ("d",)))
    command = curl(Witness.of(dataclasses.replace(exchange, request=together)), run_on(document))
    urls = "http://h/x/things/a http://h/x/things/b%20c"
    assert command == f"curl -sS -i -Z --parallel-immediate {urls}"


def test_a_shell_passes_the_url_on_unchanged() -> None:
    url = "http://h/'\"$HOME `id`\\%00"
    command = curl(witness(url), run_on(CREDENTIALS)).replace("curl -sS -i", "printf %s", 1)
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == url
