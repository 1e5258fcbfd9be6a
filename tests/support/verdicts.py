"""Tallies and verdicts of a tiny operation: what an observer makes of given outcomes."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from contracts.http.exchange import Exchange, Failure, Response
from contracts.openapi import Document, Operation
from contracts.run.observer import Observer
from contracts.verdict.tally import Tally
from contracts.verdict.verdict import AcceptanceCriteria, RunFacts, Verdict, conclude
from tests.support.tiny import document_of, exchange_of

STARTED = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)


@cache
def operation() -> Operation:
    """Return an operation whose responses have a list, a state and a value that never changes."""
    properties = {
        "list": {"items": {"type": "string"}},
        "state": {"enum": ["on", "off"]},
        "born": {"x-immutable": True},
    }
    return document_of({"type": "object", "properties": properties}).operations[0]


def tally_of(*outcomes: Response | Failure, thing: str = "one") -> Tally:
    """Return the tally of these outcomes of `operation()`, all of one resource."""
    return tally_on(exchange_of(operation(), outcome, thing) for outcome in outcomes)


def tally_on(exchanges: Iterable[Exchange]) -> Tally:
    """Return the tally of an observer without waivers and redaction."""
    observer = Observer()
    for exchange in exchanges:
        observer(exchange)
    return observer.take()


def contents(tally: Tally) -> Any:
    """Return everything that a tally holds as JSON values, in an order that does not depend on merging."""
    values = tally.to_json()
    return {**values, "violations": sorted(values["violations"], key=json.dumps)}


def run_on(document: Document, incident: str = "", **facts: Any) -> RunFacts:
    """Return the facts of a run of 1.25 seconds."""
    return RunFacts("http://127.0.0.1:1", document, "ci", STARTED, 1.25, incident=incident, **facts)


def verdict_on(
    tally: Tally,
    document: Document,
    incident: str = "",
    criteria: AcceptanceCriteria = AcceptanceCriteria(),  # noqa: B008 - it is frozen
) -> Verdict:
    """Return the verdict on a tally."""
    return conclude(run_on(document, incident), tally, criteria)
