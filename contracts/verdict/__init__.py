"""Count what a run has seen, waive and redact violations, and conclude the run: one frozen Verdict.

Hides how observations are merged and how waivers match violations. Hands out Tally, Verdict, `conclude`, waivers,
redaction and the buckets of latencies.
"""

from contracts.verdict.drafts import draft_waivers
from contracts.verdict.latency import latency_bucket, latency_quantile, seconds_of
from contracts.verdict.obstacles import explains, obstacle_to
from contracts.verdict.redaction import MASK, Redaction
from contracts.verdict.refused import RefusedIds
from contracts.verdict.replay import (
    Look,
    Obstacle,
    Replay,
    ReplayedFinding,
    ReplayOutcome,
    ReportedRun,
    Untested,
    decide,
)
from contracts.verdict.tally import Difference, FeatureObservation, MatchWaiver, Tally
from contracts.verdict.verdict import (
    AGREEMENT,
    CAPTURED_PUT_OFF_FIX,
    CHANGES,
    FAILED_OTHERWISE,
    PUT_OFF_FIX,
    AcceptanceCriteria,
    ChangesSince,
    Finding,
    Outcome,
    RecheckResult,
    Reproducibility,
    RunFacts,
    RunSummary,
    Verdict,
    conclude,
    explained_by,
)
from contracts.verdict.waivers import Waiver, WaiverMatch, Waivers, load_waivers
from contracts.verdict.witness import Witness
