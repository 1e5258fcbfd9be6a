"""Write report.html: one self-contained page that opens from disk, uses no network and needs no script.

The page shows the contents of report.json. Python writes all of it, so that it can be read, searched and printed as it
is; its script only filters, jumps and copies. The policy in its head forbids every script, style and resource that it
was not written with.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from markupsafe import Markup

from contracts.http import Exchange
from contracts.openapi import Document, DocumentError, line_of, pointer_lines, written_places
from contracts.reports import report_json
from contracts.reports.comparison import Comparison
from contracts.reports.grouping import differ_by_value, grouped
from contracts.reports.messages import group_line
from contracts.reports.page import figures, tree, witness
from contracts.reports.verdict_words import recheck_words, spread
from contracts.rules import explanation_rows
from contracts.verdict import Finding, RecheckResult, RunSummary, Verdict

if TYPE_CHECKING:
    from contracts.changes import DocumentDiff

LARGEST: Final = 1_500_000
"""The number of characters of report.json that the page holds for scripts; a larger report is abridged."""

IDS: Final = 20
"""The number of a violation's resources that are listed."""

FULL: Final = 500
"""The number of violations that are shown with their witness; of later ones only the line is shown."""

LINES: Final = 60
"""The number of lines of a witness that are shown if there are few violations."""

_HERE: Final = Path(__file__).parent
_AROUND: Final = (3, 7)
"""The numbers of the document's lines that are shown before and after the promise."""


def render(
    verdict: Verdict,
    comparison: Comparison | None,
    trend: Sequence[RunSummary],
    exchanges: Iterable[Exchange],
    file: TextIO,
    changes: DocumentDiff | None = None,
) -> None:
    """Write the page to the file.

    `exchanges` are those that were recorded, for the timeline; `changes` those of the document since an earlier one.
    """
    # The import takes a tenth of a second, which a run without a page does not need to spend.
    from contracts.reports.page.template import environment

    report = report_json.report(verdict, comparison, trend, changes)
    style, script = (Markup((_HERE / name).read_text("utf-8")) for name in ("page.css", "page.js"))  # noqa: S704 - ours
    max_lines = LINES if len(report["violations"]) < 100 else LINES // 3
    values = {
        "report": report,
        "started": verdict.run.started.timestamp(),
        "style": style,
        "script": script,
        "sources": [_hash(style), _hash(script)],
        "blocks": {"violations": _blocks(verdict.findings), "waived": _blocks(verdict.waived)},
        "anchors": list(_anchors(each["id"] for each in (*report["violations"], *report["waived"]))),
        "data": Markup(embedded(report)),  # noqa: S704 - it holds no character with a meaning in HTML
        "roots": tree.build(report),
        "matrices": list(tree.matrices(report)),
        "histograms": {path: _histogram(report, path, counts) for path, counts in verdict.times.items() if counts},
        "timeline": figures.timeline(exchange for exchange in exchanges if exchange.seconds),
        "promised": functools.cache(functools.partial(_promised, verdict.run.document)),
        "explained": explanation_rows,
        "rechecked": _rechecked,
        "lay_out": functools.partial(witness.lay_out, max_lines=max_lines),
        "limits": {"ids": IDS, "full": FULL, "longest": witness.LONGEST},
        "sides": _sides(changes) if changes else {},
    }
    file.writelines(environment().get_template("page.html").generate(values))


def render_changes(result: DocumentDiff, file: TextIO) -> None:
    """Write diff.html, the page of a comparison of two documents, in the style of report.html and without a script."""
    from contracts.reports import change_json
    from contracts.reports.page.template import environment

    style = Markup((_HERE / "page.css").read_text("utf-8"))  # noqa: S704 - ours
    shades = {"BREAKING": "VIOLATES", "UNKNOWN": "INCONCLUSIVE"}
    values = {
        "report": change_json.report(result),
        "shade": shades.get(result.outcome, "CONFORMS"),
        "style": style,
        "source": _hash(style),
        "sides": _sides(result),
    }
    file.writelines(environment().get_template("diff.html").generate(values))


def _sides(changes: DocumentDiff) -> dict[str, Callable[[int], Iterator[tuple[int, str]]]]:
    """Return for OLD and NEW what yields the lines around one of theirs."""
    paths = zip(("old", "new"), changes.sources, strict=True)
    return {name: functools.partial(_excerpt, _lines(source.path)) for name, source in paths}


