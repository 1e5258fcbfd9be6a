"""The words for people: every rule in one readable line, a command that repeats a request, and the verdict."""

from __future__ import annotations

import dataclasses
import datetime
import json
import shlex
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.coverage.requirements import parse_requirement
from contracts.http.exchange import Failure
from contracts.http.rejection import AllRejected, Rejection
from contracts.judge.violation import Violation
from contracts.openapi import Document
from contracts.openapi.credential import Credential
from contracts.reports import terminal
from contracts.reports.curl import curl
from contracts.reports.messages import WIDTH, violation_line, visible
from contracts.reports.rejection_words import rejection_line
from contracts.reports.verdict_words import rarity, self_test, spread
from contracts.rules import RULES
from contracts.run.observer import Observer
from contracts.verdict.tally import Tally
from contracts.verdict.verdict import AcceptanceCriteria, Finding, RecheckResult, conclude
from contracts.verdict.waivers import Waiver, Waivers
from contracts.verdict.witness import Witness
from tests.support.tiny import PETS, answer, document_of, exchange_of
from tests.support.verdicts import run_on, tally_on

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


def witness(url: str, *headers: tuple[str, str]) -> Witness:
    exchange = exchange_of(document_of().operations[0], Failure("reset", ""), headers=headers)
    return Witness.of(dataclasses.replace(exchange, request=dataclasses.replace(exchange.request, url=url)))


PET_KEY, PET_OWNER = Credential("x-pet-key", "PET_KEY"), Credential("x-pet-owner", "PET_OWNER", is_secret=False)
CREDENTIALS = dataclasses.replace(document_of(), credentials=(PET_KEY, PET_OWNER))


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


SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "state": {"enum": ["on", "off"]},
        "pet": {"$ref": "#/components/schemas/Pet"},
    },
}


def lines_on(document: Document, tally: Tally, **facts: Any) -> list[str]:
    return list(terminal.terminal_lines(conclude(run_on(document, **facts), tally)))


def verdict_of(*bodies: Any, keyed: bool = False) -> list[str]:
    document = dataclasses.replace(document_of(SCHEMA, PETS), credentials=(PET_KEY,))
    (operation,) = document.operations
    tally = tally_on(exchange_of(operation, answer(200, body), f"it{number}") for number, body in enumerate(bodies))
    lines = lines_on(document, tally, sent=(PET_KEY,) * keyed)
    return [line for line in lines if "sha256" not in line and "note  " not in line]


def rarity_of(target: str, **counts: int) -> str:
    document = document_of(SCHEMA, PETS)
    (operation,) = document.operations
    answers = [answer(200, {"name": "a", "state": state}) for state, count in counts.items() for _ in range(count)]
    facts = dataclasses.replace(run_on(document), target=target)
    return rarity(conclude(facts, tally_on(exchange_of(operation, each) for each in answers)))


def test_a_verdict_says_whether_each_class_was_read_often_enough() -> None:
    words = "2 of 2 values and branches seen were read 230 times or more"
    assert rarity_of("http://h", on=230, off=230) == f"{words}: one bad answer in fifty of any of them would have shown"
    words = "1 of 2 values and branches seen were read 230 times or more"
    assert rarity_of("http://h", on=229, off=230) == f"{words}; fewest: on (229x, 200/state)"
    assert rarity_of("http://h") == rarity_of("the embedded mock server", on=230) == ""


def test_a_verdict_reads_like_this() -> None:
    lines = verdict_of(
        {"name": "a", "state": "on"}, {"name": 5, "pet": {"kind": "CAT", "toys": 1}}, {"name": 6}, keyed=True
    )
    assert lines == [
        "VIOLATES  2 distinct violations in 3 answers",
        "target      http://127.0.0.1:1",
        "document    Tiny 7 (tiny.json, no overlay)",
        "requests    3 in 1.2 s (200: 3)",
        "seen        status: 200 3",
        "            200/state: on 1 · off never",
        "            200/pet/kind: CAT 1 · DOG never · EEL never",
        "            optional properties seen present and absent: 2 of 7",
        "            pairs, sizes, bounds and formats seen: 0 of 6",
        (
            "not seen    200/pet[CAT]/toys absent, 200/pet[CAT]/home present, 200/pet[DOG]/toys present, "
            "200/pet[DOG]/toys absent and 10 more"
        ),
        "rarity      0 of 2 values and branches seen were read 230 times or more; fewest: on (1x, 200/state)",
        "violations  2",
        "  1. schema.type at /name of 200: expected string, got integer 6 [2x on 2 resources]",
        '     curl -sS -i -H "x-pet-key: $PET_KEY" http://127.0.0.1:1/things/it2',
        "  2. schema.type at /pet/toys of 200 (CAT): expected object, got integer 1 [1x on 1 resource]",
        '     curl -sS -i -H "x-pet-key: $PET_KEY" http://127.0.0.1:1/things/it1',
        "explained   `contract explain schema.type` says what that rule means, with examples, and what to do",
    ]


