"""A run cut into shards and merged, as a pipeline does it: `--shard`, `--tally`, `python -m contracts merge`."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from contracts.http.exchange import Response
from contracts.run.settings import read_settings
from strategies import plan, rare_classes
from strategies.mock.server import Asked
from tests.support.pinned import KNOWN
from tests.support.recording import recording
from tests.support.suite import Result, run_command, run_suite

CANARY = "canary-shard-51c"
OPTIONS = ("--job-id", KNOWN[0], "--job-id", KNOWN[1], "--job-id", KNOWN[2])


def merge(*words: str) -> Result:
    return run_command("merge", *words)


def comparable(lines: list[str]) -> list[str]:
    """A verdict's lines without what differs: the time, how violations fared, and the requests that this took."""
    again = r"in [0-9]+ answers|^requests .*|; (always|sometimes|gone).*?\]"
    return [re.sub(again, "", line) for line in lines]


def broken(asked: Asked, response: Response) -> Response:
    """One known job has a status that nobody knows; odd ids make the server fail, telling the key that was sent."""
    if asked.target.endswith(KNOWN[1]) and response.status == 200:
        return Response(200, response.headers, json.dumps({**json.loads(response.body), "status": "ODD"}).encode())
    if "%00" in asked.target:
        key = next((value for name, value in asked.headers if name.lower() == "x-api-key"), "")
        return Response(500, (("Content-Type", "application/json"), ("X-Echo", key)), json.dumps(key).encode())
    return response


def test_shards_merge_to_the_verdict_of_the_whole_run_and_send_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine may find the server slow in one of the runs, and then reads less of what is rare.
    monkeypatch.setattr(rare_classes, "_is_slow", lambda taken, slow: False)
    with recording(broken) as server:
        to = ("--base-url", server.url, *OPTIONS)
        whole = run_suite(*to, SGP_API_KEY=CANARY)
        # Violations are asked for again by every shard, by which they are no part of what is shared.
        told = server.counted()
        files, shared = [], Counter[tuple[str, str]]()
        for number in (1, 2, 3):
            files.append(str(tmp_path / f"{number}.json"))
            shard = run_suite(*to, "--shard", f"{number}/3", "--tally", files[-1], SGP_API_KEY=CANARY)
            assert shard.code in (0, 1), shard.output
            assert f"shard       {number}/3, no verdict alone" in shard.output
            shared += server.counted()
    merged = merge(*reversed(files), "--report-dir", str(tmp_path / "reports"), "--ledger", str(tmp_path / "ledger"))
    assert merged.code == whole.code == 1
    lines = [line for line in merged.output.splitlines() if not line.startswith("target")]
    assert comparable(lines) == comparable(whole.verdict)
    assert sent(shared) == sent(told)
    report = json.loads((tmp_path / "reports" / "report.json").read_text())
    assert report["outcome"] == "VIOLATES"
    assert CANARY not in "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    nights = run_command("ledger", str(tmp_path / "ledger"))
    assert (nights.code, nights.errors) == (0, "")
    assert "1 run" in nights.output


def sent(asked: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Without the two jobs and the ids that were asked for again because of what was wrong with them."""
    again = (KNOWN[0], KNOWN[1], KNOWN[2], "%00")
    return Counter({each: count for each, count in asked.items() if not any(part in each[0] for part in again)})


def test_a_shard_with_nothing_to_do_is_not_missing_and_one_that_is_makes_no_verdict(tmp_path: Path) -> None:
    files = [str(tmp_path / f"{number}") for number in (1, 2, 3)]
    with recording() as server:
        for number, file in enumerate(files, 1):
            part = ("--shard", f"{number}/3", "--tally", file, "-k", "preferred")
            assert run_suite("--base-url", server.url, "--job-id", KNOWN[0], *part).code == 0
    merged = merge(*files)
    assert merged.code == 0, merged.output
    assert merged.output.startswith("CONFORMS  2 answers")
    merged = merge(*files[1:])
    assert merged.code == 6
    assert merged.output.startswith("INCONCLUSIVE")
    assert "shard 1/3 is missing" in merged.output.splitlines()[0]


def test_one_job_is_read_as_often_as_many_in_items_that_workers_can_share() -> None:
    with recording() as server:
        result = run_suite("--base-url", server.url, "--job-id", KNOWN[0], "-k", "known and not again")
        ((target, _), count), *others = server.counted().items()
    assert (target.rpartition("/")[2], count, others) == (KNOWN[0], 200, [])
    assert result.code == 0, result.output
    items = plan.items(read_settings({}), lambda operation: ((KNOWN[0],),), {})
    assert [item.kind for item in items].count("known resources") == 8


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("merge", "nowhere.json"), "nowhere.json cannot be read: No such file or directory; name files that --tally"),
        (("merge", "README.md"), "README.md is no tally of this version; name files that --tally wrote"),
        (("ledger", "nowhere.sqlite"), "there is no ledger nowhere.sqlite; name a file that --ledger has made"),
    ],
)
def test_what_cannot_be_read_is_one_line(words: tuple[str, ...], problem: str) -> None:
    done = run_command(*words)
    assert (done.code, done.output) == (4, "")
    assert done.errors.startswith(f"ERROR: {problem}")
    assert done.errors.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--shard", "1/2"), "--shard and --tally go together"),
        (("--tally", "t"), "--shard and --tally go together"),
        (("--shard", "3/2", "--tally", "t"), "--shard '3/2' is no shard; write 2/5 for the second of five"),
        (("--shard", "1/2", "--tally", "README.md"), "--tally README.md is there already, and is not overwritten"),
        (
            ("--shard", "1/2", "--tally", "t", "--hypothesis-profile", "nightly"),
            "--shard 1/2 of nightly draws by a seed that all shards share; give each the same --hypothesis-seed",
        ),
    ],
)
def test_a_shard_that_makes_no_sense_is_one_line(options: tuple[str, ...], problem: str) -> None:
    done = run_suite(*options)
    assert done.code == 4
    assert problem in done.errors


def test_the_rules_are_listed() -> None:
    done = run_command("rules")
    assert done.code == 0
    assert done.output.startswith("| rule | what breaking it means | source |\n")
    assert "| [`schema.enum`](#rule-schema-enum) |" in done.output


def test_what_one_worker_was_answered_the_others_hold_answers_against() -> None:
    def change(asked: Asked, response: Response) -> Response:
        """Whoever keeps a connection open, as each worker does, is told the same all the time."""
        if response.status != 200:
            return response
        body = {**json.loads(response.body), "account_id": f"account-{asked.port}"}
        return Response(200, response.headers, json.dumps(body).encode())

    with recording(change) as server:
        to = ("--base-url", server.url, *OPTIONS, "-k", "known and not again")
        alone, several = run_suite(*to), run_suite(*to, "-n", "2")
    assert alone.violations == []
    (found,) = several.violations
    assert found.startswith('overlay.immutable at /account_id of 200: expected "account-'), several.output
