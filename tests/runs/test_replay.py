"""`contract replay` asks again for what broke, and says of each violation whether it is fixed."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from contracts import reports
from contracts.http.exchange import Response
from contracts.openapi import load
from strategies.faults import faults
from strategies.mock.answering import Reply
from strategies.mock.faulty import breaking
from strategies.mock.server import Asked, Change
from tests.standin.running import running
from tests.support.pinned import DOCUMENT, IDS, KNOWN, OPERATION
from tests.support.replaying import TWO, altering, gone, misspelt, replayed, report_of
from tests.support.suite import BRIEFLY, run_command, run_suite

FOLDER = Path(reports.__file__).parent


def schema(name: str) -> Any:
    return json.loads((FOLDER / name).read_text("utf-8"))


REPLAY_FORMAT = jsonschema.Draft202012Validator(
    schema("replay.schema.json"),
    registry=Registry().with_resource("report.schema.json", Resource.from_contents(schema("report.schema.json"))),
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of a run in which the first two of the known jobs have a status that nobody knows."""
    return report_of(tmp_path_factory.mktemp("reports"), altering(misspelt, TWO))


@pytest.fixture(scope="module")
def standin_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("standin")
    with running("--defect", "untagged", "--defect", "naive-datetimes") as standin:
        ids = [word for job_id in standin.job_ids for word in ("--job-id", job_id)]
        common = ("--overlay", "fastapi")
        first = run_suite(
            "--base-url", standin.url, *ids, *common, *BRIEFLY, "--report-dir", str(folder), SGP_API_KEY=standin.key
        )
        assert first.code == 1, first.output
        # Without --base-url the server is asked that the report is of.
        again = run_command("replay", str(folder / "report.json"), *common, SGP_API_KEY=standin.key)
    assert again.code == 1, again.output
    lines = [line for line in again.output.splitlines() if line.startswith("STILL THERE")]
    assert {line.split(" at ")[0].split()[-1] for line in lines} == {"union.tag-missing", "schema.format"}
    assert all("there 3 of 3 times" in line for line in lines)
    assert again.output.splitlines()[-1] == "VIOLATES  2 violations of report.json: 2 still there"
    return folder / "report.json"


def test_a_build_that_claims_the_fix_is_asked_for_what_broke_and_nothing_else(
    standin_report: Path, tmp_path: Path
) -> None:
    with running() as standin:
        options = ("--base-url", standin.url, "--overlay", "fastapi", "--report-dir", str(tmp_path))
        result = run_command("replay", str(standin_report), *options, SGP_API_KEY=standin.key)
        turned_away = run_command("replay", str(standin_report), *options[:4], SGP_API_KEY="nobody's")
    assert result.code == 0, result.output
    assert result.output.splitlines()[-1] == "CONFORMS  2 violations of report.json: 2 fixed"
    written = json.loads((tmp_path / "replay.json").read_text("utf-8"))
    REPLAY_FORMAT.validate(written)
    assert [each["result"] for each in written["violations"]] == ["FIXED", "FIXED"]
    assert written["requests"]["total"] == 12  # Two violations and a sibling of each, three times.
    archive = json.loads((tmp_path / "replay.har").read_text("utf-8"))
    assert len(archive["log"]["entries"]) == 12
    assert standin.key not in result.output + (tmp_path / "replay.json").read_text() + json.dumps(archive)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["replay.har", "replay.json"]
    assert turned_away.code == 6, turned_away.output
    assert turned_away.output.count("NOT TESTED") == 2
    assert turned_away.output.splitlines()[-1] == (
        "INCONCLUSIVE  no evidence: whatever was asked for was answered 401; is SGP_API_KEY set, and right? "
        "(2 violations of report.json: 2 not tested)"
    )


def test_what_is_there_every_time_is_still_there_with_a_command_that_shows_it(report: Path) -> None:
    result = replayed(report, altering(misspelt, TWO))
    assert (result.code, result.words) == (1, ["STILL THERE"])
    assert result.told[0][1:] == ("schema.enum at /status of 200", f"there 3 of 3 times, and on {KNOWN[1]}")
    assert "\n             curl -sS -i " in result.result.output
    assert result.headline == "VIOLATES  1 violation of report.json: 1 still there"


def test_what_is_there_now_and_then_is_sometimes_there(report: Path) -> None:
    result = replayed(report, altering(misspelt, TWO[:1], every=2))
    assert (result.code, result.words) == (1, ["SOMETIMES"])
    assert "there 2 of 3 times" in result.told[0][2]


