"""Explain a rule: what it means, by which source, what keeps and what breaks it, and what to do."""

import argparse
from typing import Final

from contracts.broken_pipe import print_lines

EXAMPLES: Final = (
    ("contract explain schema.enum", "one rule, by its code, as the verdict shows it"),
    ("contract explain schema", "the rules of a group, one a line"),
    ("contract explain", "every rule, by group"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the rule."""
    parser.add_argument(
        "rule", nargs="?", default="", metavar="RULE", help="a rule's code, or what stands before the dot of some"
    )


def run(options: argparse.Namespace) -> int:
    """Print the explanation; raises ConfigurationError, with the nearest codes, for an unknown rule."""
    from contracts.rules import explain

    print_lines(explain(options.rule))
    return 0
