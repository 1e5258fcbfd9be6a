"""What the contract's files tell: `python -m contracts rules`, `... ledger FILE`, `... merge FILE...`.

`rules`   every rule that an answer can break, as a Markdown table
`ledger`  what many runs have seen: not of late, for the first time, since when broken, how fast
`merge`   the verdict on a run that was cut into shards; exits as the run would have
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from contracts import ledger, official_sdk, reports, settings, shards
from contracts.errors import ConfigurationError, ContractError
from contracts.ledger import Ledger, LedgerError
from contracts.printing import put
from contracts.profiles import PROFILES
from contracts.reports import terminal
from contracts.verdict import EXIT_ERROR, Finding, Run, Terms, Verdict, conclude
from contracts.violation import RULES
from contracts.waivers import Waivers


def table() -> Iterator[str]:
    """The lines of the table of rules."""
    yield "| rule | what breaking it means | source |"
    yield "| --- | --- | --- |"
    for rule in sorted(RULES.values()):
        yield f"| `{rule.code}` | {rule.meaning} | {rule.source} |"


def merge(files: list[Path], folder: Path | None, kept: str | None) -> int:
    """Print the verdict on the shards in the files; returns its exit code."""
    parts = [shards.read(file) for file in files]
    tally, facts, missing = shards.merged(parts)
    profile = PROFILES[facts["profile"]]
    chosen = settings.read(profile=profile, ledger=kept, environment={}, **parts[0].options)
    if shards.contract(chosen.document) != parts[0].sha256:
        problem = f"{chosen.document.path} with its overlays is not what the shards were judged by"
        raise ConfigurationError(f"{problem}; merge where they ran")
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        names = ", ".join(missing[:5])
        facts["incident"] = "; ".join(filter(None, [facts["incident"], f"shard {names}{more} is missing"]))
    run = Run(document=chosen.document, **facts)

    def sdk(finding: Finding) -> str:
        return official_sdk.told(finding.violation, finding.exchange(chosen.document))

    waivers = Waivers(parts[0].waivers, run.started.date())
    with ExitStack() as stack:
        known = stack.enter_context(closing(Ledger(chosen.ledger))) if chosen.ledger else None
        last = known.last_seen(run.target) if known else {}
        verdict = conclude(run, tally, Terms(waivers, chosen.requirements, profile.strict, last), sdk)
        again = (replace(each, recurrence=shards.recurrence(parts, each.violation)) for each in verdict.findings)
        verdict = replace(verdict, findings=tuple(again))
        unwritten = _enter(known, verdict) if known else []
        trend = known.nights(run.target) if known else ()
    unwritten += map(str, reports.write(folder, verdict, trend=trend) if folder else ())
    put((*terminal.lines(verdict), *(f"reports     {each}" for each in unwritten)))
    return verdict.exit_code


def _enter(known: Ledger, verdict: Verdict) -> list[str]:
    try:
        known.add(verdict)
    except LedgerError as error:
        return [str(error)]
    return []


def main(words: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m contracts", description="What the contract's files tell.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("rules", help="every rule that an answer can break")
    kept = commands.add_parser("ledger", help="what many runs have seen")
    kept.add_argument("file", type=Path)
    kept.add_argument("--days", type=int, default=14, help="what counts as of late (default: %(default)s)")
    parts = commands.add_parser("merge", help="the verdict on a run that was cut into shards")
    parts.add_argument("file", type=Path, nargs="+")
    parts.add_argument("--report-dir", type=Path, metavar="DIR", help="write the reports there")
    parts.add_argument("--ledger", metavar="FILE", help="add the run to this file")
    chosen = parser.parse_args(words)
    try:
        if chosen.command == "merge":
            return merge(chosen.file, chosen.report_dir, chosen.ledger)
        now = datetime.datetime.now(datetime.UTC)
        put(table() if chosen.command == "rules" else ledger.told(chosen.file, chosen.days, now))
    except ContractError as error:
        print(error, file=sys.stderr)
        return EXIT_ERROR
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
