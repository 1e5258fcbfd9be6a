"""A replay in words and as JSON: a line for each violation, of one form, whatever a server sent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from referencing import Registry, Resource

from contracts import reports
from contracts.http.rejection import AllRejected, Rejection
from contracts.reports.messages import MAX_LINE
from contracts.reports.replay_words import replay_headline, replay_lines, replay_words
from contracts.reports.report_json import replay_report
from contracts.verdict.replay import Obstacle, Replay, ReplayedFinding, ReplayOutcome, Untested
from contracts.verdict.verdict import Verdict
from tests.support.pet_verdicts import DOCUMENT, HOSTILE, verdicts
from tests.support.replays import FINDING, WAIVER, became, replay_of
from tests.support.verdicts import run_on

FIXED, UNTESTED, SOMETIMES, STILL = ReplayOutcome


def schema(name: str) -> Any:
    return json.loads(Path(reports.__file__).with_name(name).read_text("utf-8"))


FORMAT = jsonschema.Draft202012Validator(
    schema("replay.schema.json"),
    registry=Registry().with_resource("report.schema.json", Resource.from_contents(schema("report.schema.json"))),
    format_checker=jsonschema.FormatChecker(),
)


REJECTED = "no evidence: whatever was asked for was answered 403; may this key read these resources?"


@pytest.mark.parametrize(
    ("replay", "headline"),
    [
        (became(FIXED), "1 violation of r.json: 1 fixed"),
        (became(FIXED, FIXED, UNTESTED), "3 violations of r.json: 2 fixed, 1 not tested"),
        (became(STILL, SOMETIMES, new=2), "2 violations of r.json: 1 sometimes there, 1 still there, 2 new"),
        (became(waived=(STILL, FIXED)), "2 violations of r.json: 1 waived and fixed, 1 waived and still there"),
        (
            replace(became(FIXED), run=run_on(DOCUMENT, "the run was interrupted")),
            "1 violation of r.json: 1 fixed; the run was interrupted",
        ),
        (
            replace(became(UNTESTED), rejected=AllRejected((Rejection(403),))),
            f"{REJECTED} (1 violation of r.json: 1 not tested)",
        ),
        (replace(became(STILL), rejected=AllRejected((Rejection(403),))), "1 violation of r.json: 1 still there"),
    ],
)
def test_the_headline_counts_what_became_of_all(replay: Replay, headline: str) -> None:
    assert replay_headline(replay) == headline


def result_of(outcome: ReplayOutcome, **fields: Any) -> ReplayedFinding:
    return ReplayedFinding(FINDING, outcome, **{"resource": ("it0",), **fields})


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (result_of(FIXED, tested=3), "there 0 of 3 times"),
        (result_of(FIXED, tested=3, came='"a"'), 'there 0 of 3 times, now "a"'),
        (
            result_of(FIXED, tested=3, came='"a"', resource=("it1",)),
            "there 0 of 3 times on it1, which had it too; this one is gone",
        ),
        (result_of(STILL, shown=1, tested=1), "there 1 of 1 time"),
        (result_of(SOMETIMES, shown=1, tested=3, elsewhere=(("a", "b"),)), "there 1 of 3 times, and on a/b"),
        (result_of(STILL, shown=3, tested=3, elsewhere=(("a",), ("b",))), "there 3 of 3 times, and on a and 1 more"),
        (
            result_of(UNTESTED, tested=2, untested=Untested(Obstacle.UNANSWERED, "reset")),
            "no answer came (reset); not there in the 2 times that could be judged",
        ),
        (
            result_of(UNTESTED, tested=300, untested=Untested(Obstacle.TOO_RARE, "3 of 4,000")),
            "not seen in 300 answers; it was in 3 of 4,000 before: too rare to tell",
        ),
        (
            result_of(UNTESTED, untested=Untested(Obstacle.REJECTED, "200 page")),
            "turned away: answered 200 with an HTML page",
        ),
    ],
)
def test_a_result_says_how_often_and_where_or_why_not(result: ReplayedFinding, words: str) -> None:
    assert replay_words(result) == words


@pytest.mark.parametrize("obstacle", Obstacle)
def test_every_obstacle_has_words(obstacle: Obstacle) -> None:
    words = replay_words(result_of(UNTESTED, untested=Untested(obstacle, HOSTILE)))
    assert words.isprintable()
    assert words


@given(verdicts, st.sampled_from(ReplayOutcome), st.booleans())
def test_all_is_told_on_short_printable_lines_and_fits_its_schema(
    verdict: Verdict, outcome: ReplayOutcome, waived: bool
) -> None:
    untested = Untested(Obstacle.OTHER_STATUS, "500") if outcome is UNTESTED else None
    results = [
        ReplayedFinding(
            each,
            outcome,
            each.witness.request.parameter_values,
            3,
            3,
            untested,
            ((HOSTILE,),),
            each.violation if outcome in (STILL, SOMETIMES) else None,
            each.violation.actual,
            each.witness,
            WAIVER if waived else None,
        )
        for each in verdict.findings
    ]
    replay = replay_of(results, verdict.findings)
    for line in (*replay_lines(replay), replay_headline(replay)):
        assert line.isprintable(), line
        assert len(line) <= MAX_LINE
    text = json.dumps(replay_report(replay))
    FORMAT.validate(json.loads(text))
    told = [line for line in replay_lines(replay) if line.startswith(str(outcome).ljust(13))]
    assert len(told) == len(results)
