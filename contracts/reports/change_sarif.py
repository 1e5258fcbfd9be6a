"""Write diff.sarif, and annotations of a GitHub Actions run: changes at the lines of the documents.

Source: SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TextIO
from urllib.parse import quote

from contracts.changes import Change, Classification, DocumentDiff, Source, Spot
from contracts.reports import change_words as words
from contracts.reports import sarif
from contracts.reports.github import MAX_ANNOTATIONS, data_text, property_text
from contracts.reports.sarif import SCHEMA, relative
from contracts.reports.verdict_words import accepted_until
from contracts.rules import CHANGE_KINDS, OF_CHANGES

_LEVELS: Final = {Classification.BREAKING: "error", Classification.UNKNOWN: "warning"}


def render(result: DocumentDiff, file: TextIO) -> None:
    """Write the report to the file."""
    sarif.render(log(result), file)


def log(result: DocumentDiff) -> dict[str, Any]:
    """Return the log as JSON values; what is equivalent is no result."""
    name = "fine-tuning-job-contract"
    driver = {"name": name, "version": version(name), "rules": []}
    run = {"tool": {"driver": driver}, "results": [], "columnKind": "utf16CodeUnits"}
    made = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    add_to(made, result)
    return made


def add_to(log: dict[str, Any], result: DocumentDiff) -> None:
    """Add the changes to the log of a run: code scanning takes one run of a tool from a file."""
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    waived = {change.fingerprint: waiver for change, waiver in result.accepted.waived}
    every = [*result.standing, *(change for change, _ in result.accepted.waived)]
    told = [each for each in every if each.classification != Classification.EQUIVALENT]
    used = sorted({each.kind for each in told})
    for each in told:
        made = {**_result(each, result), "ruleIndex": len(rules) + used.index(each.kind)}
        if waiver := waived.get(each.fingerprint):
            words_of_it = {"kind": "external", "status": "accepted", "justification": accepted_until(waiver)}
            made["suppressions"] = [words_of_it]
        run["results"].append(made)
    rules += [{"id": OF_CHANGES + kind, "shortDescription": {"text": CHANGE_KINDS[kind].meaning}} for kind in used]


def _result(change: Change, result: DocumentDiff) -> dict[str, Any]:
    spots = [(result.sources[1], change.new), (result.sources[0], change.old)]
    places = [_location(_uri(source), spot) for source, spot in spots if spot]
    proof = "\n".join(words.proof_lines(change))
    return {
        "ruleId": change.code,
        "level": _LEVELS.get(change.classification, "note"),
        "message": {"text": f"{change.classification}: {words.change_line(change)}\n{proof}".rstrip()},
        "locations": places[:1],
        **({"relatedLocations": places[1:]} if places[1:] else {}),
        "partialFingerprints": {"change/v1": change.fingerprint},
    }


def _uri(source: Source) -> str:
    return quote(_path(source)) if source.file else source.name  # The name of what came from a URL is that.


def _path(source: Source) -> str:
    return relative(Path(source.file)) if Path(source.file).is_file() else source.file


def _location(file: str, spot: Spot) -> dict[str, Any]:
    return {
        "physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": max(1, spot.line)}},
        "logicalLocations": [{"fullyQualifiedName": spot.pointer, "kind": "element"}],
    }


def github_changes(result: DocumentDiff) -> Iterator[str]:
    """Yield one command for each group of changes that count, at NEW's line or else at OLD's."""
    counting = [each for each in result.standing if each.classification in _LEVELS]
    for group in words.grouped(counting)[:MAX_ANNOTATIONS]:
        first = group[0]
        source, spot = (result.sources[1], first.new) if first.new else (result.sources[0], first.old)
        level = _LEVELS[first.classification]
        where = f"file={property_text(_path(source))},line={max(1, spot.line)}," if spot and source.file else ""
        yield f"::{level} {where}title={property_text(first.code)}::{data_text(words.change_line(first))}"
