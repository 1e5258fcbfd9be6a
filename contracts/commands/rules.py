"""Print every rule that an answer or a document can break as Markdown: tables, then the explanation of each."""

import argparse
from collections.abc import Iterable, Iterator
from typing import Final

from contracts.broken_pipe import print_lines
from contracts.rules import Rule

EXAMPLES: Final = (("contract rules", "print the page"), ("contract rules > rules.md", "keep it in a file"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: the command has no options."""


def run(options: argparse.Namespace) -> int:
    """Print the page."""
    print_lines(page())
    return 0


def page() -> Iterator[str]:
    """Yield the lines of the page: the tables, whose codes lead to the explanations below them."""
    from contracts.rules import DOCUMENT_RULES, RULES, explanation_markdown

    yield from _table("rule", sorted(RULES.values()))
    yield from ("", "`contract audit` finds what breaks these in a document:", "")
    yield from _table("rule about documents", sorted(DOCUMENT_RULES.values()))
    for rule in (*sorted(RULES.values()), *sorted(DOCUMENT_RULES.values())):
        yield from ("", f'<a id="{anchor(rule.code)}"></a>', "", f"## {rule.code}", "")
        yield from explanation_markdown(rule.code)


def _table(name: str, rules: Iterable[Rule]) -> Iterator[str]:
    yield f"| {name} | what breaking it means | source |"
    yield "| --- | --- | --- |"
    for rule in rules:
        yield f"| [`{rule.code}`](#{anchor(rule.code)}) | {rule.meaning} | {rule.source} |"


def anchor(code: str) -> str:
    """Return the name by which a link leads to a rule's explanation: a heading's own differs between renderers."""
    return f"rule-{code.replace('.', '-').lower()}"
