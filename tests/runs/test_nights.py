"""Nights: their seed repeats them, none is like another, and what one found the next one asks for first."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from urllib.parse import unquote_to_bytes

from contracts.http.exchange import Response
from strategies.mock.server import Asked
from tests.support.pinned import KNOWN, OPERATION
from tests.support.recording import recording
from tests.support.suite import run_pytest, run_suite

NIGHT = ("--hypothesis-profile", "nightly", "--job-id", KNOWN[0])
SOME = "(drawn or schemathesis) and 7/40"
"""Parts 7, 17, 27 and 37 of each kind of drawing."""


def test_a_seed_repeats_a_night_request_for_request_and_without_it_no_night_is_like_another(tmp_path: Path) -> None:
    with recording() as server:
        night = (*NIGHT, "--base-url", server.url, "-k", SOME, "--example-database", str(tmp_path))
        seeded = run_pytest(*night, "--hypothesis-seed", "1")
        first = [target for target, _ in server.take()]
        run_suite(*night, "--hypothesis-seed", "1", "-n", "2")
        shared = Counter(target for target, _ in server.asked)
        others = []
        for _ in range(2):
            result = run_suite(*night)
            assert "; --hypothesis-seed " in result.output, result.output
            others.append({target for target, _ in server.take()})
    assert "; --hypothesis-seed 1 repeats what was drawn" in seeded.output, seeded.output
    # Each process also sees, before it asks, whether the target answers at all.
    assert Counter(first) <= shared
    assert shared.total() - len(first) <= 3
    assert others[0] != others[1]
    parts = [frozenset(first[start : start + 25]) for start in range(0, len(first), 25)]
    assert len({*parts}) == len(parts) == 8


def test_what_one_night_found_the_next_one_asks_for_first_until_it_is_fixed(tmp_path: Path) -> None:
    kept, state = str(tmp_path / "examples"), "broken"

    def fail(asked: Asked, response: Response) -> Response:
        if state == "locked":
            return Response(401, (), b"")
        return Response(500, (), b"") if state == "broken" and len(unquote_to_bytes(asked.target)) > 200 else response

    with recording(fail) as server:
        night = (*NIGHT, "--base-url", server.url, "--example-database", kept)
        found = run_suite(*night, "-k", SOME, "--hypothesis-seed", "1")
        assert found.code == 1, found.output
        server.take()

        def remembered() -> list[str]:
            run_suite(*night, "-k", "remembered or preferred", "--hypothesis-seed", "2")
            prefix = OPERATION.path.partition("{")[0]
            return [
                target.removeprefix(prefix)
                for target, prefers in server.take()
                if not (prefers or target.endswith(KNOWN[0]))
            ]

        state = "locked"
        remembered()
        state = "fixed"
        asked = remembered()
        assert asked, "a run that was rejected has not seen that all is well"
        assert all(len(unquote_to_bytes(each)) > 100 for each in asked)
        assert remembered() == []


def test_a_database_that_cannot_be_written_to_is_named_and_the_verdict_stands(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("")

    def fail(asked: Asked, response: Response) -> Response:
        return Response(500, (), b"")

    with recording(fail) as server:
        night = (*NIGHT, "--base-url", server.url, "--example-database", str(file), "-k", "preferred")
        result = run_suite(*night)
    assert result.code == 1
    assert "reports     --example-database keeps nothing; may it be written to?" in result.verdict


def test_what_is_asked_for_again_counts_among_the_requests() -> None:
    def fail(asked: Asked, response: Response) -> Response:
        return Response(500, (), b"") if asked.target.endswith(KNOWN[0]) else response

    with recording(fail) as server:
        result = run_suite("--base-url", server.url, "--job-id", KNOWN[0], "--job-id", KNOWN[1], "-k", "again")
        # The first one sees whether the target answers at all, and is no part of the run.
        sent = len(server.asked) - 1
    assert ", always" in result.output, result.output
    (counted,) = (line.split()[1] for line in result.verdict if line.startswith("requests"))
    assert int(counted) == sent
