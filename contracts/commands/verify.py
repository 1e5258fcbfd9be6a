"""Ask a server for every kind of answer, and judge each by the document, without pytest.

The verdict is the last thing printed. Exit code 0: every answer kept what the document promises; 1: an answer did not;
6: too little was seen to tell; 4: an option, the document or the server makes no sense; 3: the harness itself failed.
"""

from __future__ import annotations

import argparse
import time
import traceback
from contextlib import closing, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Final

from contracts.broken_pipe import print_lines, terminal_is_gone
from contracts.options import ASKED, REPORTS, add_options

if TYPE_CHECKING:
    from contracts.run import Ending, Item, Run

EXAMPLES: Final = (
    ("contract verify", "judge the embedded mock, to see what a verdict looks like"),
    ("contract verify --base-url https://host --job-id 7", "judge a server, where the id 7 exists"),
    ("contract verify --base-url https://host --collect-only", "list what would be asked for, and send nothing"),
    ("contract verify --base-url https://host --report-dir out", "write reports; out/report.html is the one to read"),
    ("contract verify --document api.yaml --start './serve {port}'", "start the server, judge it, and end it"),
)

OF_PYTEST: Final = ("-k", "-n", "-v")
"""Options of pytest and its plugins that the pages name: they are none here."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a run."""
    parser.usage = f"{parser.prog} [OPTION ...]"
    group = cache(parser.add_argument_group)
    add_options(lambda title: group(title).add_argument, aliases=True)
    add = group(ASKED).add_argument
    add(
        "--hypothesis-profile",
        metavar="NAME",
        help="how much to ask: ci, the same each time; nightly, ten times as much and new each time; prerelease, the "
        "most, and everything must be seen (default: ci)",
    )
    add(
        "--hypothesis-seed",
        type=int,
        metavar="N",
        help="draw in nightly or prerelease what the run with this seed drew",
    )
    add("--collect-only", action="store_true", help="list what is asked for and what is left out; send nothing")
    group(REPORTS).add_argument("-q", "--quiet", action="store_true", help="the same as --no-progress")


def run(options: argparse.Namespace) -> int:
    """Carry out the run in this process; raises ContractError, in one line, before it begins."""
    from contracts.reports import listing
    from contracts.run import Run, RunFolder, Signals, read_settings
    from contracts.verdict import Outcome
    from strategies import plan

    with Signals() as signals, closing(RunFolder(alone=True)) as folder:
        try:
            settings = read_settings(vars(options))
            plan.register_profiles((settings.profile,))
            with closing(Run(settings, plan, folder, signals)) as whole:
                whole.prepare(asks=not options.collect_only)
                if options.collect_only:
                    print_lines([*(item.name for item in whole.items), *listing(whole.settings.document)])
                    return 0
                items = list(filter(is_chosen, whole.items))
                ending = _carry_out(whole, items, silent=options.no_progress or options.quiet)
                signals.ignore_signals()
                verdict = whole.conclude(ending)
                whole.report(verdict)
                return whole.exit_code(verdict, ending)
        except KeyboardInterrupt:
            print_lines(["interrupted before anything was answered"])
            return Outcome.INCONCLUSIVE.exit_code


def is_chosen(item: Item) -> bool:
    """Whether to ask an item: every one. Tests put another choice here; the verdict says what it left out."""
    return True


def _carry_out(whole: Run, items: list[Item], *, silent: bool) -> Ending:
    """Ask everything, one item after another, until the run has to stop."""
    from contracts.run import Ending, ProgressMeter
    from contracts.verdict import Tally

    failed = begun = interrupted = False
    crashed = ""
    meter = ProgressMeter(whole.settings.document, lambda: whole.running_tally)
    meter.expect(item.kind for item in items)
    try:
        with nullcontext() if silent else meter.shown():
            for item in items:
                started = time.monotonic()
                result = whole.carry_out(item)
                begun, failed = True, failed or bool(result.failed)
                if result.error:
                    with meter.hidden():
                        traceback.print_exception(result.error)
                if result.stopped:
                    break
                meter.take(result.tally or Tally())
                meter.finish(item.kind, time.monotonic() - started)
    except KeyboardInterrupt:
        begun = interrupted = True
    except Exception:  # noqa: BLE001 - whatever it is, the verdict on what was seen comes first
        traceback.print_exc()
        crashed = "the harness itself failed (see above)"
    left_out = len(whole.items) - len(items)
    return Ending(
        begun=begun,
        interrupted=interrupted,
        terminal_gone=terminal_is_gone(),
        crashed=crashed,
        failed=failed,
        notes=(f"{left_out} of the items were left out: what they ask was not asked",) if left_out else (),
    )