def waived_lines(*waivers: Waiver, body: Any, requirement: str = "") -> list[str]:
    document = document_of(SCHEMA, PETS)
    known = Waivers(waivers, datetime.date(2026, 1, 2))
    observer = Observer(waiver=known.match)
    observer(exchange_of(document.operations[0], answer(200, body), "it"))
    required = (parse_requirement(requirement, document.operations),) if requirement else ()
    verdict = conclude(run_on(document), observer.tally, AcceptanceCriteria(known, required))
    lines = list(terminal.terminal_lines(verdict))
    start = next(number for number, line in enumerate(lines) if line.startswith("not seen")) + 1
    return [line for line in (lines[0], *lines[start:]) if "note  " not in line and "curl" not in line]


def test_waived_expired_and_stale_waivers_read_like_this() -> None:
    valid = Waiver(1, "schema.type", "body/name", "old rows,\nAPI-7", "jobs team", datetime.date(2026, 1, 31))
    expired = Waiver(2, "schema.enum", "body/state", "x", "them", datetime.date(2026, 1, 1))
    stale = Waiver(3, "union.*", "body/pet*", "x", "us\x1b[31m", datetime.date(2026, 3, 1), id="it")
    assert waived_lines(valid, expired, stale, body={"name": 5, "state": "x"}) == [
        "VIOLATES  1 distinct violation in 1 answer",
        "waived      schema.type at /name of 200: expected string, got integer 5 [1x on 1 resource]",
        "            until 2026-01-31 by jobs team: old rows, API-7",
        "stale       waiver 3 of us\\u001b[31m covers nothing any more; take it out: union.* at body/pet*, id it",
        "violations  1",
        '  1. schema.enum at /state of 200: expected "on" or "off", got "x" [1x on 1 resource]',
        "     waiver 2 of them expired on 2026-01-01",
        "explained   `contract explain schema.enum` says what that rule means, with examples, and what to do",
    ]


def test_an_unmet_requirement_reads_like_this() -> None:
    valid = Waiver(1, "schema.type", "body/name", "old", "us", datetime.date(2026, 1, 31))
    assert waived_lines(valid, body={"name": 5}, requirement="branches") == [
        "INCONCLUSIVE  1 answer broke no promise, except for 1 waived violation; not all was seen that is required",
        "required    branches: not seen 200/pet/kind CAT, 200/pet/kind DOG, 200/pet/kind EEL",
        "waived      schema.type at /name of 200: expected string, got integer 5 [1x on 1 resource]",
        "            until 2026-01-31 by us: old",
        "violations  none",
    ]


def test_a_waiver_that_expired_and_covers_nothing_is_said_to_be_both() -> None:
    waiver = Waiver(1, "schema.enum", "body/state", "x", "us", datetime.date(2026, 1, 1))
    words = "waiver 1 of us covers nothing any more and expired on 2026-01-01; take it out: schema.enum at body/state"
    assert waived_lines(waiver, body={"name": "a"})[1] == f"stale       {words}"


CASES: list[list[Any]] = [[{"name": "a"}], [{}], []]


def test_the_first_word_of_a_verdict_is_its_outcome() -> None:
    assert [verdict_of(*bodies)[0].split()[0] for bodies in CASES] == ["CONFORMS", "VIOLATES", "INCONCLUSIVE"]


def test_a_verdict_of_a_run_without_requests_says_so() -> None:
    lines = verdict_of()
    assert lines[0] == "INCONCLUSIVE  nothing was asked"
    assert "requests    0 in 1.2 s (none)" in lines
    assert lines[-1] == "violations  none"


def test_a_difference_between_the_validators_has_a_line() -> None:
    document = document_of(SCHEMA, PETS)
    tally = Tally()
    tally.differ(exchange_of(document.operations[0], answer(200, {})), ["one says\nno"] * 2)
    lines = lines_on(document, tally)
    assert "harness     the validators differ (2x): one says\\u000ano" in lines
    assert "differ" not in lines[0]


def headline(incident: str, body: Any = None, status: int = 200) -> list[str]:
    document = document_of(SCHEMA, PETS)
    exchange = exchange_of(document.operations[0], answer(status, body or {"name": "a", "state": "on"}), "it")
    return lines_on(document, tally_on([exchange]), incident=incident)


def test_a_run_that_did_not_end_never_conforms() -> None:
    lines = headline("the run was interrupted")
    assert lines[0] == "INCONCLUSIVE  the run was interrupted; 1 answer so far broke no promise"


