"""report.html: one self-contained page that opens from disk, asks no network for anything, and needs no script.

It says what report.json says. Python writes the whole of it, so that it can be read, searched and printed as it is; its
script only filters, jumps and copies. The policy in its head lets nothing run or load but what it was written with.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from markupsafe import Markup

from contracts.comparison import Comparison
from contracts.ledger import Night
from contracts.recorder import recorded
from contracts.reports import report_json
from contracts.reports.page import figures, tree, witness
from contracts.verdict import Verdict

LARGEST: Final = 1_500_000
"""Characters of the report that the page carries along for scripts; of a larger one it carries an abridged copy."""

IDS: Final = 20
"""How many of a violation's resources are listed."""

FULL: Final = 500
"""How many violations are shown with their witness; of those behind only the line is told."""

LINES: Final = 60
"""How many lines of a witness are shown, where there are few violations."""

_HERE: Final = Path(__file__).parent
_AROUND: Final = (3, 7)
"""How many of the document's lines are shown before and after the promise."""


def render(
    verdict: Verdict, comparison: Comparison | None, trend: Sequence[Night], exchanges: Path, file: TextIO
) -> None:
    """Write the page; `exchanges` is the folder in which they were recorded, if they were."""
    # A tenth of a second, which only those pay who want a page.
    from contracts.reports.page.template import environment

    report = report_json.report(verdict, comparison, trend)
    style, script = (Markup((_HERE / name).read_text("utf-8")) for name in ("page.css", "page.js"))  # noqa: S704 - ours
    most = LINES if len(report["violations"]) < 100 else LINES // 3
    values = {
        "report": report,
        "started": verdict.run.started.timestamp(),
        "style": style,
        "script": script,
        "sources": [_hash(style), _hash(script)],
        "anchors": list(_anchors(each["id"] for each in (*report["violations"], *report["waived"]))),
        "data": Markup(embedded(report)),  # noqa: S704 - made harmless there
        "roots": tree.grow(report),
        "matrices": list(tree.matrices(report)),
        "histograms": {path: _histogram(report, path, counts) for path, counts in verdict.times.items()},
        "timeline": figures.timeline(recorded(exchanges)),
        "excerpts": _Excerpts(verdict.run.document.path),
        "lay_out": functools.partial(witness.lay_out, most=most),
        "limits": {"ids": IDS, "full": FULL, "longest": witness.LONGEST},
    }
    file.writelines(environment().get_template("page.html").generate(values))


def _histogram(report: Mapping[str, Any], path: str, counts: Mapping[int, int]) -> figures.Histogram | None:
    return figures.histogram(counts, {name: report["latency"][path][name] for name in report_json.QUANTILES})


def _anchors(ids: Iterable[str]) -> Iterator[str]:
    """A place to link to for each: one cause may be told twice, where a waiver covers only some of its resources."""
    times: Counter[str] = Counter()
    for name in ids:
        times[name] += 1
        yield f"violation-{name}" if times[name] == 1 else f"violation-{name}-{times[name]}"


def _hash(text: str) -> str:
    """The text's source expression in a policy (Content Security Policy Level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def embedded(report: Mapping[str, Any]) -> str:
    """The report as JSON text that can stand in an HTML script element, whatever its strings hold.

    ASCII only; of the characters that mean something to HTML's tokenizer none is left.
    """
    text = json.dumps(report, separators=(",", ":"))
    if len(text) > LARGEST:
        text = json.dumps(_abridged(report), separators=(",", ":"))
    return text.translate({ord(char): f"\\u{ord(char):04x}" for char in "<>&"})


def _abridged(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report without what makes it large: long texts, and most of long lists."""
    coverage = {**report["coverage"], "undeclared": _cut(report["coverage"]["undeclared"])}
    cut = {name: [_cut(each) for each in report[name][:FULL]] for name in ("violations", "waived")}
    return {**report, "abridged": True, "coverage": coverage, **cut}


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value[: witness.LONGEST]
    if isinstance(value, list):
        return [_cut(each) for each in value[:IDS]]
    return {name: _cut(each) for name, each in value.items()} if isinstance(value, dict) else value


class _Excerpts:
    """The document's lines around a promise."""

    def __init__(self, path: Path) -> None:
        try:
            self._lines = path.read_text("utf-8-sig").splitlines()
        except (OSError, ValueError):
            self._lines = []

    def __call__(self, line: int) -> Iterator[tuple[int, str]]:
        """Numbered lines, the one asked for among them; nothing of a file that is gone."""
        first = max(1, line - _AROUND[0])
        shown = self._lines[first - 1 : line + _AROUND[1]]
        margin = min((len(each) - len(each.lstrip()) for each in shown if each.strip()), default=0)
        for number, text in enumerate(shown, first):
            yield number, text[margin:][: witness.LONGEST]
