"""Judge a server's answers against the document, without pytest; the verdict is the last thing printed.

contract verify                                            the embedded mock
contract verify --base-url https://host --job-ids FILE     a server, and ids that exist there
"""

import argparse
import time
import traceback
from contextlib import closing, nullcontext

from contracts.reports import listing, print_lines, terminal_is_gone
from contracts.run import OPTIONS, Ending, Item, ProgressMeter, Run, RunFolder, Signals, read_settings
from contracts.verdict import Outcome, Tally
from strategies import plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a run."""
    for option in OPTIONS:
        option.add_to(parser.add_argument, aliases=True)
    parser.add_argument("--hypothesis-profile", metavar="NAME", help="ci (default), nightly or prerelease")
    parser.add_argument("--hypothesis-seed", metavar="N", help="repeats what was drawn in nightly and prerelease")
    parser.add_argument("--collect-only", action="store_true", help="list what is asked and left out; send nothing")
    parser.add_argument("-q", "--quiet", action="store_true", help="show no progress")


def run(options: argparse.Namespace) -> int:
    """Carry out the run in this process; raises ContractError, in one line, before it begins."""
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
