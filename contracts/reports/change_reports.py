"""Report a comparison of two documents, whose words and formats are loaded when there is one.

A run that compares nothing has no need of what compares: it begins sooner without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from contracts.reports import code_quality, page
from contracts.reports.files import ReportErrors, atomically

if TYPE_CHECKING:
    from contracts.changes import DocumentDiff


def change_lines(result: DocumentDiff) -> Iterator[str]:
    """Yield the lines of a comparison for a terminal; none is longer than MAX_LINE characters."""
    from contracts.reports import change_terminal

    return change_terminal.change_lines(result)


def github_changes(result: DocumentDiff) -> Iterator[str]:
    """Yield a command of GitHub Actions for each group of changes that count."""
    from contracts.reports import change_sarif

    return change_sarif.github_changes(result)


def write_diff(folder: Path, result: DocumentDiff) -> ReportErrors:
    """Write the reports of a comparison of two documents into the folder, as `write_reports` does those of a run."""
    from contracts.reports import change_json, change_markdown, change_sarif

    errors = ReportErrors()
    renderings: dict[str, Callable[[DocumentDiff, TextIO], object]] = {
        "diff.json": change_json.render,
        "diff.md": change_markdown.render,
        "diff.sarif": change_sarif.render,
        "diff.html": page.render_changes,
        "gl-code-quality-diff.json": lambda result, file: code_quality.render(change_sarif.log(result), file),
    }
    for name, render in renderings.items():
        with errors.guarded(f"{folder / name} was not written"):
            atomically(folder / name, partial(render, result))
    return errors
