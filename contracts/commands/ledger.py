"""Print what many runs have seen, target by target.

What no run has seen of late, what was seen for the first time, since when something is broken, how fast answers came.
"""

import argparse
import datetime
from pathlib import Path
from typing import Final

from contracts.broken_pipe import print_lines
from contracts.errors import ConfigurationError

EXAMPLES: Final = (
    ("contract ledger runs.sqlite", "the last two weeks"),
    ("contract ledger runs.sqlite --days 30", "the last thirty days"),
)

MAX_DAYS: Final = 36_500
"""The number of days that a ledger is asked about at most: a hundred years."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file and the days."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the file that runs were given by --ledger")
    parser.add_argument(
        "--days",
        type=int,
        default=14,
        metavar="N",
        help="say what was not seen in the last N days, and what was seen for the first time (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Print the lines, target by target."""
    from contracts.run import ledger_lines

    if not 0 < options.days <= MAX_DAYS:
        raise ConfigurationError(f"--days {options.days} is no number of days; give 1 to {MAX_DAYS}")
    print_lines(ledger_lines(options.file, options.days, datetime.datetime.now(datetime.UTC)))
    return 0
