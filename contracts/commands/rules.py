"""Print every rule that an answer can break as Markdown: a table, then the explanation of each."""

import argparse
from collections.abc import Iterator
from typing import Final

from contracts.broken_pipe import print_lines

EXAMPLES: Final = (("contract rules", "print the page"), ("contract rules > rules.md", "keep it in a file"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: the command has no options."""


def run(options: argparse.Namespace) -> int:
    """Print the page."""
    print_lines(page())
    return 0


def page() -> Iterator[str]:
    """Yield the lines of the page: the table, whose codes lead to the explanations below it."""
    from contracts.rules import RULES, explanation_markdown

    rules = sorted(RULES.values())
    yield "| rule | what breaking it means | source |"
    yield "| --- | --- | --- |"
    for rule in rules:
        yield f"| [`{rule.code}`](#{anchor(rule.code)}) | {rule.meaning} | {rule.source} |"
    for rule in rules:
        yield from ("", f'<a id="{anchor(rule.code)}"></a>', "", f"## {rule.code}", "")
        yield from explanation_markdown(rule.code)


def anchor(code: str) -> str:
    """Return the name by which a link leads to a rule's explanation: a heading's own differs between renderers."""
    return f"rule-{code.replace('.', '-').lower()}"
