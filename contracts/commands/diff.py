"""Say what changed between two documents, for those who read answers and those who send requests.

Each change is breaking, widening, narrowing or equivalent (see docs/diff.md), and proved by an answer that
one document admits and the other refuses. The exit code is 1 for a change that --fail-on names, 6 if it is not known
whether there is one, and 4 if a document cannot be read.
"""

from __future__ import annotations

import argparse
import datetime
import os
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from contracts.broken_pipe import print_lines
from contracts.errors import ConfigurationError

if TYPE_CHECKING:
    from contracts.changes import Change, SeenTotals, Source
    from contracts.openapi import Document

    Loaded = tuple[Document, Mapping[str, int]]

EXAMPLES: Final = (
    ("contract diff old.yaml new.yaml", "two files"),
    ("contract diff main:openapi.yaml openapi.yaml", "a file as git knows it, REV:path, and as it is now"),
    ("contract diff pinned https://host/openapi.json", "the document that comes along, and what a server serves"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare both documents, and what of their changes counts."""
    parser.usage = f"{parser.prog} [OPTION ...] OLD NEW"
    group = cache(parser.add_argument_group)
    add = group("documents").add_argument
    add("old", metavar="OLD", help="a file, REV:path in git, a URL, or `pinned`, the document that comes along")
    add("new", metavar="NEW", help="the same")
    many: dict[str, Any] = {"action": "append", "default": [], "metavar": "FILE|NAME"}
    add("--overlay", help="an OpenAPI Overlay for both; may be repeated", **many)
    add("--old-overlay", help="one for OLD alone; may be repeated", **many)
    add("--new-overlay", help="one for NEW alone; may be repeated", **many)
    add("--no-overlay", action="store_true", help="leave the overlay of the pinned document out")
    add("--annotation", action="append", default=[], metavar="KEYWORD", help="an unknown keyword that asserts nothing")
    add = group("answers really seen").add_argument
    add("--seen", action="append", default=[], metavar="FILE|FOLDER", help="captures as `contract check` reads them")
    add("--server", default="", metavar="URL", help="what stands before the document's paths in them")
    add("--report", type=Path, metavar="FILE", help="report.json of a run: how often it saw what NEW rules out")
    add("--ledger", type=Path, metavar="FILE", help="the same of all runs that a ledger knows")
    add = group("verdict").add_argument
    add("--waivers", type=Path, metavar="FILE", help="changes that are accepted until a date, TOML")
    add("--report-dir", type=Path, metavar="DIR", help="write diff.html, .json, .md, .sarif and GitLab's report there")
    add("--fail-on", choices=("breaking", "any"), default="breaking", help="what counts (default: %(default)s)")


def run(options: argparse.Namespace) -> int:
    """Print the changes and return the exit code; raises ContractError, in one line, for what cannot be read."""
    try:
        return _run(options)
    except KeyboardInterrupt:
        print_lines(["interrupted before everything was compared"])
        return _UNKNOWN


_UNKNOWN: Final = 6
"""The exit code where it is not known whether anything broke."""


def _run(options: argparse.Namespace) -> int:
    from contracts.changes import DocumentDiff, accept, compare_documents, with_sdk
    from contracts.reports import change_lines, github_changes, write_diff
    from contracts.verdict import load_waivers
    from strategies import change_witnesses

    waivers = load_waivers(options.waivers) if options.waivers else ()
    with tempfile.TemporaryDirectory() as folder:
        sources, ((old, old_lines), (new, new_lines)) = _loaded(options, Path(folder))
        compared = compare_documents(old, new, change_witnesses, (old_lines, new_lines))
        changes, seen = _with_seen(options, old, new, [*with_sdk(compared)])
        day = datetime.datetime.now(datetime.UTC).date()
        result = DocumentDiff(sources, compared, accept(changes, waivers, day), day, options.fail_on == "any", seen)
        print_lines(change_lines(result))
        if os.environ.get("GITHUB_ACTIONS") == "true":
            print_lines(github_changes(result))
        for error in write_diff(options.report_dir, result) if options.report_dir else ():
            print(f"WARNING: {error}", file=sys.stderr)
        return result.exit_code


def _loaded(options: argparse.Namespace, folder: Path) -> tuple[tuple[Source, Source], tuple[Loaded, Loaded]]:
    """Return where both documents come from, and each with the lines of its pointers."""
    from contracts.changes import PINNED_NAME, find_source
    from contracts.openapi import overlay_files

    words = (options.old, options.new)
    first, second = (find_source(word, folder, number=number) for number, word in enumerate(words))
    # What is known of the pinned document's API beside it holds for every version of the document.
    known = {"no_overlay": options.no_overlay, "pinned": PINNED_NAME in words}
    old, new = (
        source.load(overlay_files([*options.overlay, *own], **known), options.annotation)
        for source, own in ((first, options.old_overlay), (second, options.new_overlay))
    )
    return (first, second), (old, new)


def _with_seen(
    options: argparse.Namespace, old: Document, new: Document, changes: list[Change]
) -> tuple[list[Change], SeenTotals | None]:
    """Return the changes with how many answers really seen show them, and what both documents say of captured ones."""
    from contracts.captures import Given, read_captures
    from contracts.changes import SeenAnswers, counted_by_features
    from contracts.reports import reported_features

    if options.report:
        features = reported_features(options.report, f"--report {options.report}")
        changes = list(counted_by_features(changes, features))
    if options.ledger:
        from contracts.run import seen_features

        changes = list(counted_by_features(changes, seen_features(options.ledger)))
    if not options.seen:
        return changes, None
    answers = SeenAnswers(old, new, options.server)
    answers.take(read_captures(options.seen, Given()))
    if not answers.totals.judged:
        raise ConfigurationError("--seen holds no answer of an operation that both documents have; name other captures")
    return list(answers.counted(changes)), answers.totals