def test_what_only_a_sibling_shows_is_not_fixed(report: Path) -> None:
    result = replayed(report, altering(misspelt, TWO[1:]))
    assert (result.code, result.words) == (1, ["SOMETIMES"])
    assert result.told[0][2] == f"there 0 of 3 times, and on {KNOWN[1]}"


def test_what_was_not_there_each_time_is_asked_for_more_often(tmp_path: Path) -> None:
    rare = report_of(tmp_path, altering(misspelt, TWO[:1], every=2))
    recurrence = json.loads(rare.read_text("utf-8"))["violations"][0]["recurrence"]
    assert recurrence["often"] == "sometimes"
    assert "there 0 of 12 times" in replayed(rare).told[0][2]


def now_and_then(every: int, ids: tuple[str, ...] = ("",)) -> Change:
    """Return a change by which one of so many successes has a status that nobody knows, the last one first."""
    asked = itertools.count(1)
    misspell = altering(misspelt, ids)
    return lambda request, response: (
        misspell(request, response) if response.status == 200 and next(asked) % every == 0 else response
    )


def test_what_was_rare_is_asked_for_until_it_would_be_there_again(tmp_path: Path) -> None:
    rare = report_of(tmp_path, now_and_then(29))
    (entry,) = json.loads(rare.read_text("utf-8"))["violations"]
    assert entry["recurrence"]["often"] != "always"
    there = replayed(rare, now_and_then(29))
    assert (there.code, there.words) == (1, ["SOMETIMES"])
    fixed = replayed(rare)
    assert (fixed.code, fixed.words) == (0, ["FIXED"])
    assert 100 < fixed.requests < 200
    # A budget that does not suffice says so.
    stopped = replayed(rare, options=("--max-requests", "50"))
    assert (stopped.code, stopped.words) == (6, ["NOT TESTED"])
    assert "the budget of 50 requests is used up" in stopped.told[0][2]


def test_what_was_too_rare_to_be_seen_again_is_not_said_to_be_fixed(tmp_path: Path) -> None:
    rare = report_of(tmp_path, now_and_then(200))
    result = replayed(rare)
    assert (result.code, result.words) == (6, ["NOT TESTED"])
    assert re.fullmatch(r"not seen in 300 answers; it was in 1 of \d+ before: too rare to tell", result.told[0][2]), (
        result.told
    )
    # It is asked for no more once it is there.
    assert replayed(rare, now_and_then(9)).requests < 50
    # Where the job is gone, and no other had it, nothing more is to be learned.
    gone_by_now = replayed(rare, gone(""))
    assert (gone_by_now.words, gone_by_now.requests < 50) == (["NOT TESTED"], True)


def test_a_job_that_is_gone_tests_nothing(report: Path) -> None:
    result = replayed(report, gone(*TWO))
    assert (result.code, result.words) == (6, ["NOT TESTED"])
    assert result.told[0][2] == "the resource is refused by 404; is it gone?"
    assert result.headline == (
        "INCONCLUSIVE  no evidence: whatever was asked for was answered 404; is the path in --base-url right, "
        "and do these ids exist? (1 violation of report.json: 1 not tested)"
    )


def test_another_job_that_had_the_violation_stands_in_for_one_that_is_gone(report: Path) -> None:
    result = replayed(report, gone(KNOWN[0]))
    assert (result.code, result.words) == (0, ["FIXED"])
    assert result.told[0][2] == f"there 0 of 3 times on {KNOWN[1]}, which had it too; this one is gone"


def test_a_rule_that_is_broken_in_another_way_at_the_same_place_is_still_broken(report: Path) -> None:
    result = replayed(report, altering(lambda body: {**body, "status": "OVER"}, TWO))
    assert (result.code, result.words) == (1, ["STILL THERE"])
    assert '\n             now: schema.enum at /status of 200: expected "PENDING"' in result.result.output
    assert 'got "OVER"' in result.result.output


def test_a_fix_that_breaks_something_else_is_told_and_not_green(report: Path) -> None:
    result = replayed(report, altering(lambda body: {**body, "id": "x"}, TWO))
    assert (result.code, result.words) == (1, ["FIXED", "NEW"])
    assert result.told[1][1] == "overlay.equals at /id of 200"
    assert result.headline == "VIOLATES  1 violation of report.json: 1 fixed, 1 new"


def test_a_sibling_that_breaks_the_rule_in_another_way_is_told(report: Path) -> None:
    result = replayed(report, altering(lambda body: {**body, "status": "OVER"}, TWO[1:]))
    assert (result.code, result.words) == (1, ["SOMETIMES"])
    assert 'got "OVER"' in result.result.output


