"""What a replay takes from the report, where the options are silent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts.openapi import ConfigurationError
from contracts.run.replay import replay_settings
from contracts.verdict.redaction import Redaction
from contracts.verdict.replay import ReportedRun
from tests.support.replays import FINDING, became

REPORTED = became().reported


def settings(reported: ReportedRun = REPORTED, variables: Any = None, **given: Any) -> Any:
    return replay_settings(reported, given, variables or {})


@pytest.mark.parametrize(
    ("given", "variables", "asked"),
    [
        ({}, {}, "http://h"),
        ({"base_url": "http://other"}, {}, "http://other"),
        ({}, {"CONTRACT_BASE_URL": "http://third"}, "http://third"),
        ({"base_url": "http://other"}, {"CONTRACT_BASE_URL": "http://third"}, "http://other"),
    ],
)
def test_the_reports_target_is_asked_unless_another_one_is_named(
    given: dict[str, Any], variables: dict[str, str], asked: str
) -> None:
    assert settings(variables=variables, **given).base_url == asked


def test_a_service_that_is_started_is_asked_in_place_of_the_reports_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRACT_START_PORT", "4001")
    assert settings(start="serve {port}").base_url == "http://127.0.0.1:4001"


def test_a_target_that_is_no_url_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="captured answers, which cannot be asked; name"):
        settings(replace(REPORTED, target="captured answers"))


@pytest.mark.parametrize(
    ("profile", "given", "times"),
    [("ci", None, 0), ("nightly", None, 2), ("nightly", 0, 0), ("of another version", None, 0)],
)
def test_it_is_sent_again_as_often_as_in_the_reports_profile(profile: str, given: int | None, times: int) -> None:
    found = settings(replace(REPORTED, profile=profile), retries=given)
    assert found.session.retries.most == times
    # The inputs of the profile play no part, nor what it requires.
    assert (found.profile.name, found.seed, found.example_database) == ("ci", "", "")


def test_what_the_report_redacts_is_redacted() -> None:
    reported = replace(REPORTED, redaction=Redaction.at(["/a", "/b"]))
    assert settings(reported, redact=["/b", "/c"]).redaction == Redaction.at(["/b", "/c", "/a"])


def test_a_resource_that_was_refused_though_it_exists_is_known_to_exist() -> None:
    violation = replace(FINDING.violation, rule="status.known-resource")
    (path,) = settings().known
    witness = replace(FINDING.witness, operation=path)
    reported = replace(REPORTED, findings=(replace(FINDING, violation=violation, witness=witness),))
    assert settings(reported).known == {path: (("it0",),)}
    assert settings(reported, job_id=["one"]).known == {path: (("one",), ("it0",))}
