"""Make one verdict of a run that was cut into shards; it exits as the whole run would have.

Each shard was asked by the same `contract verify` (or `tox run -e nightly`) with --shard K/N and --tally FILE.
"""

import argparse
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

EXAMPLES: Final = (
    ("contract merge part-1.json part-2.json", "the verdict on both parts"),
    (
        "contract merge part-*.json --report-dir out",
        "and the reports of a whole run; out/report.html is the one to read",
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the files and where reports go."""
    parser.add_argument(
        "file", type=Path, nargs="+", metavar="FILE", help="what a shard wrote by --tally; give all of them"
    )
    parser.add_argument(
        "--report-dir", metavar="DIR", help="write report.html, report.json and the other reports there"
    )
    parser.add_argument("--ledger", metavar="FILE", help="add the run to this SQLite file, which knows many runs")


def run(options: argparse.Namespace) -> int:
    """Print the verdict and write the reports; raises ContractError for files that do not belong together."""
    from contracts.run import Ending, MergedShards, Run, RunFolder, Signals, read_settings, read_shard
    from strategies import plan

    merged = MergedShards.of([read_shard(file) for file in options.file])
    first = merged.files[0]
    chosen = {"hypothesis_profile": first.facts["profile"], "hypothesis_seed": first.facts["seed"]}
    given = {**first.options, **chosen, "report_dir": options.report_dir, "ledger": options.ledger}
    settings = replace(read_settings(given, environment={}), waivers=first.waivers)
    merged.check_document(settings.document)
    ending = Ending()
    with closing(RunFolder(alone=True)) as folder, closing(Run(settings, plan, folder, Signals())) as whole:
        whole.take_in(merged)
        verdict = whole.conclude(ending)
        whole.report(verdict)
        return whole.exit_code(verdict, ending)