def test_what_the_resource_shows_to_another_request_alone_is_not_fixed(tmp_path: Path) -> None:
    def break_plain(asked: Asked, response: Response) -> Reply:
        return response if "?" in asked.target else misspell(asked, response)

    misspell = altering(misspelt, TWO[:1])
    rename = altering(lambda body: {**body, "id": "x"}, TWO[:1])
    path = report_of(tmp_path, misspell, rename)
    contents = json.loads(path.read_text("utf-8"))
    (status,) = [each for each in contents["violations"] if each["rule"] == "schema.enum"]
    status["witness"]["request"]["url"] += "?page=2"
    path.write_text(json.dumps(contents))
    result = replayed(path, break_plain)
    assert result.told[1] == ("SOMETIMES", "schema.enum at /status of 200", f"there 0 of 3 times, and on {KNOWN[0]}")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "turned away: answered 401"),
        (403, "turned away: answered 403"),
        (302, "turned away: answered 302"),
        (503, "the service does not answer behind its gateway: 503"),
        (422, "the resource is refused by 422; is it gone?"),
        (418, "answered 418, and the violation is of 200"),
    ],
)
def test_an_answer_of_another_kind_tests_nothing(report: Path, status: int, words: str) -> None:
    def refuse(asked: Asked, response: Response) -> Response:
        return Response(status, (("Content-Type", "application/json"),), b"{}")

    result = replayed(report, refuse)
    assert ("NOT TESTED", words) in [(word, what) for word, _, what in result.told]
    # That a job which exists gets 418 is a violation of its own.
    assert (result.code, "NEW" in result.words) == ((1, True) if status == 418 else (6, False)), result.result.output


def test_a_body_that_cannot_be_read_tests_nothing_in_it(report: Path) -> None:
    def garble(asked: Asked, response: Response) -> Response:
        return Response(response.status, response.headers, b"{") if response.status == 200 else response

    result = replayed(report, garble)
    assert (result.code, result.words) == (1, ["NOT TESTED", "NEW"])
    assert [what for _, what, _ in result.told][1] == "json.malformed at byte 1 of 200"


def test_every_violation_is_asked_for_and_not_only_the_first_ones(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(60)]
    thing = {"type": "object", "required": names, "properties": {name: {"type": "string"} for name in names}}
    response = {"200": {"description": "", "content": {"application/json": {"schema": thing}}}}
    parameter = {"name": "thing", "in": "path", "required": True, "schema": {"type": "string"}}
    contents = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/things/{thing}": {"get": {"parameters": [parameter], "responses": response}}},
    }
    file = tmp_path / "document.json"
    file.write_text(json.dumps(contents))
    document = load(file)
    broken: Change = altering(lambda body: dict.fromkeys(names, 1), ("",))
    options = ("--document", str(file))
    many = report_of(tmp_path / "reports", broken, options=(*options, "--job-id", "a", *BRIEFLY), document=document)
    result = replayed(many, broken, options=options, document=document)
    assert result.headline == "VIOLATES  60 violations of report.json: 60 still there"
    assert replayed(many, options=options, document=document).words == ["FIXED"] * 60
    # By another document none of it can be asked for.
    other = run_command("replay", str(many), "--base-url", "http://127.0.0.1:1")
    assert other.code == 4
    assert "is a report by another document, document.json (sha256 " in other.errors


def test_a_redacted_value_is_compared_and_shown_by_no_replay(tmp_path: Path) -> None:
    secret = altering(lambda body: {**body, "status": "HIDDEN"}, TWO)
    report = report_of(tmp_path / "reports", secret, options=(*IDS, *BRIEFLY, "--redact", "/status"))
    options = ("--report-dir", str(tmp_path / "replay"))
    result = replayed(report, secret, options=options)
    assert (result.code, result.words) == (1, ["STILL THERE"])
    written = [file.read_text("utf-8") for file in (tmp_path / "replay").iterdir()]
    assert len(written) == 2
    assert not [text for text in (result.result.output, *written) if "HIDDEN" in text]
    assert "now" not in replayed(report).told[0][2].replace('now "[redacted]"', "")


WAIVER = """
[[waiver]]
rule = "schema.enum"
place = "/status"
reason = "known"
owner = "us"
expires = 9000-01-01
"""


