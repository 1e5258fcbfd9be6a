"""Results of replays that nothing was asked for, to be counted, worded and written."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from contracts.verdict.redaction import Redaction
from contracts.verdict.replay import Replay, ReplayedFinding, ReplayOutcome, ReportedRun
from contracts.verdict.verdict import Finding
from contracts.verdict.waivers import Waiver
from tests.support.pet_verdicts import DOCUMENT, verdict_of
from tests.support.verdicts import STARTED, run_on

WAIVER = Waiver(1, "schema.type", "*", "known", "us", datetime.date(9000, 1, 1))

(FINDING,) = verdict_of({"name": 5}).findings


def replay_of(results: Sequence[ReplayedFinding], new: tuple[Finding, ...] = ()) -> Replay:
    """Return a replay of a report of these results' findings."""
    findings = tuple(each.finding for each in results)
    reported = ReportedRun(
        Path("r.json"), "VIOLATES", "http://h", "ci", STARTED, "d", "0" * 64, (), findings, (), Redaction()
    )
    return Replay(run_on(DOCUMENT), reported, tuple(results), new, (), {"200": 3}, {}, None)


def became(*outcomes: ReplayOutcome, waived: tuple[ReplayOutcome, ...] = (), new: int = 0) -> Replay:
    """Return a replay of one finding as often as there are outcomes, with `new` violations."""
    told = [ReplayedFinding(FINDING, each, ("it0",)) for each in outcomes]
    told += [ReplayedFinding(FINDING, each, ("it0",), waiver=WAIVER) for each in waived]
    return replay_of(told, (FINDING,) * new)
