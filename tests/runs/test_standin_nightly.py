"""The stand-in judged as every night would: all its jobs, ids drawn anew, and what goes wrong with services like it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.standin.defects import DEFECTS
from tests.standin.running import StandIn, running
from tests.support.suite import Result, run_suite

PARTS = "(known and not again) or classes or (drawn and 27/40)"
"""All that is known, every class of ids, and one part of what a night draws."""


def night(standin: StandIn, folder: Path, *options: str, key: str | None = None) -> Result:
    ids = [word for job_id in standin.job_ids for word in ("--job-id", job_id)]
    words = ("--hypothesis-profile", "nightly", "--base-url", standin.url, "--overlay", "fastapi", "-k", PARTS)
    kept = ("--example-database", str(folder / "examples"), "--hypothesis-seed", "1")
    return run_suite(*words, *kept, *ids, *options, SGP_API_KEY=key or standin.key)


def test_a_night_finds_nothing_wrong_with_it_and_sees_every_vendor_and_status(tmp_path: Path) -> None:
    with running() as standin:
        asked = ("--require", "values", "--require", "200/vendor_configuration/vendor", "--require", "answers=300")
        result = night(standin, tmp_path, *asked, "--report-dir", str(tmp_path))
        denied = night(standin, tmp_path, "-k", "known", key="nobody's")
    assert result.code == 0, result.output
    assert result.verdict[0].startswith("CONFORMS")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["outcome"] == "CONFORMS"
    assert denied.code == 6
    assert denied.verdict[0].startswith("INCONCLUSIVE  no evidence: whatever was asked for was answered 401")
    assert denied.violations == []


def test_a_night_finds_every_defect_of_it_remembers_the_ids_and_drafts_waivers(tmp_path: Path) -> None:
    draft = tmp_path / "waivers.toml"
    with running(*(word for name in DEFECTS for word in ("--defect", name))) as standin:
        result = night(standin, tmp_path, "--write-waivers", str(draft))
    assert result.code == 1, result.output
    rules = {line.split()[0] for line in result.violations}
    assert rules == {"schema.format", "schema.enum", "union.tag-missing", "status.server-error"}
    assert len(re.findall(r"^\[\[waiver\]\]$", draft.read_text(), re.MULTILINE)) == len(result.violations)
    assert [*(tmp_path / "examples").rglob("*")]
