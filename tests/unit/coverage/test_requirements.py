"""Requirements: every way to state one, the features that are missing, and those that a ledger has seen."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from contracts.coverage.features import promised_features
from contracts.coverage.requirements import Unmet, parse_requirement, unmet_requirements
from contracts.errors import ConfigurationError
from tests.support.tiny import JSON, PETS, document_of

SCHEMA = {
    "type": "object",
    "required": ["state"],
    "properties": {"state": {"enum": ["on", "off"]}, "pet": {"$ref": "#/components/schemas/Pet"}},
}
RESPONSES = {"200": {"description": "", "content": {JSON: {"schema": SCHEMA}}}, "422": {"description": ""}}
OPERATIONS = document_of(schemas=PETS, responses=RESPONSES).operations
EVERY = promised_features(OPERATIONS[0])
NOW = datetime.datetime(2026, 6, 30, tzinfo=datetime.UTC)


def meant(words: str) -> set[str]:
    return {f"{each.location}={each.which or each.kind}" for each in parse_requirement(words, OPERATIONS).features}


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
def test_every_wording_means_these_features(words: str, features: set[str]) -> None:
    assert meant(words) == features


def test_all_means_every_promised_feature() -> None:
    assert parse_requirement("all", OPERATIONS).features == EVERY
    kinds = {each.kind for each in parse_requirement("presence", OPERATIONS).features}
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
def test_an_unknown_requirement_is_refused_in_one_line_with_similar_ones(words: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_requirement(words, OPERATIONS)
    assert "\n" not in str(raised.value)
    assert "; " in str(raised.value)


@pytest.mark.parametrize(
    ("words", "hint"),
    [("presense", "near are presence"), ("nonsense", "say statuses, branches, values, presence, all, or a place")],
)
def test_only_what_is_near_is_offered_for_an_unknown_requirement(words: str, hint: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"is nothing that the document promises; {hint}$"):
        parse_requirement(words, OPERATIONS)


def missing(words: str, seen: set[str], last: dict[str, int] | None = None, answers: int = 0) -> tuple[Unmet, ...]:
    sightings: dict[Any, Any] = {each: f"{each.location}={each.which or each.kind}" in seen or None for each in EVERY}
    ago = {f"{each.location}={each.which or each.kind}": each for each in EVERY}
    times = {ago[name]: NOW - datetime.timedelta(days) for name, days in (last or {}).items()}
    return unmet_requirements([parse_requirement(words, OPERATIONS)], sightings, answers, times, NOW)


def test_a_feature_that_was_seen_is_not_missing() -> None:
    assert missing("values", {"200/state=on", "200/state=off"}) == ()
    (unmet,) = missing("values", {"200/state=on"})
    assert [each.which for each in unmet.missing] == ["off"]
    assert unmet.requirement == "values"


@pytest.mark.parametrize(("days", "met"), [(13, True), (14, True), (15, False)])
def test_a_feature_that_the_ledger_saw_in_time_is_not_missing(days: int, met: bool) -> None:
    words = "values within 14 days"
    assert (missing(words, {"200/state=on"}, {"200/state=off": days}) == ()) is met


def test_the_ledger_does_not_count_for_a_requirement_of_this_run() -> None:
    assert missing("values", {"200/state=on"}, {"200/state=off": 0})


def test_success_may_be_required_although_it_always_is() -> None:
    assert missing("success", set()) == ()


def test_the_required_number_of_answers_is_enough() -> None:
    assert missing("answers=3", set(), answers=3) == ()
    (unmet,) = missing("answers=3", set(), answers=2)
    assert unmet.words == "2 of 3 answers"