def test_violations_found_before_a_run_was_stopped_are_in_the_headline() -> None:
    lines = headline("stopped early", {"name": 5})
    assert lines[0].startswith("VIOLATES  1 distinct violation in 1 answer; stopped early")


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_rejected_run_is_explained_in_the_headline_alone(status: int) -> None:
    lines = headline("", status=status)
    assert lines[0].startswith(f"INCONCLUSIVE  no evidence: whatever was asked for was answered {status}; ")
    assert lines[-1] == "violations  none"
    assert not [line for line in lines if line.startswith("required")]
    assert headline("interrupted", status=status)[0] == f"{lines[0]} (interrupted)"


HERE = "http://h:1/base"


@pytest.mark.parametrize(
    ("rejection", "words"),
    [
        (Rejection(404), "404; is the path in --base-url right, and do these ids exist?"),
        (
            Rejection(301, example="https://h/a"),
            "301 to https://h/a; is the scheme in --base-url right? (redirects are not followed)",
        ),
        (
            Rejection(308, example="http://h/api/a"),
            "308 to http://h/api/a; is the path in --base-url right? (redirects are not followed)",
        ),
        (
            Rejection(301, example="https://www.h/a"),
            "301 to https://www.h/a; are the scheme and host in --base-url right? (redirects are not followed)",
        ),
        (
            Rejection(302, example="https://s/login"),
            "302 to https://s/login; that looks like a login: is PET_KEY set, and right? (redirects are not followed)",
        ),
        (Rejection(302), "302; is --base-url right? (redirects are not followed)"),
        (Rejection(200, is_page=True, example="Hello"), '200 with an HTML page titled "Hello"; is --base-url right?'),
        (
            Rejection(200, is_page=True, example="Log in"),
            '200 with an HTML page titled "Log in"; that looks like a login: is PET_KEY set, and right?',
        ),
        (
            Rejection(404, is_page=True),
            "404 with an HTML page; is the path in --base-url right, and do these ids exist?",
        ),
        (Rejection(200, is_page=True), "200 with an HTML page; is --base-url right?"),
        (Rejection(429), "429; ask more slowly by --rate-limit 10/s, or again by --retries 2"),
        (
            Rejection(401, example="Basic"),
            "401; is PET_KEY set, and right? it asks for Basic (WWW-Authenticate); the key is sent as x-pet-key only",
        ),
    ],
    ids=str,
)
def test_a_run_that_was_rejected_says_what_to_look_at(rejection: Rejection, words: str) -> None:
    run = dataclasses.replace(run_on(CREDENTIALS, sent=(PET_KEY,)), target=HERE)
    line = rejection_line(AllRejected((rejection,)), run)
    assert line == f"no evidence: whatever was asked for was answered {words}"


def test_what_a_server_says_of_itself_is_shown_in_part_and_steers_no_terminal() -> None:
    odd = Rejection(200, is_page=True, example="\x1b[31m" + "x" * 400)
    line = visible(rejection_line(AllRejected((odd,)), run_on(CREDENTIALS)))
    assert "\\u001b" in line
    assert len(line) < 300


def test_a_run_of_documented_404_alone_has_a_hint_at_the_likely_cause() -> None:
    document = document_of(responses={"404": {"description": ""}})
    lines = lines_on(document, tally_on([exchange_of(document.operations[0], answer(404))]))
    assert [line for line in lines if line.startswith("hint  ")]


AGAIN = [
    ([None], ""),
    ([RecheckResult(3, 3, None)], ", always"),
    ([RecheckResult(3, 3, True)], ", always"),
    ([RecheckResult(3, 3, False)], ", always, not on a sibling"),
    ([RecheckResult(1, 3, True)], ", sometimes: 1 of 3 times again"),
    ([RecheckResult(0, 3, False)], ", gone when asked for again"),
    ([RecheckResult(3, 3, False), RecheckResult(3, 3, True)], ", always"),
    ([RecheckResult(3, 3, True), RecheckResult(0, 3, None)], ", always, gone when asked for again"),
]


@pytest.mark.parametrize(("results", "words"), AGAIN, ids=[str(row[0]) for row in AGAIN])
def test_the_result_of_asking_again_is_printed_once(results: list[Any], words: str) -> None:
    findings = [Finding(LINES[0][0], witness("http://h/a"), 2, (("a",),), recurrence=each) for each in results]
    several = f"{len(findings)} violations, " if len(findings) > 1 else ""
    assert spread(*findings) == f"{several}2x on 1 resource{words}"


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, ""),
        ({"all": 3, "caught": 3}, "would have noticed 3 of 3 faults"),
        ({"all": 3, "caught": 2, "idle": 1}, "would have noticed 2 of 3 faults, 1 more find nothing to break"),
        (
            {"all": 591, "caught": 591, "idle": 9, "left_out": 1954},
            "would have noticed 591 of 591 faults, a sample of 2,554, 9 more find nothing to break",
        ),
    ],
)
def test_a_self_test_by_a_sample_is_told_as_one(counts: dict[str, int], words: str) -> None:
    tally = Tally()
    tally.faults.update(counts)
    verdict = conclude(run_on(document_of({"type": "object"})), tally)
    assert self_test(verdict) == words
