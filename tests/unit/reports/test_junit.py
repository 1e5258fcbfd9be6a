"""junit.xml: valid XML with right counts, one test case for every promise, and its outcome."""

from __future__ import annotations

import dataclasses
import datetime
import io
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from typing import Any

from hypothesis import given

from contracts.http.exchange import Exchange
from contracts.judge import PlacePattern
from contracts.openapi import Document
from contracts.reports import junit
from contracts.verdict.verdict import Verdict
from contracts.verdict.waivers import Waiver, Waivers
from tests.support.pet_verdicts import DOCUMENT, HOSTILE, OPERATION, verdict_of, verdicts, waived_verdict_of
from tests.support.tiny import JSON, answer, document_at, document_of, exchange_of
from tests.support.verdicts import tally_on, verdict_on

Promised = Iterable[tuple[str, str]]


def written(verdict: Verdict, promised: Promised = (), path: str = OPERATION.path) -> ET.Element:
    """Return the root element of the report on a verdict with these promises of one operation."""
    file = io.StringIO()
    junit.render(verdict, {path: [(rule, PlacePattern(place)) for rule, place in promised]}, file)
    return ET.fromstring(file.getvalue())


def outcomes(root: ET.Element) -> dict[str, str]:
    """Return the outcome of every test case by its name: `passed`, or the words of a failure or skip."""
    return {
        case.attrib["name"]: next(f"{result.tag}: {result.attrib['message']}" for result in case)
        if len(case)
        else "passed"
        for case in root.iter("testcase")
    }


PROMISED = [("schema.type", "body/name"), ("schema.type", "body/pet/toys"), ("status.undocumented", "status")]


def test_a_promise_passes_only_if_a_response_could_have_broken_it() -> None:
    assert outcomes(written(verdict_of({"name": "a"}), PROMISED)) == {
        "schema.type at body/name": "passed",
        "schema.type at body/pet/toys": "skipped: not seen in any answer",
        "status.undocumented at status": "passed",
    }


def test_no_promise_passes_without_a_response() -> None:
    assert set(outcomes(written(verdict_of(), PROMISED)).values()) == {"skipped: not seen in any answer"}


def test_no_promise_passes_in_a_run_that_was_rejected() -> None:
    verdict = verdict_on(tally_on([exchange_of(OPERATION, answer(401))]), DOCUMENT)
    assert set(outcomes(written(verdict, PROMISED)).values()) == {"skipped: not seen in any answer"}


def test_a_broken_promise_fails_with_all_its_violations_as_text() -> None:
    (failure,) = written(verdict_of({"name": 5}, {"name": None}), PROMISED).iter("failure")
    lines = [
        "schema.type at /name of 200: expected string, got integer 5",
        "schema.type at /name of 200: expected string, got null",
    ]
    assert (failure.attrib, failure.text) == ({"type": "schema.type", "message": lines[0]}, "\n".join(lines))


def test_violations_in_all_items_break_one_promise() -> None:
    document = document_of({"items": {"type": "string"}})
    (operation,) = document.operations
    verdict = verdict_on(tally_on([exchange_of(operation, answer(200, ["a", 1, None]))]), document)
    for promised in ([("schema.type", "body/*")], []):
        (name,) = outcomes(written(verdict, promised))
        assert name == "schema.type at body/*"


def test_a_waived_promise_is_skipped_with_its_waiver() -> None:
    waiver = Waiver(1, "schema.type", "body/name", "API-7", "us", datetime.date(2026, 1, 31))
    verdict = verdict_of({"name": 5}, waivers=Waivers([waiver], datetime.date(2026, 1, 2)))
    assert (
        outcomes(written(verdict, PROMISED))["schema.type at body/name"]
        == "skipped: waived until 2026-01-31 by us: API-7"
    )


def test_a_promise_that_is_waived_on_some_resources_alone_fails() -> None:
    waiver = Waiver(1, "schema.type", "body/name", "API-7", "us", datetime.date(2026, 1, 31), id="it0")
    verdict = verdict_of({"name": 5}, {"name": 6}, waivers=Waivers([waiver], datetime.date(2026, 1, 2)))
    assert outcomes(written(verdict, PROMISED))["schema.type at body/name"].startswith("failure: ")


