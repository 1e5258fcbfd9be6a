"""The words for people: every rule in one readable line, a command that asks again, and the verdict."""

from __future__ import annotations

import datetime
import json
import shlex
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.document import Document
from contracts.exchange import Exchange, Failure
from contracts.reports import terminal
from contracts.requirements import parse
from contracts.tally import Judge, Tally, Witness
from contracts.verdict import Finding, Recurrence, Run, Terms, conclude
from contracts.violation import RULES, Violation
from contracts.waivers import Waiver, Waivers
from contracts.wording import WIDTH, curl, spread, violation_line
from tests.unit.tiny import PETS, answer, document_of, exchange_of

LONG = json.dumps("x" * 500)


def violation(rule: str, place: str = "body", status: int = 200, **data: str) -> Violation:
    return Violation(rule, status, place, "#/x", **data)


LINES = [
    (
        violation("schema.type", "body/a/0", expected='"object"', actual="[]", cause="array", branch="CAT"),
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
        violation("schema.enum", "body/s", expected='["ON", "OFF", 1]', actual='"on"', nearest="ON"),
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
        violation("union.tag-unknown", "body/kind", expected='["CAT"]', actual='"cat"', nearest="CAT"),
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
        violation("framing.head", "head", 0, actual='"X-A : 1"', cause="blank-before-colon"),
        'framing.head at head: expected no blank before the colon, got "X-A : 1"',
    ),
    (
        violation("framing.head", "head", 0, actual='"LF without CR"', cause="line-end"),
        "framing.head at head: expected lines that end with CR and LF, got LF without CR",
    ),
    (
        violation("framing.length", "head", 0, actual='"Content-Length: 5, 6"', cause="differing"),
        'framing.length at head: expected one length, got "Content-Length: 5, 6"',
    ),
    (
        violation("framing.length", "head", 0, actual='"Content-Length: 5 beside Transfer-Encoding"', cause="both"),
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
        violation("framing.body", "message", 0, actual='"{}"', cause="body"),
        'framing.body at message: expected no body, for HTTP allows none with this status, got "{}"',
    ),
    (
        violation("content-encoding.unasked", "header Content-Encoding", expected='["a", "b"]', actual='"c"'),
        'content-encoding.unasked at header Content-Encoding of 200: expected no content coding but a or b, got "c"',
    ),
    (
        violation("overlay.alias", "status", expected='["422"]', actual='"x1"', cause="zeros"),
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
def test_a_violation_is_told_by_rule_place_expected_and_actual(broken: Violation, line: str) -> None:
    assert violation_line(broken) == line


SPOKEN = ("body.", "flaky.transport", "framing.", "json.", "transport.")
"""Rules whose actual value is words of ours, not a value of the answer."""


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_told_in_one_line_of_some_length(rule: str) -> None:
    values = ['"text"', LONG] if rule.startswith(SPOKEN) else ["null", "[1]", '"text"', LONG, "NaN"]
    for expected in ("", "[]", "5", '["a", "b"]', '"text"', '{"a": 1}', "null", LONG):
        for actual in ("", *values):
            line = violation_line(violation(rule, expected=expected, actual=actual, nearest="n", branch="B"))
            assert line.splitlines() == [line]
            assert line.startswith(f"{rule} at ")
            assert ": expected " in line
            assert "not valid under any" not in line
            assert "None" not in line
            # What the document says is told in full; what an answer holds is cut.
            assert len(line.rsplit(", got ", 1)[1]) < WIDTH + 80


@given(st.text(st.characters()), st.text(st.characters()))
def test_what_a_server_sends_can_neither_break_the_line_nor_steer_the_terminal(name: str, value: str) -> None:
    broken = violation("schema.type", f"body/{name}", expected='"array"', actual=json.dumps(value), nearest=value)
    line = violation_line(broken)
    assert line.isprintable()
    assert line.encode("utf-8")


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_every_rule_says_what_breaking_it_means_and_where_that_is_written(rule: Any) -> None:
    assert rule.meaning
    assert rule.source
    assert RULES[rule.code] is rule
    assert len(rule.meaning) < 80


def witness(url: str, *headers: tuple[str, str]) -> Witness:
    judge = Judge()
    document = document_of()
    exchange = exchange_of(document.operations[0], Failure("reset", ""), headers=headers)
    judge(Exchange(exchange.operation, type(exchange.request)(url, (), None, headers), exchange.outcome))
    (found,) = judge.tally.found
    return found.witness


@pytest.mark.parametrize(
    ("url", "headers", "keyed", "command"),
    [
        ("http://h/a", (), False, "curl -sS -i http://h/a"),
        ("http://h/a", (), True, 'curl -sS -i -H "x-api-key: $SGP_API_KEY" http://h/a'),
        ("http://h/it's", (), False, """curl -sS -i 'http://h/it'"'"'s'"""),
        ("http://h/$(x)`y`", (), False, "curl -sS -i 'http://h/$(x)`y`'"),
        ("http://h/..", (), False, "curl -sS -i --path-as-is http://h/.."),
        ("http://h/a", (("Prefer", "code=422"),), False, "curl -sS -i -H 'Prefer: code=422' http://h/a"),
    ],
)
def test_the_command_asks_again_and_leaves_the_key_to_the_shell(
    url: str, headers: tuple[tuple[str, str], ...], keyed: bool, command: str
) -> None:
    assert curl(witness(url, *headers), keyed=keyed) == command
    assert shlex.split(command)[-1] == url


def test_a_shell_hands_the_address_on_as_it_is() -> None:
    url = "http://h/'\"$HOME `id`\\%00"
    command = curl(witness(url), keyed=False).replace("curl -sS -i", "printf %s", 1)
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


def told(document: Document, tally: Tally, **run: Any) -> list[str]:
    started = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    return list(terminal.lines(conclude(Run("http://127.0.0.1:1", document, "ci", started, 1.25, **run), tally)))


def verdict_of(*bodies: Any, keyed: bool = False) -> list[str]:
    document = document_of(SCHEMA, PETS)
    judge = Judge()
    for number, body in enumerate(bodies):
        judge(exchange_of(document.operations[0], answer(200, body), f"it{number}"))
    lines = told(document, judge.tally, keyed=keyed)
    return [line for line in lines if "sha256" not in line and "note  " not in line]


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
        "violations  2",
        "  1. schema.type at /name of 200: expected string, got integer 6 [2x on 2 resources]",
        '     curl -sS -i -H "x-api-key: $SGP_API_KEY" http://127.0.0.1:1/things/it2',
        "  2. schema.type at /pet/toys of 200 (CAT): expected object, got integer 1 [1x on 1 resource]",
        '     curl -sS -i -H "x-api-key: $SGP_API_KEY" http://127.0.0.1:1/things/it1',
    ]


def waived_lines(*waivers: Waiver, body: Any, requirement: str = "") -> list[str]:
    document = document_of(SCHEMA, PETS)
    known = Waivers(waivers, datetime.date(2026, 1, 2))
    judge = Judge(waiver=known.covering)
    judge(exchange_of(document.operations[0], answer(200, body), "it"))
    run = Run("http://127.0.0.1:1", document, "ci", datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), 1.25)
    required = (parse(requirement, document.operations),) if requirement else ()
    lines = list(terminal.lines(conclude(run, judge.tally, Terms(known, required))))
    start = next(number for number, line in enumerate(lines) if line.startswith("not seen")) + 1
    return [line for line in (lines[0], *lines[start:]) if "note  " not in line and "curl" not in line]


