"""Every rule that an answer can break, as a Markdown table: `python -m contracts`."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.violation import RULES


def table() -> Iterator[str]:
    """The lines of the table."""
    yield "| rule | what breaking it means | source |"
    yield "| --- | --- | --- |"
    for rule in sorted(RULES.values()):
        yield f"| `{rule.code}` | {rule.meaning} | {rule.source} |"


if __name__ == "__main__":
    print(*table(), sep="\n")
