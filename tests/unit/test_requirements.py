"""What must be seen: every way to say it, what is missing, and what a ledger has seen in its place."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from contracts.coverage import promised
from contracts.errors import ConfigurationError
from contracts.requirements import Unmet, parse, unmet
from tests.unit.tiny import JSON, PETS, document_of

SCHEMA = {
    "type": "object",
    "required": ["state"],
    "properties": {"state": {"enum": ["on", "off"]}, "pet": {"$ref": "#/components/schemas/Pet"}},
}
RESPONSES = {"200": {"description": "", "content": {JSON: {"schema": SCHEMA}}}, "422": {"description": ""}}
OPERATIONS = document_of(schemas=PETS, responses=RESPONSES).operations
EVERY = promised(OPERATIONS[0])
NOW = datetime.datetime(2026, 6, 30, tzinfo=datetime.UTC)


def meant(words: str) -> set[str]:
    return {f"{each.place}={each.which or each.kind}" for each in parse(words, OPERATIONS).features}


@pytest.mark.parametrize(
    ("words", "features"),
    [
        ("statuses", {"status=200", "status=422"}),
        ("branches", {f"200/pet/kind={tag}" for tag in ("CAT", "DOG", "EEL")}),
        ("values", {"200/state=on", "200/state=off"}),
        ("status=422", {"status=422"}),
        ("200/pet/kind", {f"200/pet/kind={tag}" for tag in ("CAT", "DOG", "EEL")}),
        ("200/pet/kind=EEL", {"200/pet/kind=EEL"}),
        ("200/pet", {"200/pet=present", "200/pet=absent"}),
        ("200/pet=absent", {"200/pet=absent"}),
        ("  200/state=on  within 1 day ", {"200/state=on"}),
    ],
)
def test_each_way_to_say_it_means_these_features(words: str, features: set[str]) -> None:
    assert meant(words) == features


def test_all_means_everything_that_is_promised() -> None:
    assert parse("all", OPERATIONS).features == EVERY
    kinds = {each.kind for each in parse("presence", OPERATIONS).features}
    assert kinds == {"present", "absent"}


@pytest.mark.parametrize(
    "words",
    [
        "",
        "vendors",
        "status=500",
        "200/state=ON",
        "answers=",
        "answers=-1",
        "all within days",
        "answers=5 within 3 days",
        "success within 1 day",
    ],
)
def test_what_nobody_promises_is_refused_in_a_line_with_what_is_near(words: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse(words, OPERATIONS)
    assert "\n" not in str(raised.value)
    assert "; " in str(raised.value)


def missing(words: str, seen: set[str], last: dict[str, int] | None = None, answers: int = 0) -> tuple[Unmet, ...]:
    sightings: dict[Any, Any] = {each: f"{each.place}={each.which or each.kind}" in seen or None for each in EVERY}
    ago = {f"{each.place}={each.which or each.kind}": each for each in EVERY}
    times = {ago[name]: NOW - datetime.timedelta(days) for name, days in (last or {}).items()}
    return unmet([parse(words, OPERATIONS)], sightings, answers, times, NOW)


def test_what_was_seen_is_not_missing() -> None:
    assert missing("values", {"200/state=on", "200/state=off"}) == ()
    (told,) = missing("values", {"200/state=on"})
    assert [each.which for each in told.missing] == ["off"]
    assert told.requirement == "values"


@pytest.mark.parametrize(("days", "met"), [(13, True), (14, True), (15, False)])
def test_what_a_ledger_has_seen_in_time_counts_too(days: int, met: bool) -> None:
    words = "values within 14 days"
    assert (missing(words, {"200/state=on"}, {"200/state=off": days}) == ()) is met


def test_what_a_ledger_has_seen_does_not_count_for_a_run_of_its_own() -> None:
    assert missing("values", {"200/state=on"}, {"200/state=off": 0})


def test_a_success_may_be_asked_for_though_it_always_is() -> None:
    assert missing("success", set()) == ()


def test_so_many_answers_are_enough() -> None:
    assert missing("answers=3", set(), answers=3) == ()
    (told,) = missing("answers=3", set(), answers=2)
    assert told.words == "2 of 3 answers"