def test_a_promise_about_undocumented_methods_is_seen_only_if_they_were_sent() -> None:
    promised = [("method.not-refused", "status"), ("method.allow-missing", "header Allow")]
    read = exchange_of(OPERATION, answer(200, {"name": "a"}))
    probe = exchange_of(OPERATION, answer(404, {}), exists=True)
    probe = dataclasses.replace(probe, request=dataclasses.replace(probe.request, method="PUT"))
    assert set(outcomes(written(verdict_on(tally_on([read]), DOCUMENT), promised)).values()) == {
        "skipped: not seen in any answer"
    }
    probed = outcomes(written(verdict_on(tally_on([read, probe]), DOCUMENT), promised))
    assert probed["method.allow-missing at header Allow"] == "passed"
    failure = "failure: method.not-refused at status: expected 405 to PUT, got 404"
    assert probed["method.not-refused at status"] == failure


def two_operations() -> Document:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    get = {"get": {"responses": {"200": {"description": "", "content": {JSON: {"schema": schema}}}}}}
    info = {"title": "two", "version": "1"}
    return document_at({"openapi": "3.1.0", "info": info, "paths": {"/two": get, "/one": get}})


def test_operations_share_neither_violations_nor_coverage_and_are_sorted() -> None:
    document = two_operations()
    exchanges: list[Exchange] = [exchange_of(document.operations[0], answer(200, {"name": 5}))]
    file = io.StringIO()
    promises = {operation.path: [("schema.type", PlacePattern("body/name"))] for operation in document.operations}
    junit.render(verdict_on(tally_on(exchanges), document), promises, file)
    root = ET.fromstring(file.getvalue())
    cases = [(case.attrib["classname"], [result.tag for result in case]) for case in root.iter("testcase")]
    assert cases == [("GET /one", ["skipped"]), ("GET /two", ["failure"])]


@given(verdicts)
def test_every_report_is_xml_with_right_counts_and_without_duplicate_names(verdict: Verdict) -> None:
    root = written(verdict, PROMISED)
    (suite,) = root
    cases = root.findall("testsuite/testcase")
    names = [(case.attrib["classname"], case.attrib["name"]) for case in cases]
    assert names == sorted(set(names))
    counts = {"tests": cases, "failures": root.findall(".//failure"), "skipped": root.findall(".//skipped")}
    for element in (root, suite):
        assert {name: int(element.attrib[name]) for name in counts} == {
            name: len(found) for name, found in counts.items()
        }
        assert (element.attrib["errors"], element.attrib["time"]) == ("0", "1.250")
        assert element.attrib["timestamp"] == "2026-01-02T00:00:00"
    text = "".join(root.itertext()) + "".join(value for element in root.iter() for value in element.attrib.values())
    assert not {"\x1b", "\u202e", "\ud800"} & set(text)


@given(verdicts)
def test_every_case_that_did_not_pass_has_the_text_that_gitlab_shows_and_no_type_that_it_would_convert(
    verdict: Verdict,
) -> None:
    # GitLab reads a case's failure or skip by Hash.from_xml (lib/gitlab/ci/parsers/test/junit.rb): of an element with a
    # text it keeps the text alone, and converts it where `type` is a name of a type (ActiveSupport, XmlMini::PARSING)
    # such as `integer`; `symbol` and `yaml` end the reading. No such name has a dot, and every rule's code has one.
    results = [result for case in written(verdict, PROMISED).iter("testcase") for result in case]
    assert results
    for result in results:
        assert (result.text or "").split("\n")[0] == result.attrib["message"]
        assert "." in result.attrib.get("type", ".")


def test_hostile_text_is_escaped_and_not_lost() -> None:
    root = written(waived_verdict_of({"name": 5}, {"pet": {"kind": HOSTILE}, "name": "a"}))
    words = outcomes(root)
    assert "</script>" in words["schema.type at body/name"]
    assert "\\u001b[31m\\u202e\\ud800" in words["schema.type at body/name"]


def test_the_properties_say_what_was_judged() -> None:
    properties: dict[str, Any] = {
        each.attrib["name"]: each.attrib["value"] for each in written(verdict_of({"name": 5})).iter("property")
    }
    assert properties["outcome"] == "VIOLATES"
    assert properties["target"] == "http://127.0.0.1:1"
    assert properties["sha256"] == DOCUMENT.sha256
