"""Make one verdict of a run that was cut into shards; exits as the whole run would have.

The files are those that the shards wrote by --tally.
"""

import argparse
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from contracts.run import Ending, MergedShards, Run, RunFolder, Signals, read_settings, read_shard
from strategies import plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the files and where reports go."""
    parser.add_argument("file", type=Path, nargs="+", metavar="FILE", help="a file that a shard wrote by --tally")
    parser.add_argument("--report-dir", metavar="DIR", help="write the reports there")
    parser.add_argument("--ledger", metavar="FILE", help="add the run to this file")


def run(options: argparse.Namespace) -> int:
    """Print the verdict and write the reports; raises ContractError for files that do not belong together."""
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
