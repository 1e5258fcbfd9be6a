"""Word violations, and what an audit finds, as annotations of a GitHub Actions run.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from collections.abc import Iterator
from typing import Final

from contracts.audit import Audit
from contracts.openapi import line_of, pointer_lines
from contracts.reports.grouping import grouped, rules_of
from contracts.reports.messages import group_line
from contracts.reports.sarif import relative
from contracts.rules import where_explained
from contracts.verdict import Verdict

MAX_ANNOTATIONS: Final = 10
"""The number of annotations of one kind that the runner shows for a step."""


def github_commands(verdict: Verdict) -> Iterator[str]:
    """Yield one command for each group of violations (see `grouped`), MAX_ANNOTATIONS at most, and where to read on."""
    lines = pointer_lines(verdict.run.document.path)
    file = property_text(relative(verdict.run.document.path))
    groups = grouped(verdict.findings)
    for group in groups[:MAX_ANNOTATIONS]:
        first = group[0].violation
        line, title = line_of(lines, first.pointer), property_text(first.rule)
        yield f"::error file={file},line={line},title={title}::{data_text(group_line(group))}"
    if groups:
        yield f"::notice::{data_text(where_explained(*rules_of(groups)))}"


def audit_commands(audit: Audit) -> Iterator[str]:
    """Yield one command for each finding of an audit, and for each note, MAX_ANNOTATIONS of either at most."""
    for kind, found in (("error", audit.findings), ("notice", audit.notes)):
        for finding in found[:MAX_ANNOTATIONS]:
            origin = audit.origin(finding, finding.places[0])
            file, title = property_text(relative(origin.path)), property_text(finding.rule)
            yield f"::{kind} file={file},line={origin.line},title={title}::{data_text(finding.what)}"


def data_text(text: str) -> str:
    """Return the text as a command's message has it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_text(text: str) -> str:
    """Return the text as a command's property has it."""
    return data_text(text).replace(":", "%3A").replace(",", "%2C")
