"""`--changes-since`: what changed since an earlier document, in the verdict and the reports of a run."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
from referencing import Registry, Resource

from contracts import reports
from tests.support.code_quality import CODE_QUALITY
from tests.support.differing import thing
from tests.support.serving_bytes import serving
from tests.support.suite import Result, headlines, refused, run_command, run_pytest, run_suite
from tests.support.tiny import JSON

OLD: Final = thing(state={"enum": ["a"]}, gone={"type": "string"})
NEW: Final = thing(state={"enum": ["a", "b"]}, more={"type": "integer"})
LINE: Final = 'value-added at /state of GET /things 200: "b" is a new value'
WAIVER: Final = """
[[waiver]]
rule = "change.value-added"
operation = "/things"
place = "/state"
reason = "all clients know it; API-1"
owner = "shop team"
expires = 2999-12-31
"""


def schema(name: str) -> Any:
    return json.loads(Path(reports.__file__).with_name(name).read_text("utf-8"))


FORMAT: Final = jsonschema.Draft202012Validator(
    schema("report.schema.json"),
    registry=Registry().with_resource("diff.schema.json", Resource.from_contents(schema("diff.schema.json"))),
)


def write(folder: Path, name: str, answer: Any, **more: Any) -> str:
    """Write a document of one operation that answers with the schema, and of more; return its path."""
    described = {"200": {"description": "", "content": {JSON: {"schema": answer}}}}
    paths = {"/things": {"get": {"responses": described}}, **more}
    contents = {"openapi": "3.1.0", "info": {"title": "Tiny", "version": "7"}, "paths": paths}
    file = folder / name
    file.write_text(json.dumps(contents, indent=1), "utf-8")
    return str(file)


@pytest.fixture
def old(tmp_path: Path) -> str:
    return write(tmp_path, "old.json", OLD)


@pytest.fixture
def new(tmp_path: Path) -> str:
    return write(tmp_path, "new.json", NEW)


def part(result: Result) -> list[str]:
    """The lines of a verdict on the changes of the document."""
    lines = result.verdict
    first = next(number for number, line in enumerate(lines) if line.startswith("changes  "))
    length = next(number for number, line in enumerate(lines[first + 1 :], 1) if not line.startswith(" " * 12))
    return lines[first : first + length]


def test_a_breaking_change_fails_the_run_and_is_told_in_its_verdict(old: str, new: str) -> None:
    result = run_suite("--document", new, "--changes-since", old)
    assert result.code == 1
    (headline,) = headlines(result)
    assert headline.startswith(f"VIOLATES  1 breaking change since {old}; ")
    assert headline.endswith(" answers kept what the document promises")
    first, change, remarks = part(result)
    assert first == f"changes     since {old}: 1 breaking, 1 widening, 1 narrowing"
    assert change == f"{' ' * 12}breaking  {LINE}"
    assert remarks.startswith(f"{' ' * 14}{old}:")
    assert "answers of this run show it" in remarks
    assert result.violations == []


def test_a_replay_does_not_say_that_nothing_broke_where_the_document_did(tmp_path: Path, old: str, new: str) -> None:
    run_suite("--document", new, "--changes-since", old, "--report-dir", str(tmp_path))
    report = tmp_path / "report.json"
    again = run_command("replay", str(report), "--document", new, "--base-url", "http://127.0.0.1:1")
    assert again.code == 6
    assert again.output == (
        f"INCONCLUSIVE  nothing to replay: {report} is VIOLATES by changes of the document alone, "
        "and a replay asks for violations; compare again by `contract verify --changes-since`\n"
    )


def test_both_drivers_and_workers_come_to_the_same_verdict(old: str, new: str) -> None:
    options = ("--document", new, "--changes-since", old)
    here = run_suite(*options)
    for more in ((), ("-n", "2")):
        by_pytest = run_pytest(*options, *more)
        assert by_pytest.code == 1
        assert headlines(by_pytest) == headlines(here)
        # Which of its answers the mock shows depends on the process that asks.
        assert part(by_pytest)[:2] == part(here)[:2]


def test_every_report_of_the_run_has_the_changes(tmp_path: Path, old: str, new: str) -> None:
    options = ("--document", new, "--changes-since", old, "--report-dir", str(tmp_path / "out"))
    printed = run_suite(*options, GITHUB_ACTIONS="true").output
    assert f"title=change.value-added::{LINE}" in printed
    out = {file.name: file.read_text("utf-8") for file in (tmp_path / "out").iterdir() if file.suffix}
    report = json.loads(out["report.json"])
    FORMAT.validate(report)
    changes = report["changes"]
    assert [each["rule"] for each in changes["changes"]] == [
        "change.value-added", "change.property-removed", "change.property-added"
    ]  # fmt: skip
    seen = changes["changes"][0]["seen"]
    assert 0 < seen["count"] < seen["of"] == report["requests"]["answers"]["200"]
    assert f"### Changes since {old}: 1 breaking, 1 widening, 1 narrowing".replace("_", "\\_") in out["report.md"]
    assert f"- **breaking** `{LINE}`" in out["report.md"]
    page = out["report.html"]
    assert "Changes of the document" in page
    assert "{&#34;state&#34;: &#34;b&#34;}" in page
    (run,) = json.loads(out["report.sarif"])["runs"]
    rules = [each["id"] for each in run["tool"]["driver"]["rules"]]
    assert [(each["level"], rules[each["ruleIndex"]]) for each in run["results"]] == [
        ("error", "change.value-added"), ("note", "change.property-removed"), ("note", "change.property-added")
    ]  # fmt: skip
    issues = json.loads(out["gl-code-quality.json"])
    CODE_QUALITY.validate(issues)
    assert [each["check_name"] for each in issues][:1] == ["change.value-added"]
    failed = ET.fromstring(out["junit.xml"]).findall("testsuite/testcase/failure")
    assert [each.text for each in failed] == [LINE]


def test_a_waived_change_is_told_and_fails_nothing(tmp_path: Path, old: str, new: str) -> None:
    file, out = tmp_path / "waivers.toml", tmp_path / "out"
    file.write_text(WAIVER, "utf-8")
    options = ("--document", new, "--waivers", str(file))
    result = run_suite(*options, "--changes-since", old, "--report-dir", str(out))
    assert result.code == 0, result.output
    first, waived = part(result)
    assert first == f"changes     since {old}: 1 widening, 1 narrowing, 1 waived"
    reason = "until 2999-12-31 by shop team: all clients know it; API-1"
    assert waived == f"{' ' * 12}waived    breaking  {LINE} ({reason})"
    report = json.loads((out / "report.json").read_text("utf-8"))
    FORMAT.validate(report)
    assert [each["waiver"]["owner"] for each in report["changes"]["waived"]] == ["shop team"]
    # Of a run that compares nothing it is no waiver that has nothing to do.
    assert "stale" not in run_suite(*options).output
    assert "stale       waiver 1 of shop team" in run_suite(*options, "--changes-since", new).output


def test_drafted_waivers_accept_the_changes_that_count_once_they_say_why(tmp_path: Path) -> None:
    pattern = {"type": "string", "pattern": "^(a|b)+$"}
    old = write(tmp_path, "old.json", thing(**OLD["properties"], text=pattern))
    new = write(tmp_path, "new.json", thing(**NEW["properties"], text={**pattern, "pattern": "^[ab]+$"}))
    file = tmp_path / "waivers.toml"
    options = ("--document", new, "--changes-since", old)
    result = run_suite(*options, "--write-waivers", str(file))
    assert "drafts waivers for what stands" in result.output
    assert "has no reason yet" in refused(run_suite(*options, "--waivers", str(file)))
    file.write_text(file.read_text("utf-8").replace("TODO", "agreed"), "utf-8")
    result = run_suite(*options, "--waivers", str(file))
    assert result.code == 0, result.output
    assert part(result)[0].endswith(": 1 widening, 1 narrowing, 2 waived")
    again = tmp_path / "again.toml"
    result = run_suite(*options, "--waivers", str(file), "--write-waivers", str(again))
    assert "there is nothing to waive" in result.output


def test_a_waiver_that_has_expired_accepts_no_change_and_is_named(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(WAIVER.replace("2999", "2020"), "utf-8")
    result = run_suite("--document", new, "--changes-since", old, "--waivers", str(file))
    assert result.code == 1
    assert part(result)[2].endswith(" · waiver 1 of shop team expired on 2020-12-31")


def test_the_headline_says_what_answers_broke_and_what_changes_break(old: str, new: str) -> None:
    answers = {"/things": (200, {"Content-Type": JSON}, b'{"state": "c"}')}
    with serving(answers) as (url, _):
        result = run_suite("--document", new, "--changes-since", old, "--base-url", url)
    (headline,) = headlines(result)
    assert headline.startswith("VIOLATES  1 distinct violation in ")
    assert headline.endswith(f" answers; 1 breaking change since {old}")
    # None of these answers shows the new value.
    assert " · 0 of " in part(result)[2]


def test_documents_that_promise_the_same_change_nothing(tmp_path: Path, new: str) -> None:
    same = write(tmp_path, "same.json", {**NEW, "description": "in other words"})
    result = run_suite("--document", new, "--changes-since", same)
    assert result.code == 0, result.output
    assert part(result) == [f"changes     since {same}: 1 equivalent"]


def test_a_change_of_which_it_is_not_known_whether_it_breaks_leaves_the_run_inconclusive(tmp_path: Path) -> None:
    old = write(tmp_path, "old.json", {"type": "string", "pattern": "^(a|b)+$"})
    new = write(tmp_path, "new.json", {"type": "string", "pattern": "^[ab]+$"})
    result = run_suite("--document", new, "--changes-since", old)
    assert result.code == 6, result.output
    (headline,) = headlines(result)
    assert headline.endswith(f"it is not known whether 1 change since {old} may break clients")


def test_a_run_that_ends_early_tells_the_changes_all_the_same(old: str, new: str) -> None:
    result = run_suite("--document", new, "--changes-since", old, "--max-requests", "2")
    assert result.code == 1
    (headline,) = headlines(result)
    assert headline.startswith(f"VIOLATES  1 breaking change since {old}; 2 answers broke no promise; ")
    assert len(part(result)) == 3


def test_the_environment_may_name_the_earlier_document_and_what_sends_nothing_takes_no_heed(
    tmp_path: Path, old: str, new: str
) -> None:
    assert run_suite("--document", new, CONTRACT_CHANGES_SINCE=old).code == 1
    body = tmp_path / "body.json"
    body.write_text("{}", "utf-8")
    checked = run_command(
        "check", str(body), "--status", "200", "--path", "/things", "--document", new, CONTRACT_CHANGES_SINCE=old
    )
    assert checked.code == 0, checked.output


def test_only_the_chosen_operations_are_compared(tmp_path: Path, new: str) -> None:
    other = {"/others": {"get": {"responses": {"200": {"description": ""}}}}}
    old, both = (write(tmp_path, name, NEW, **other) for name in ("old.json", "both.json"))
    assert run_suite("--document", new, "--changes-since", old).code == 1
    result = run_suite("--document", both, "--changes-since", new, "--operation", "/things")
    assert part(result) == [f"changes     since {new}: 1 equivalent"]
    result = run_suite("--document", new, "--changes-since", old, "--operation", "/things")
    assert part(result) == [f"changes     since {old}: 1 equivalent"]
    result = run_suite("--document", both, "--changes-since", new, "--operation", "/others")
    assert part(result) == [f"changes     since {new}: 1 widening"]


def test_the_merge_of_shards_compares_what_no_shard_does(tmp_path: Path, old: str, new: str) -> None:
    tallies = [str(tmp_path / f"{number}.json") for number in (1, 2)]
    for number, tally in enumerate(tallies, 1):
        options = ("--document", new, "--changes-since", old, "--shard", f"{number}/2", "--tally", tally)
        result = run_suite(*options)
        assert result.code == 0, result.output
        assert "changes " not in result.output
    merged = run_command("merge", *tallies)
    assert merged.code == 1
    assert part(merged)[1] == f"{' ' * 12}breaking  {LINE}"


@pytest.mark.parametrize(
    "secret", ["https://me:pass@specs.example/old.json", "https://specs.example/old.json?key=pass"]
)
def test_a_shard_takes_no_url_that_may_hold_a_secret_which_its_file_would_hold(tmp_path: Path, secret: str) -> None:
    line = refused(run_suite("--changes-since", secret, "--shard", "1/2", "--tally", str(tmp_path / "1.json")))
    assert line.startswith("ERROR: --changes-since https://specs.example/old.json: the file of a shard would hold")
    assert "pass" not in line
    assert not any(tmp_path.iterdir())


def test_the_earlier_document_is_taken_from_git(tmp_path: Path, old: str, new: str) -> None:
    def git(*words: str) -> None:
        named = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *named, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    git("add", "old.json")
    git("commit", "-q", "-m", "first")
    git("tag", "v1")
    environment = {"GIT_DIR": str(tmp_path / ".git")}
    options = ("--document", new, "--changes-since")
    result = run_suite(*options, "v1:old.json", **environment)
    assert part(result)[0] == "changes     since v1:old.json: 1 breaking, 1 widening, 1 narrowing"
    line = refused(run_suite(*options, "v0:old.json", **environment))
    assert line.startswith("ERROR: --changes-since v0:old.json: git knows no revision 'v0'; name one that")


@pytest.mark.parametrize("by", [run_suite, run_pytest])
def test_an_earlier_document_that_cannot_be_read_ends_the_run_before_the_first_request(by: Any, new: str) -> None:
    answers = {
        "/page": (200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>"),
        "/things": (200, {"Content-Type": JSON}, b"{}"),
    }
    with serving(answers) as (url, asked):
        options = ("--document", new, "--base-url", url, "--changes-since")
        result = by(*options, f"{url}/page")
        assert result.code == 4
        assert f"ERROR: --changes-since {url}/page answers HTML, a page and no document; name" in result.errors
        result = by(*options, "none.json")
        assert result.code == 4
        assert "ERROR: --changes-since none.json: cannot be read: No such file or directory" in result.errors
        result = by(*options, "")
        assert result.code == 4
        assert "ERROR: --changes-since is empty; name a file, REV:path or a URL, or leave it out" in result.errors
    assert [path for path, _ in asked] == ["/page"]
