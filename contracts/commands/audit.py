"""Say what in a document is wrong or vague, the answer that shows it, and the correction; nothing is sent.

The exit code is 1 if anything is wrong, and 0 if not; vague parts are notes, which do not change it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contracts.broken_pipe import print_lines
from contracts.errors import ConfigurationError
from contracts.options import add_options

if TYPE_CHECKING:
    from contracts.audit import Audit

EXAMPLES: Final = (
    ("contract audit openapi.yaml", "what is wrong or vague in it"),
    ("contract audit openapi.yaml --fix fix.yaml", "write the corrections as an Overlay, to send to the owner"),
    ("contract audit openapi.yaml --overlay fix.yaml", "the same document with them"),
    ("contract audit openapi.yaml --closed", "undeclared properties are wrong, too"),
)

_OPTIONS: Final = ("--operation", "--skip", "--overlay", "--annotation")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the document, the form of what is told, and those options of a run that say what is audited."""
    add = parser.add_argument
    add("document", nargs="?", metavar="DOCUMENT", help="an OpenAPI 3.1 or 3.2 document (default: the pinned one)")
    add("--closed", action="store_true", help="count undeclared properties as wrong; --fix forbids them then")
    add("--fix", metavar="FILE", help="write the corrections as an Overlay into this new file")
    add("--format", choices=("text", "json", "markdown"), default="text", help="default: %(default)s")
    add("--report-dir", type=Path, metavar="DIR", help="write audit.json, .md and .sarif and GitLab's report there")
    add_options(lambda title: add, names=_OPTIONS)


def run(options: argparse.Namespace) -> int:
    """Print the audit and write what was asked for; raises ContractError if nothing can be audited."""
    import sys

    from contracts.openapi import overlay_files
    from contracts.reports import write_audit
    from contracts.run import new_file
    from contracts.verdict import Outcome

    try:
        overlays = overlay_files(options.overlay, pinned=False)
        fix = new_file("--fix", options.fix)
        found = _audited(options, overlays)
        _print(found, options.format)
        errors = write_audit(options.report_dir, found) if options.report_dir else ()
        # What follows must not end up in what another program reads.
        for line in (*(f"reports     {error}" for error in errors), *_fixed(options, found, overlays, fix)):
            print_lines([line]) if options.format == "text" else print(line, file=sys.stderr)
    except KeyboardInterrupt:
        print_lines(["interrupted before the audit was done"])
        return Outcome.INCONCLUSIVE.exit_code
    return found.exit_code


def _audited(options: argparse.Namespace, overlays: Sequence[Path]) -> "Audit":
    from contracts.audit import audit
    from contracts.openapi import PINNED, Selection, check_overlay_keywords, load
    from strategies import witnesses

    if "://" in (options.document or ""):
        raise ConfigurationError(f"{options.document} is a URL, and nothing is fetched; save it and name the file")
    selection = Selection(tuple(options.operation), tuple(options.skip))
    document = load(Path(options.document or PINNED), overlays, options.annotation, selection)
    for operation in document.operations:
        check_overlay_keywords(operation)
    return audit(document, witnesses, overlays, closed=options.closed)


def _print(found: "Audit", form: str) -> None:
    import json
    import os

    from contracts.reports import audit_commands, audit_json, audit_lines, audit_markdown

    if form == "json":
        print_lines([json.dumps(audit_json(found), indent=2, ensure_ascii=False)])
    elif form == "markdown":
        print_lines(audit_markdown(found))
    else:
        commands = audit_commands(found) if os.environ.get("GITHUB_ACTIONS") == "true" else ()
        print_lines([*audit_lines(found), *commands])


def _fixed(options: argparse.Namespace, found: "Audit", overlays: Sequence[Path], fix: Path | None) -> list[str]:
    """Write the corrections, audit the document with them, and return in words what is left."""
    from contracts.reports import audit_headline

    if fix is None:
        return []
    audits = [found]
    count, before = _written(fix, audits), 0
    if not count:
        return [f"fix         {fix} was not written: there is nothing that an overlay corrects"]
    while count > before:  # A correction may bring to light what it hid, such as a union that was never satisfied.
        audits.append(_audited(options, (*overlays, fix)))
        before, count = count, _written(fix, audits)
    said = audit_headline(audits[-1]).removeprefix("AUDIT").strip()
    left = [f"            {each.rule}: {each.what}; {each.correction.words}" for each in audits[-1].findings]
    return [f"fix         {fix} holds {count} actions; with it: {said}", *left]


def _written(fix: Path, audits: Sequence["Audit"]) -> int:
    from contracts.reports import write_corrections

    try:
        return write_corrections(fix, audits)
    except OSError as error:
        raise ConfigurationError(f"--fix {fix} cannot be written: {error.strerror or error}") from None
