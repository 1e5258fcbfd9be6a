"""Judge answers that were captured elsewhere; nothing is sent. The verdict is the last thing printed.

A capture is an archive of a browser or proxy (HAR), what `curl -i` prints, a file of exchanges, one JSON object a line,
report.json or exchanges.har of a run, or a body. Its format is recognised by its content; gzip may compress it.
"""

import argparse
import gc
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from typing import Final

from contracts.broken_pipe import print_lines
from contracts.options import add_options

EXAMPLES: Final = (
    ("contract check traffic.har", "what a browser or proxy saved"),
    ("contract check calls.ndjson.gz captures/", "a file of exchanges, and a folder of captures"),
    ("curl -si https://host/jobs/7 | contract check - --path /jobs/7", "what curl printed"),
    ("contract check body.json --status 200 --path /jobs/7", "a body alone"),
)

_OPTIONS: Final = (
    "--document", "--operation", "--skip", "--strict-document", "--overlay", "--no-overlay", "--annotation", "--redact",
    "--report-dir", "--ledger", "--compare", "--require", "--waivers", "--write-waivers", "--strict-refusals",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the captures, and those options of a run that concern judging and reports."""
    parser.usage = f"{parser.prog} [OPTION ...] FILE|FOLDER|- ..."
    group = cache(parser.add_argument_group)
    add = group("captures").add_argument
    add(
        "capture",
        nargs="+",
        metavar="FILE|FOLDER|-",
        help="what to judge; - is standard input, a folder is all files in it "
        "that end in .har, .json, .jsonl, .ndjson, .txt, .http, .out or nothing, with .gz behind it or not",
    )
    add("--server", default="", metavar="URL", help="what stands before the document's paths (default: its servers)")
    add("--path", default="", metavar="PATH", help="what was asked for, where the captures do not say it")
    add("--status", type=_status, metavar="CODE", help="take each file for the body of an answer of this status")
    add(
        "--content-type",
        default="application/json",
        metavar="TYPE",
        help="the media type of such a body (default: %(default)s)",
    )
    add_options(lambda title: group(title).add_argument, names=_OPTIONS)


def _status(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{2}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no HTTP status, which has three digits")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Print the verdict and write the reports; raises ContractError, in one line, if nothing could be judged."""
    from contracts.captures import Given, read_captures
    from contracts.run import CapturedAnswers, Ending, Run, RunFolder, Signals, read_settings
    from contracts.verdict import Outcome
    from strategies import plan

    with _rarely_collecting(), Signals() as signals, closing(RunFolder(alone=True)) as folder:
        try:
            settings = read_settings({**vars(options), "asks": False}, environment={})
            settings = replace(settings, base_url=options.server or "captured answers")
            with closing(Run(settings, plan, folder, signals)) as whole:
                answers = CapturedAnswers(whole.settings, options.server)
                given = Given(options.path, options.status, options.content_type)
                answers.take(read_captures(options.capture, given))
                for where, error in answers.faults:
                    whole.errors.note(f"{where} was not judged", error)
                answers.refuse_if_empty()
                signals.ignore_signals()
                whole.take_in(answers)
                ending = Ending(interrupted=bool(answers.incident))
                verdict = whole.conclude(ending)
                whole.report(verdict)
                return whole.exit_code(verdict, ending)
        except KeyboardInterrupt:
            print_lines(["interrupted before anything was judged"])
            return Outcome.INCONCLUSIVE.exit_code


@contextmanager
def _rarely_collecting() -> Iterator[None]:
    """Look for objects in circles after 100,000 new ones, not after 700: answers hold none, and there are many."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
