"""Print what many runs have seen: not of late, for the first time, since when broken, how fast."""

import argparse
import datetime
from pathlib import Path

from contracts.reports import print_lines
from contracts.run import ledger_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file and the days."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a file that --ledger has made")
    parser.add_argument("--days", type=int, default=14, help="what counts as of late (default: %(default)s)")


def run(options: argparse.Namespace) -> int:
    """Print the lines, target by target."""
    print_lines(ledger_lines(options.file, options.days, datetime.datetime.now(datetime.UTC)))
    return 0
