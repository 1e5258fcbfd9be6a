"""Judge answers that were captured elsewhere; nothing is sent. The verdict is the last thing printed.

contract check traffic.har                       an archive of a browser or proxy
contract check calls.ndjson.gz                   exchanges, one JSON object a line (exchange.schema.json in captures)
curl -i URL | contract check - --path /jobs/7    what curl printed
contract check body.json --status 200 --path /jobs/7
"""

import argparse
from contextlib import closing
from dataclasses import replace

from contracts.captures import Given, read_captures
from contracts.reports import print_lines
from contracts.run import OPTIONS, CapturedAnswers, Ending, Run, RunFolder, Signals, read_settings
from contracts.verdict import Outcome
from strategies import plan

_OPTIONS = (
    "--document", "--operation", "--skip", "--strict-document", "--overlay", "--no-overlay", "--annotation", "--redact",
    "--report-dir", "--ledger", "--compare", "--require", "--waivers", "--write-waivers", "--strict-refusals",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the captures, and those options of a run that concern judging and reports."""
    parser.add_argument("capture", nargs="+", metavar="FILE|FOLDER|-", help="captures; - is standard input")
    parser.add_argument("--server", default="", metavar="URL", help="where the document's paths begin in the captures")
    parser.add_argument("--path", default="", metavar="PATH", help="what was asked for, where captures do not say it")
    parser.add_argument("--status", type=int, default=0, metavar="CODE", help="each capture is the body of this status")
    parser.add_argument("--content-type", default="application/json", metavar="TYPE", help="and of this media type")
    for option in OPTIONS:
        if option.name in _OPTIONS:
            option.add_to(parser.add_argument)


def run(options: argparse.Namespace) -> int:
    """Print the verdict and write the reports; raises ContractError, in one line, if nothing could be judged."""
    with Signals() as signals, closing(RunFolder(alone=True)) as folder:
        try:
            settings = read_settings({**vars(options), "asks": False}, environment={})
            settings = replace(settings, base_url=options.server or "captured answers")
            with closing(Run(settings, plan, folder, signals)) as whole:
                answers = CapturedAnswers(whole.settings, options.server)
                given = Given(options.path, options.status, options.content_type)
                answers.take(read_captures(options.capture, given))
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
