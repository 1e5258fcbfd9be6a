"""Ask again only for what broke in an earlier run, and say what is fixed. The verdict is the last thing printed.

Each violation is FIXED, STILL THERE, SOMETIMES there, or NOT TESTED, with the reason; the exit code is 0 only if all of
them are fixed.
"""

import argparse
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Final

from contracts.broken_pipe import print_lines
from contracts.options import add_options

EXAMPLES: Final = (
    ("contract replay reports/report.json", "ask the server that the report is of"),
    ("contract replay reports/report.json --base-url https://rc.example.org", "ask the build that claims the fix"),
)

_OPTIONS: Final = (
    "--base-url", "--start", "--wait", "--job-id", "--job-ids", "--parameter", "--parameters", "--document",
    "--strict-document", "--overlay", "--no-overlay", "--annotation", "--timeout", "--max-body", "--max-requests",
    "--rate-limit", "--retries", "--api-key-file", "--key-command", "--header", "--client-cert", "--client-key",
    "--allow-plain-http-key", "--redact", "--ca-bundle", "--report-dir", "--waivers", "--probe-methods",
    "--disposable", "--traceparent", "--strict-refusals",
)  # fmt: skip


_WORDS: Final = {
    "--base-url": {
        "help": "the server to ask in place of the report's, by option or variable, as https://host:port/path",
        "default_words": "the server that the report is of",
    },
    "--retries": {"default_words": "0, and 2 for a report of nightly or prerelease"},
    "--report-dir": {"help": "write replay.json and replay.har there"},
}
"""What options mean here, where that is not what they mean in a run."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the report, and those options of a run that concern its target, its document and what is accepted."""
    parser.usage = f"{parser.prog} [OPTION ...] REPORT"
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report.json that --report-dir wrote")
    group = cache(parser.add_argument_group)
    add_options(lambda title: group(title).add_argument, names=_OPTIONS, words=_WORDS, aliases=True)


def run(options: argparse.Namespace) -> int:
    """Ask again, print what became of each violation; raises ContractError, in one line, before anything is asked."""
    from contracts.reports import nothing_to_replay, read_reported_run
    from contracts.run import Run, RunFolder, Signals, replay_findings, replay_settings, report_replay
    from contracts.verdict import Outcome
    from strategies import plan

    with Signals() as signals, closing(RunFolder(alone=True)) as folder:
        try:
            reported = read_reported_run(options.report)
            if not reported.every:
                outcome, words = nothing_to_replay(reported)
                print_lines([f"{outcome}  {words}"])
                return outcome.exit_code
            settings = replay_settings(reported, vars(options))
            with closing(Run(settings, plan, folder, signals)) as whole:
                result, ending = replay_findings(whole, reported)
                signals.ignore_signals()
                return report_replay(whole, result, ending)
        except KeyboardInterrupt:
            print_lines(["interrupted before anything was asked"])
            return Outcome.INCONCLUSIVE.exit_code
