"""Print every rule that an answer can break, as a Markdown table."""

import argparse
from collections.abc import Iterator

from contracts.judge import RULES
from contracts.reports import print_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: the command has no options."""


def run(options: argparse.Namespace) -> int:
    """Print the table."""
    print_lines(table())
    return 0


def table() -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| rule | what breaking it means | source |"
    yield "| --- | --- | --- |"
    for rule in sorted(RULES.values()):
        yield f"| `{rule.code}` | {rule.meaning} | {rule.source} |"