def test_a_waived_violation_is_told_and_decides_nothing(report: Path, tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.toml"
    waivers.write_text(WAIVER)
    given = ("--waivers", str(waivers))
    result = replayed(report, altering(misspelt, TWO), options=given)
    assert (result.code, result.words) == (0, ["STILL THERE"])
    assert result.headline == "CONFORMS  1 violation of report.json: 1 waived and still there"
    assert "\n             waived until 9000-01-01 by us: known" in result.result.output
    # A waiver of the run that the report is of holds until its date, and so does that of a new violation.
    run_options = (*IDS, *BRIEFLY, *given)
    other = altering(lambda body: {**body, "id": "x"}, TWO)
    waived = report_of(tmp_path / "reports", altering(misspelt, TWO), other, options=run_options)
    again = replayed(waived, altering(misspelt, TWO))
    assert (again.code, again.words) == (0, ["FIXED", "STILL THERE"])
    assert again.headline == "CONFORMS  2 violations of report.json: 1 fixed, 1 waived and still there"


def accepting(asked: Asked, response: Response) -> Response:
    return Response(200, response.headers, b"{}") if asked.method == "DELETE" else response


def test_methods_that_may_change_things_are_sent_to_a_disposable_target_alone(tmp_path: Path) -> None:
    probing = ("--probe-methods", "--disposable")
    report = report_of(tmp_path, accepting, options=(*IDS, "-k", "undocumented or known", *probing))
    sent: list[str] = []

    def note(asked: Asked, response: Response) -> Response:
        sent.append(asked.method)
        return response

    result = replayed(report, note)
    assert (result.code, set(result.words), {*sent}) == (6, {"NOT TESTED"}, {"GET"})
    assert result.told[0][2] == "DELETE is sent by --probe-methods --disposable alone"
    again = replayed(report, note, accepting, options=probing)
    assert (again.code, set(again.words), sent.count("DELETE")) == (1, {"STILL THERE"}, 1)
    fixed = replayed(report, note, options=probing)
    assert (fixed.code, set(fixed.words)) == (0, {"FIXED"})
    refused = run_command("replay", str(report), "--probe-methods")
    assert (refused.code, "say so by --disposable" in refused.errors) == (4, True)


def test_a_job_that_exists_and_is_refused_still_is(tmp_path: Path) -> None:
    report = report_of(tmp_path, gone(KNOWN[0]))
    result = replayed(report, gone(KNOWN[0]))
    assert (result.code, {*result.words}) == (1, {"STILL THERE"})
    assert replayed(report).code == 0


def test_an_id_that_was_answered_as_another_is_fixed_once_it_is_refused(tmp_path: Path) -> None:
    def in_any_case(asked: Asked, response: Response) -> Response:
        known = next((each for each in KNOWN if asked.target.lower().endswith(each) and each not in asked.target), None)
        return answers[known] if known in answers else keep(asked, response)

    answers: dict[str | None, Response] = {}

    def keep(asked: Asked, response: Response) -> Response:
        answers[asked.target.rpartition("/")[2]] = response
        return response

    options = (*IDS, "-k", "known or drawn")
    report = report_of(tmp_path, in_any_case, options=options)
    rules = {each["rule"] for each in json.loads(report.read_text("utf-8"))["violations"]}
    assert rules <= {"overlay.equals", "overlay.alias"}
    assert {*replayed(report, in_any_case).words} == {"STILL THERE"}
    assert replayed(report).code == 0
    every_job_is_gone = gone("", status=422)
    # Where the job is gone as which the id was answered, a refusal of the id shows nothing.
    untested = replayed(report, every_job_is_gone, options=tuple(IDS))
    assert (untested.code, {*untested.words}) == (6, {"NOT TESTED"}), untested.result.output


def test_a_refusal_of_a_strange_id_is_still_there_if_it_was_a_violation(tmp_path: Path) -> None:
    def refuse(asked: Asked, response: Response) -> Response:
        return Response(400, (), b"no") if "%00" in asked.target else response

    report = report_of(tmp_path, refuse, options=(*IDS, "-k", "known or classes", "--strict-refusals"))
    assert {*replayed(report, refuse).words} == {"STILL THERE"}
    assert replayed(report).code == 0


def test_answers_that_were_mixed_up_are_asked_for_together_again(tmp_path: Path) -> None:
    def swapping() -> Change:
        return breaking(DOCUMENT, [fault for fault in faults(OPERATION) if fault.rule == "overlay.swapped"])

    options = (*IDS, "--hypothesis-profile", "nightly", "-k", "flight", "--require", "answers=1")
    report = report_of(tmp_path, swapping(), options=options)
    rules = {each["rule"] for each in json.loads(report.read_text("utf-8"))["violations"]}
    assert rules == {"overlay.swapped"}
    there = replayed(report, swapping())
    assert (there.code, there.words) == (1, ["STILL THERE"])
    assert replayed(report).words == ["FIXED"]