def test_what_is_waived_expired_and_stale_reads_like_this() -> None:
    borne = Waiver(1, "schema.type", "body/name", "old rows,\nAPI-7", "jobs team", datetime.date(2026, 1, 31))
    expired = Waiver(2, "schema.enum", "body/state", "x", "them", datetime.date(2026, 1, 1))
    stale = Waiver(3, "union.*", "body/pet*", "x", "us\x1b[31m", datetime.date(2026, 3, 1), id="it")
    assert waived_lines(borne, expired, stale, body={"name": 5, "state": "x"}) == [
        "VIOLATES  1 distinct violation in 1 answer",
        "waived      schema.type at /name of 200: expected string, got integer 5 [1x on 1 resource]",
        "            until 2026-01-31 by jobs team: old rows, API-7",
        "stale       waiver 3 of us\\u001b[31m covers nothing any more; take it out: union.* at body/pet*, id it",
        "violations  1",
        '  1. schema.enum at /state of 200: expected "on" or "off", got "x" [1x on 1 resource]',
        "     waiver 2 of them expired on 2026-01-01",
    ]


def test_what_is_required_and_was_not_seen_reads_like_this() -> None:
    borne = Waiver(1, "schema.type", "body/name", "old", "us", datetime.date(2026, 1, 31))
    assert waived_lines(borne, body={"name": 5}, requirement="branches") == [
        "INCONCLUSIVE  1 answer broke no promise, but for 1 waived violation; not all was seen that is required",
        "required    branches: not seen 200/pet/kind CAT, 200/pet/kind DOG, 200/pet/kind EEL",
        "waived      schema.type at /name of 200: expected string, got integer 5 [1x on 1 resource]",
        "            until 2026-01-31 by us: old",
        "violations  none",
    ]


