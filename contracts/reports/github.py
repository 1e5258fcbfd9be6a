"""Violations as annotations of a GitHub Actions run: lines that the runner takes from the output.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from contracts.grouping import grouped
from contracts.reports.sarif import relative
from contracts.source import line_of, lines
from contracts.verdict import Verdict
from contracts.wording import group_line

MOST: Final = 10
"""The runner shows no more of one kind in a step."""


def commands(verdict: Verdict) -> Iterator[str]:
    """One command for each violation, or those that are told together, as many as are shown."""
    known = lines(verdict.run.document.path)
    file = _property(relative(verdict.run.document.path))
    for group in grouped(verdict.findings)[:MOST]:
        first = group[0].violation
        line, title = line_of(known, first.document), _property(first.rule)
        yield f"::error file={file},line={line},title={title}::{_data(group_line(group))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
