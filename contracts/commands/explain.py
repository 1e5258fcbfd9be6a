"""Explain a rule: what it means, by which source, what keeps and what breaks it, and what to do.

contract explain schema.enum
"""

import argparse

from contracts.reports import explain, print_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the rule."""
    parser.add_argument("rule", metavar="RULE", help="a rule's code, as the verdict shows it")


def run(options: argparse.Namespace) -> int:
    """Print the explanation; raises ConfigurationError, with the nearest codes, for an unknown rule."""
    print_lines(explain(options.rule))
    return 0
