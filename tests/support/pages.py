"""Pages to be read in a browser: of every outcome, with hostile bodies, and as large as pages get."""

from __future__ import annotations

import dataclasses
import datetime
import io
import json
from pathlib import Path
from typing import Any

from contracts.changes import DocumentDiff, Source, accept, compare_documents
from contracts.coverage.requirements import Unmet
from contracts.http.exchange import Failure
from contracts.openapi import pointer_lines
from contracts.reports import page, report_json
from contracts.reports.comparison import compare
from contracts.reports.recorder import EXCHANGES, Recorder, recorded
from contracts.run.observer import Observer
from contracts.verdict.verdict import RecheckResult, RunSummary, Verdict
from contracts.verdict.waivers import Waiver
from strategies import change_witnesses
from tests.support.tiny import PETS, answer, document_of, exchange_of
from tests.support.verdicts import verdict_on

SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "mood": {"enum": ["calm", "wild"]},
        "pet": {"$ref": "#/components/schemas/Pet"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
DOCUMENT = document_of(SCHEMA, PETS)
(OPERATION,) = DOCUMENT.operations

DAY = datetime.date(2026, 2, 1)

RUNS = "window.__pwned=1"
HOSTILE = (
    f"</script><script>{RUNS}</script><!--<script>",
    f"\"'><img src=x onerror={RUNS}><svg onload={RUNS}>",
    f"]]>--></style></title></textarea><iframe srcdoc='<script>parent.{RUNS}</script>'>",
    f"{{{{ 7*7 }}}}{{% raw %}}${{{RUNS}}}javascript:{RUNS}",
    "\u202egnp.exe\u2066\u2028\u2029\x00\x1b[31m\x7f\ufeff\u200b",
    "\ud800 half, \udfff half",
    "&lt;b&gt;&amp;&#60;",
    "long" * 20_000,
)
GOOD: list[Any] = [
    {"name": "a", "mood": mood, "pet": {"kind": kind, "toys": {}}, "tags": tags}
    for mood in ("calm", "wild")
    for kind in ("CAT", "DOG", "EEL")
    for tags in ([], ["x", "y"])
]
BAD: list[Any] = [
    *GOOD,
    {"name": 5},
    {"mood": "calm"},
    {"name": "a", "mood": "clam"},
    {"name": "a", "pet": {"kind": "CAT", "toys": []}},
    {"name": "a", "tags": ["x", 7, *["y"] * 200]},
    b'{"name": "cut sho',
    b'{"name": "\xff\xfe"}',
    Failure("reset", "Connection reset by peer"),
]
REVOLTING: list[Any] = [
    *({"name": [text], "mood": text, "pet": {"kind": text}, text: text} for text in HOSTILE),
    *(text.encode("utf-8", "surrogatepass") for text in HOSTILE),
]


def verdict_of(outcomes: list[Any], *names: str, incident: str = "") -> Verdict:
    """Return the verdict on a run with these outcomes, each of its own resource."""
    observer = Observer()
    for number, each in enumerate(outcomes):
        came = each if isinstance(each, Failure) else answer(200, each, ("X-Shown", f"<b>{number}</b>"))
        exchange = exchange_of(OPERATION, came, names[number] if names else f"thing-{number}")
        observer(dataclasses.replace(exchange, at=1767312000.0 + number / 10, seconds=0.001 * (1 + number % 40)))
    return verdict_on(observer.tally, DOCUMENT, incident)


def record(folder: Path, outcomes: list[Any]) -> None:
    """Record exchanges with these outcomes, as a run does."""
    recorder = Recorder(folder, "main")
    for number, each in enumerate(outcomes):
        came = each if isinstance(each, Failure) else answer(200, each)
        exchange = exchange_of(OPERATION, came, f"thing-{number}")
        recorder(dataclasses.replace(exchange, at=1767312000.0 + number / 10, seconds=0.001 * (1 + number % 40)))
    recorder.close()


def write(
    folder: Path,
    name: str,
    verdict: Verdict,
    before: Verdict | None = None,
    outcomes: Any = (),
    trend: Any = (),
    changes: DocumentDiff | None = None,
) -> Path:
    """Write the page of the verdict, and its report.json beside it; return the page."""
    if outcomes:
        record(folder / name / EXCHANGES, outcomes)
    comparison = compare(report_json.report(before), verdict) if before else None
    text, report = io.StringIO(), io.StringIO()
    page.render(verdict, comparison, trend, recorded(folder / name / EXCHANGES, verdict.run.document), text, changes)
    report_json.render(verdict, comparison, trend, report, changes)
    file = folder / f"{name}.html"
    file.write_text(text.getvalue(), "utf-8")
    file.with_suffix(".json").write_text(report.getvalue(), "utf-8")
    return file


def complete() -> tuple[Verdict, tuple[RunSummary, ...]]:
    """Return a verdict and a trend that hold everything that a page can show."""
    verdict = verdict_of(BAD)
    one, two, *rest = verdict.findings
    waiver = Waiver(1, one.violation.rule, "body*", "rows from before <2024>", "pets team", DAY)
    stale = dataclasses.replace(waiver, number=2, rule="schema.minimum")
    rechecked = dataclasses.replace(
        two, sdk="SDK: raises JSONDecodeError", recurrence=RecheckResult(2, 3, sibling=False), waiver=waiver
    )
    # A waiver that covers only some of the resources leaves one cause in both lists.
    waived = (dataclasses.replace(one, waiver=waiver), dataclasses.replace(two, waiver=waiver))
    verdict = dataclasses.replace(
        verdict,
        findings=(rechecked, *rest),
        waived=waived,
        stale=(stale,),
        unmet=(Unmet("branches", tuple(verdict.unseen)), Unmet("answers=100", words="20 answers came")),
        vanished=((OPERATION.path, ("thing-99",)),),
        skipped_hanging=((OPERATION.path, ("thing-98",)),),
    )
    started = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    runs = (
        RunSummary(
            started=started + datetime.timedelta(day),
            profile="nightly",
            outcome="VIOLATES" if day % 3 else "CONFORMS",
            answers=500 + day,
            violations=day % 3,
            seen=20,
            promised=30,
            flaky=0.01 * day,
            p50=0.01 + day / 1000,
            p95=0.02 + day / 900,
            p99=0.5,
        )
        for day in range(20)
    )
    return verdict, tuple(runs)


OLD = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "mood": {"enum": ["calm", "wild"]},
        "pattern": {"type": "string", "pattern": "^(a|b)+$"},
        "gone": {"type": "string"},
        "size": {"type": "integer"},
    },
}
NEW = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "what it is called"},
        "mood": {"enum": ["calm", "wild", *HOSTILE[:5]]},
        "pattern": {"type": "string", "pattern": "^[ab]+$"},
        "size": {"type": ["integer", "string"]},
        "new": {"type": "boolean"},
    },
}