def test_a_waiver_that_expired_and_covers_nothing_is_told_to_be_both() -> None:
    waiver = Waiver(1, "schema.enum", "body/state", "x", "us", datetime.date(2026, 1, 1))
    told = "waiver 1 of us covers nothing any more and expired on 2026-01-01; take it out: schema.enum at body/state"
    assert waived_lines(waiver, body={"name": "a"})[1] == f"stale       {told}"


CASES: list[list[Any]] = [[{"name": "a"}], [{}], []]


def test_the_first_word_of_a_verdict_is_its_outcome() -> None:
    assert [verdict_of(*bodies)[0].split()[0] for bodies in CASES] == [
        "CONFORMS",
        "VIOLATES",
        "INCONCLUSIVE",
    ]


def test_a_verdict_of_nothing_says_so() -> None:
    lines = verdict_of()
    assert lines[0] == "INCONCLUSIVE  nothing was asked"
    assert "requests    0 in 1.2 s (none)" in lines
    assert lines[-1] == "violations  none"


def test_a_difference_between_the_validators_is_told() -> None:
    document = document_of(SCHEMA, PETS)
    tally = Tally()
    tally.differ(exchange_of(document.operations[0], answer(200, {})), ["one says\nno"] * 2)
    lines = told(document, tally)
    assert "harness     the validators differ (2x): one says\\u000ano" in lines


def headline(incident: str, body: Any = None, status: int = 200) -> list[str]:
    document = document_of(SCHEMA, PETS)
    judge = Judge()
    judge(exchange_of(document.operations[0], answer(status, body or {"name": "a", "state": "on"}), "it"))
    return told(document, judge.tally, incident=incident)


def test_a_run_that_did_not_end_is_never_green() -> None:
    lines = headline("the run was interrupted")
    assert lines[0] == "INCONCLUSIVE  the run was interrupted; 1 answer so far broke no promise"


def test_what_a_run_found_before_it_was_stopped_is_told() -> None:
    lines = headline("stopped early", {"name": 5})
    assert lines[0].startswith("VIOLATES  1 distinct violation in 1 answer; stopped early")


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_run_that_was_turned_away_is_told_in_one_line(status: int) -> None:
    lines = headline("", status=status)
    assert lines[0].startswith(f"INCONCLUSIVE  no evidence: whatever was asked for was answered {status}; ")
    assert lines[-1] == "violations  none"
    assert not [line for line in lines if line.startswith("required")]
    assert headline("interrupted", status=status)[0] == f"{lines[0]} (interrupted)"


def test_a_path_that_nothing_answers_is_told_with_its_likely_cause() -> None:
    assert [line for line in headline("", status=404) if line.startswith("hint  ")]


AGAIN = [
    ([None], ""),
    ([Recurrence(3, 3, None)], ", always"),
    ([Recurrence(3, 3, True)], ", always"),
    ([Recurrence(3, 3, False)], ", always, not on a sibling"),
    ([Recurrence(1, 3, True)], ", sometimes: 1 of 3 times again"),
    ([Recurrence(0, 3, False)], ", gone when asked for again"),
    ([Recurrence(3, 3, False), Recurrence(3, 3, True)], ", always"),
    ([Recurrence(3, 3, True), Recurrence(0, 3, None)], ", always, gone when asked for again"),
]


@pytest.mark.parametrize(("fared", "words"), AGAIN, ids=[str(row[0]) for row in AGAIN])
def test_how_a_violation_fared_when_asked_for_again_is_told_once(fared: list[Any], words: str) -> None:
    findings = [Finding(LINES[0][0], witness("http://h/a"), 2, (("a",),), recurrence=each) for each in fared]
    several = f"{len(findings)} violations, " if len(findings) > 1 else ""
    assert spread(*findings) == f"{several}2x on 1 resource{words}"
