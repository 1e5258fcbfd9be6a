"""Explain rules: what each means, by which source, what keeps and what breaks it, and what to do."""

import argparse
from typing import Final

from contracts.broken_pipe import print_lines

EXAMPLES: Final = (
    ("contract explain schema.enum", "one rule, by its code, as the verdict shows it"),
    ("contract explain schema.enum schema.type", "several, as the end of a verdict names them"),
    ("contract explain schema", "the rules of a group, one a line"),
    ("contract explain", "every rule, by group"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the rules."""
    parser.add_argument(
        "rule",
        nargs="*",
        metavar="RULE",
        help="a rule's code, or what stands before the dot of some; several if need be",
    )


def run(options: argparse.Namespace) -> int:
    """Print the explanations; raises ConfigurationError, with the nearest codes, for an unknown rule."""
    from contracts.rules import explain

    # A list with commas, as in a sentence, is one as well.
    words = [word for text in options.rule for word in text.split(",") if word] or [""]
    first, *others = [list(explain(word)) for word in dict.fromkeys(words)]
    print_lines([*first, *(line for lines in others for line in ("", *lines))])
    return 0