def changes(folder: Path) -> DocumentDiff:
    """Return a comparison of two documents that holds everything that a page can show of one."""
    folder.mkdir()
    old, new = (document_of(each) for each in (OLD, NEW))
    sources, lines = [], []
    for name, document in (("old", old), ("new", new)):
        file = folder / f"{name}.json"
        file.write_text(json.dumps(dict(document.contents), indent=1), "utf-8")
        sources.append(Source(file, f"{name}<&>.json", str(file)))
        lines.append(pointer_lines(file))
    compared = compare_documents(old, new, change_witnesses, (lines[0], lines[1]))
    compared = dataclasses.replace(compared, not_compared=("the request body of GET /<things>",))
    waiver = Waiver(1, "change.type", "body/size", "all clients <know>", "pets team", datetime.date.max)
    accepted = accept([*compared.changes], [waiver], DAY)
    return DocumentDiff((sources[0], sources[1]), compared, accepted, DAY)


def write_changes(folder: Path, result: DocumentDiff) -> Path:
    """Write the page of a comparison of two documents."""
    file = folder / "diff.html"
    with file.open("w", encoding="utf-8") as opened:
        page.render_changes(result, opened)
    return file


def large(folder: Path) -> Path:
    """Write the page of 500 violations in 10,000 exchanges."""
    count = 500
    schema = {"type": "object", "properties": {f"field_{number:03}": {"type": "integer"} for number in range(count)}}
    document = document_of(schema)
    (operation,) = document.operations
    observer, recorder = Observer(), Recorder(folder / "large" / EXCHANGES, "main")
    for number in range(10_000):
        body = {**{f"field_{each:03}": each for each in range(30)}, f"field_{number % count:03}": "no number " * 3}
        exchange = exchange_of(operation, answer(200, body), f"thing-{number:05}")
        exchange = dataclasses.replace(exchange, at=1767312000.0 + number / 50, seconds=0.0007 * (1 + number * 7 % 97))
        recorder(exchange)
        if number < 2 * count:
            observer(exchange)
    recorder.close()
    return write(folder, "large", verdict_on(observer.tally, document))


def report_of(file: Path) -> Any:
    """Return the report.json beside a page."""
    return json.loads(file.with_suffix(".json").read_text("utf-8"))
