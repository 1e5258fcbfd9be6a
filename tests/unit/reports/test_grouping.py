"""Groups of violations: one cause never fills a page, and two causes share a line only if both are named in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts.reports import github, terminal
from contracts.reports.grouping import MIN_GROUP, grouped
from contracts.reports.messages import group_line
from contracts.reports.report_json import report
from contracts.reports.sarif import log
from contracts.reports.verdict_words import spread
from contracts.rules import where_explained
from contracts.run.observer import Observer
from contracts.verdict.verdict import RecheckResult, Verdict
from tests.support.tiny import answer, document_of, exchange_of
from tests.support.verdicts import tally_on, verdict_on

NAMES = ["age", "born", "colour", "name", "weight"]
PART = {"type": "object", "required": ["x", "y", "z"], "properties": {key: {"type": "string"} for key in "xyzw"}}
SCHEMA = {
    "type": "object",
    "required": NAMES,
    "properties": {
        **{key: {"type": "integer"} for key in ["age", "born", "weight"]},
        "name": {"type": "string"},
        "colour": {"enum": ["RED", "BLUE", "GREEN", "OFF_WHITE"]},
        **{key: {"type": "string"} for key in ["home", "owner", "vet"]},
        "parts": {"type": "array", "items": PART},
    },
}
DOCUMENT = document_of(SCHEMA)
WHOLE = {"age": 1, "born": 2, "colour": "RED", "name": "a", "weight": 3}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in WHOLE.items() if name not in names}


def verdict_of(*bodies: Any) -> Verdict:
    (operation,) = DOCUMENT.operations
    tally = tally_on(exchange_of(operation, answer(200, body), f"it{number}") for number, body in enumerate(bodies))
    return verdict_on(tally, DOCUMENT)


def entries(*bodies: Any) -> list[str]:
    return [group_line(group) for group in grouped(verdict_of(*bodies).findings)]


ONE_CAUSE: list[tuple[list[Any], list[str]]] = [
    (
        [{"data": WHOLE}, {}],
        ["schema.required at /age, /born, /colour, /name and /weight of 200: expected the properties, got nothing"],
    ),
    (
        [{**WHOLE, "parts": [{}, {"w": "w"}]}],
        ["schema.required at /parts/0/x, /parts/0/y and /parts/0/z of 200: expected the properties, got nothing"],
    ),
    (
        [{**WHOLE, "home": None}, {**WHOLE, "owner": None}, {**WHOLE, "vet": None, "age": None}],
        ["schema.type at /age, /home, /owner and /vet of 200: expected integer and string, got null"],
    ),
    (
        [{**WHOLE, "colour": "red"}, {**WHOLE, "colour": "Blue"}, {**WHOLE, "colour": "off_white"}],
        [
            (
                'schema.enum at /colour of 200: expected "BLUE", "OFF_WHITE" and "RED", in exactly this spelling, '
                'got "Blue", "off_white" and "red"'
            )
        ],
    ),
    (
        [{**WHOLE, "age": "1", "born": "2", "weight": "3"}],
        ['schema.type at /age, /born and /weight of 200: expected integer, got string "1", string "2" and string "3"'],
    ),
]


@pytest.mark.parametrize(("bodies", "lines"), ONE_CAUSE)
def test_violations_that_one_mistake_explains_are_one_entry(bodies: list[Any], lines: list[str]) -> None:
    assert entries(*bodies) == lines


SEVERAL_CAUSES: list[list[Any]] = [
    [without("age", "born")],
    [without("age"), without("born"), without("name")],
    [without("age"), without("born", "age"), without("name", "born", "age")],
    [{**WHOLE, "colour": "red"}, {**WHOLE, "colour": "blue"}, {**WHOLE, "colour": "PINK"}, {**WHOLE, "colour": "-"}],
    [{**WHOLE, "age": "1", "born": 2.5, "weight": None}],
    [{**WHOLE, "home": None, "owner": None, "parts": [None]}],
    [{**WHOLE, "age": []}, {**WHOLE, "born": []}, {**WHOLE, "weight": []}],
]


@pytest.mark.parametrize("bodies", SEVERAL_CAUSES)
def test_violations_that_may_have_several_causes_are_separate_entries(bodies: list[Any]) -> None:
    assert len(entries(*bodies)) == len(verdict_of(*bodies).findings) > 1


def test_nulls_of_all_branches_of_a_union_are_one_entry() -> None:
    kinds = {
        kind: {"type": "object", "properties": {"kind": {"const": kind}, "a": {"type": "string"}}} for kind in "CDE"
    }
    union = {
        "oneOf": [{"$ref": f"#/components/schemas/{kind}"} for kind in kinds],
        "discriminator": {"propertyName": "kind", "mapping": {kind: f"#/components/schemas/{kind}" for kind in kinds}},
    }
    document, observer = document_of(union, kinds), Observer()
    for kind in kinds:
        observer(exchange_of(document.operations[0], answer(200, {"kind": kind, "a": None}), kind))
    (group,) = grouped(verdict_on(observer.tally, document).findings)
    assert group_line(group) == "schema.type at /a of 200 (C, D and E): expected string, got null"


def test_undocumented_methods_are_one_entry_if_all_got_the_same_status() -> None:
    document, observer = document_of(), Observer()
    for method, status in {"POST": 404, "PUT": 404, "PATCH": 404, "DELETE": 204}.items():
        exchange = exchange_of(document.operations[0], answer(status, {} if status == 404 else b""), exists=True)
        observer(replace(exchange, request=replace(exchange.request, method=method)))
    assert [group_line(group) for group in grouped(verdict_on(observer.tally, document).findings)] == [
        "method.not-refused at status: expected 405 to DELETE, got 204",
        "method.not-refused at status: expected 405 to PATCH, POST and PUT, got 404",
    ]


def test_an_entry_takes_three_lines_at_most_and_names_a_limited_number_of_places() -> None:
    names = [f"p{number:02}" for number in range(40)]
    document = document_of({"type": "object", "required": names})
    observer = Observer()
    observer(exchange_of(document.operations[0], answer(200, {})))
    lines = list(terminal.terminal_lines(verdict_on(observer.tally, document)))
    at = next(number for number, line in enumerate(lines) if line.startswith("violations"))
    assert lines[at:] == [
        "violations  40, 1 when grouped by likely cause",
        (
            "  1. schema.required at /p00, /p01, /p02, /p03, /p04, /p05, /p06, /p07 and 32 more of 200: "
            "expected the properties, got nothing [40 violations, 1x on 1 resource]"
        ),
        "     curl -sS -i http://127.0.0.1:1/things/one",
        f"explained   {where_explained('schema.required')}",
    ]


def test_reports_hold_each_violation_by_itself() -> None:
    verdict = verdict_of({})
    assert len(report(verdict)["violations"]) == len(log(verdict)["runs"][0]["results"]) == len(NAMES)
    assert [command.split()[0] for command in github.github_commands(verdict)] == ["::error", "::notice::`contract"]


@pytest.mark.parametrize("bodies", [bodies for bodies, _ in ONE_CAUSE] + SEVERAL_CAUSES)
def test_every_finding_is_in_one_group_in_a_stable_order(bodies: list[Any]) -> None:
    findings = verdict_of(*bodies).findings
    groups = grouped(findings)
    found = [each.violation for group in groups for each in group]
    assert sorted(found) == [each.violation for each in findings]
    assert [group[0].violation for group in groups] == sorted(group[0].violation for group in groups)
    assert all(len(group) == 1 or len(group) >= MIN_GROUP for group in groups)


def test_the_same_violation_in_two_branches_of_a_union_is_one_entry() -> None:
    finding = verdict_of({**WHOLE, "home": None}).findings[0]
    two = [replace(finding, violation=replace(finding.violation, branch=branch)) for branch in ("C", "D")]
    (group,) = grouped(two)
    assert group_line(group) == "schema.type at /home of 200 (C and D): expected string, got null"


def test_what_several_workers_see_of_answers_that_are_mixed_up_is_one_entry() -> None:
    document = document_of({"properties": {"ref": {"x-equals": "$request.path.thing"}, "born": {"x-immutable": True}}})
    (operation,) = document.operations
    exchanges = [
        exchange_of(operation, answer(200, {"ref": ref, "born": born}), thing, exists=True)
        for thing, ref, born in (("a", "a", 1), ("a", "b", 2), ("a", "a", 3), ("c", "b", 2))
    ]
    exchanges[-1] = replace(exchanges[-1], request=replace(exchanges[-1].request, together=(("b",),)))
    found = verdict_on(tally_on(exchanges), document).findings
    again = {"overlay.swapped": 3, "overlay.equals": 0, "overlay.immutable": 0}
    gone = [replace(each, recurrence=RecheckResult(again[each.violation.rule], 3, None)) for each in found]
    (group,) = grouped(gone)
    assert [each.violation.rule for each in group] == ["overlay.swapped", "overlay.equals", "overlay.immutable"]
    assert group_line(group).endswith("answers to requests in flight at the same time were mixed up")
    assert spread(*group) == "3 violations, 1x to 2x on 2 resources, always"
    # What comes again for one who asks alone has a cause of its own.
    always = [replace(each, recurrence=RecheckResult(3, 3, None)) for each in found]
    assert len(grouped(always)) == 3
    assert len(grouped(gone[:2])) == 2