@dataclass(frozen=True, slots=True)
class _Block:
    """Violations that are shown together, by their indices; `line` is empty for one alone."""

    indices: tuple[int, ...]
    line: str = ""
    spread: str = ""


def _blocks(findings: Sequence[Finding]) -> list[_Block]:
    """Return the findings in blocks, in their order: those that differ by a value alone are one block."""
    numbers = {finding: number for number, finding in enumerate(findings)}
    blocks = []
    for group in grouped(findings):
        indices = tuple(sorted(numbers[finding] for finding in group))
        if differ_by_value(group):
            blocks.append(_Block(indices, group_line(group), spread(*group)))
        else:
            blocks += [_Block((index,)) for index in indices]
    return sorted(blocks, key=lambda block: block.indices)


def _rechecked(recurrence: Mapping[str, Any]) -> str:
    return recheck_words(RecheckResult(recurrence["times"], recurrence["of"], recurrence["sibling"]))


def _histogram(report: Mapping[str, Any], path: str, counts: Mapping[int, int]) -> figures.Histogram | None:
    return figures.histogram(counts, {name: report["latency"][path][name] for name in report_json.QUANTILES})


def _anchors(ids: Iterable[str]) -> Iterator[str]:
    """Yield an anchor for each id; an id occurs twice if a waiver covers only some of a violation's resources."""
    times: Counter[str] = Counter()
    for name in ids:
        times[name] += 1
        yield f"violation-{name}" if times[name] == 1 else f"violation-{name}-{times[name]}"


def _hash(text: str) -> str:
    """Return the text's source expression in a policy (Content Security Policy Level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def embedded(report: Mapping[str, Any]) -> str:
    """Return the report as JSON text that can stand in an HTML script element, whatever its strings hold.

    The text is ASCII and has no character with a meaning for HTML's tokenizer.
    """
    text = json.dumps(report, separators=(",", ":"))
    if len(text) > LARGEST:
        text = json.dumps(_abridged(report), separators=(",", ":"))
    return text.translate({ord(char): f"\\u{ord(char):04x}" for char in "<>&"})


def _abridged(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report with long texts and long lists cut short."""
    coverage = {**report["coverage"], "undeclared": _cut(report["coverage"]["undeclared"])}
    cut = {name: list(map(_cut, report[name][:FULL])) for name in ("violations", "waived")}
    return {**report, "abridged": True, "coverage": coverage, "changes": _cut(report["changes"]), **cut}


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value[: witness.LONGEST]
    if isinstance(value, list):
        return list(map(_cut, value[:IDS]))
    return {name: _cut(item) for name, item in value.items()} if isinstance(value, dict) else value


@dataclass(frozen=True, slots=True)
class _Promise:
    """Where a promise is written: the file's name, the line, and the lines around it with their numbers."""

    file: str
    line: int
    around: tuple[tuple[int, str], ...]


def _promised(document: Document, pointer: str, line: int) -> _Promise:
    """Return where a place is written: in the last overlay that wrote it, else on this line of the document."""
    path = document.path
    for overlay, written in reversed(_written(document)):
        if pointer in written:
            path, line = overlay, line_of(pointer_lines(overlay), written[pointer])
            break
    return _Promise(path.name, line, tuple(_excerpt(_lines(path), line)))


@functools.lru_cache(maxsize=1)
def _written(document: Document) -> tuple[tuple[Path, Mapping[str, str]], ...]:
    """Return the overlays that can still be read, each with the places that it wrote."""
    found = []
    for path in document.overlay_paths:
        with suppress(DocumentError):
            found.append((path, written_places(path, document.written)))
    return tuple(found)


def _excerpt(lines: Sequence[str], line: int) -> Iterator[tuple[int, str]]:
    """Yield the lines around this one with their numbers."""
    first = max(1, line - _AROUND[0])
    excerpt = lines[first - 1 : line + _AROUND[1]]
    margin = min((len(text) - len(text.lstrip()) for text in excerpt if text.strip()), default=0)
    for number, text in enumerate(excerpt, first):
        yield number, text[margin:][: witness.LONGEST]


def _lines(path: Path) -> list[str]:
    """Return the file's lines; none if it cannot be read."""
    with suppress(OSError, ValueError):
        return path.read_text("utf-8-sig").splitlines()
    return []
