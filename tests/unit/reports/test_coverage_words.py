"""The line at the end of a session says how much of a document was shown, the most telling gaps first."""

from __future__ import annotations

import datetime
import json
from typing import Any

from contracts.http.exchange import Exchange, Request
from contracts.openapi import Document
from contracts.reports.coverage_words import coverage_line
from contracts.verdict.tally import Tally
from contracts.verdict.verdict import RunFacts, Verdict, conclude
from tests.support.tiny import JSON, PETS, answer, document_at, document_of


def verdict_on(document: Document, *answers: tuple[int, int, Any]) -> Verdict:
    """Return the verdict on answers: the number of the operation, a status and a body of each."""
    tally = Tally()
    for number, status, body in answers:
        operation = document.operations[number]
        tally.note(Exchange(operation, Request("/", ()), answer(status, json.dumps(body).encode())), ())
    return conclude(RunFacts("tests", document, "ci", datetime.datetime.now(datetime.UTC), 1.0), tally)


HOME = {"type": "object", "properties": {"pet": {"$ref": "#/components/schemas/Pet"}, "size": {"enum": ["s", "m"]}}}


def homes() -> Document:
    schemas = {"200": HOME, "422": {"type": "object", "properties": {"why": {}}}}
    return document_of(
        schemas=PETS,
        responses={
            status: {"description": "", "content": {JSON: {"schema": each}}} for status, each in schemas.items()
        },
    )


def test_statuses_and_branches_come_first_then_values_then_all_else() -> None:
    cat, eel = {"pet": {"kind": "CAT", "home": ""}, "size": "m"}, {"pet": {"kind": "EEL"}}
    shown = coverage_line(verdict_on(homes(), (0, 200, cat), (0, 200, eel)))
    assert shown.startswith("your tests showed 11 of 29 promises; never DOG, never 422, never 200/size s, never 200/")


def test_what_stands_inside_something_that_never_came_is_not_named_too() -> None:
    pets = [{"kind": "CAT"}, {"kind": "CAT", "home": "", "toys": {}}, {"kind": "DOG"}]
    bodies = [{}, {"size": "s"}, *({"pet": pet, "size": size} for pet in pets for size in ("s", "m"))]
    dog = {"pet": {"kind": "DOG", "home": "", "toys": {}}}
    shown = coverage_line(verdict_on(homes(), *((0, 200, body) for body in (*bodies, dog))))
    assert shown == "your tests showed 21 of 29 promises; never EEL, never 422"


def test_branches_are_named_although_the_property_never_came_that_holds_them() -> None:
    shown = coverage_line(verdict_on(homes(), (0, 200, {"size": "s"}), (0, 422, {})))
    assert shown.startswith(
        "your tests showed 6 of 29 promises; never CAT, never DOG, never EEL, never 200/size m and "
    )


def test_where_all_is_shown_nothing_is_missing() -> None:
    assert coverage_line(verdict_on(document_of(), (0, 200, {}))) == "your tests showed 1 of 1 promises"


def two_operations() -> Document:
    answers = {status: {"description": "", "content": {JSON: {"schema": {}}}} for status in ("200", "404")}
    paths = {path: {"get": {"responses": answers}} for path in ("/one", "/two", "/three")}
    return document_at({"openapi": "3.1.0", "info": {"title": "Three", "version": "7"}, "paths": paths})


def test_of_several_operations_each_gap_is_named_with_its_own_and_those_never_asked_are_named_too() -> None:
    document = two_operations()
    asked = document.only({"/one", "/two"})
    assert coverage_line(verdict_on(asked, (0, 200, {}), (1, 404, {})), document.operations[2:]) == (
        "your tests showed 2 of 4 promises of 2 operations; "
        "never status 404 (/one), never status 200 (/two); nothing asked GET /three"
    )
