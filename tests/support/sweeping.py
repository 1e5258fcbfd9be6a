"""Sweeps over known resources without a server: answers, some of them broken, are judged as a run would."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from contracts.coverage import CLASS_KINDS, Feature, features_of, promised_features
from contracts.http.exchange import Exchange, Failure, Request, Response
from contracts.judge import parse_response
from contracts.run.observer import Observer
from contracts.run.profiles import PROFILES
from strategies.faults.fault_table import faults
from strategies.faults.mutations import AnswerContext
from strategies.plan import KnownResources
from strategies.rare_classes import SHARES, RareClasses
from tests.support.pinned import CATALOGUE, OPERATION
from tests.support.pinned import RESOURCES as KNOWN

FAULTS = {fault.name: fault for fault in faults(OPERATION)}
CI = PROFILES["ci"]
RUNS = 40

Known = tuple[tuple[str, ...], ...]

Hit = Callable[[AnswerContext], bool]


class Found(Exception):
    """Ends a sweep at its first violation."""


class Swept:
    """Stands for the run, the session and the server behind it: answers, broken where `hit` says so, are judged."""

    def __init__(self, fault: str, hit: Hit, seconds: float = 0) -> None:
        self._fault, self._hit, self._seconds = FAULTS[fault], hit, seconds
        self._judge, self._reads = Observer(), Counter[tuple[str, ...]]()
        self.class_reads, self.reads = self._judge.class_reads, 0
        self.requests_left: int | None = None

    @property
    def session(self) -> Swept:
        return self

    def skips_hanging(self, operation: Any, resource: tuple[str, ...]) -> bool:
        return self._judge.skips_hanging(operation, resource)

    def ask(self, operation: Any, values: Mapping[str, str]) -> None:
        resource = tuple(values.values())
        time.sleep(self._seconds)
        self.reads, self.requests_left = self.reads + 1, self.requests_left and self.requests_left - 1
        turn = AnswerContext(operation, resource, True, self._reads[resource], CATALOGUE[resource])
        self._reads[resource] += 1
        broken = self._fault.mutation(turn) if self._hit(turn) else None
        outcome: Response | Failure = broken or turn.response
        request = Request("http://h" + operation.url_path(values), tuple(values.items()), True)
        self._judge(Exchange(operation, request, outcome))
        if any(seen.violation.rule == self._fault.rule for seen in self._judge.tally.found):
            raise Found

    def sweep(self, known: Known) -> Swept:
        """Read each of the resources, in turns."""
        with suppress(Found):
            KnownResources(OPERATION, "", known, CI.rounds(len(known))).ask(self)  # type: ignore[arg-type]
        return self

    def read_rare_classes(self, known: Known, shares: range = range(1, SHARES + 1), most: int = 200) -> Swept:
        """Read the resources once more by their classes."""
        for share in shares if not self.found else ():
            with suppress(Found):
                RareClasses(OPERATION, "", known, CI.rounds(len(known)), share, most).ask(self)  # type: ignore[arg-type]
        return self

    @property
    def found(self) -> bool:
        """Whether the fault's rule was reported."""
        return self._fault.rule in {seen.violation.rule for seen in self._judge.tally.found}


def spread(count: int) -> Known:
    """Return so many resources, spread over the catalogue."""
    return tuple(KNOWN[:: len(KNOWN) // count][:count])


def never(turn: AnswerContext) -> bool:
    return False


def the_first(rule: str, *words: str) -> str:
    return next(name for name, fault in FAULTS.items() if fault.rule == rule and all(word in name for word in words))


RARE = [the_first("schema.required", "200"), the_first("overlay.immutable"), "transport.cut", "status.server-error 500"]


def classes_of(response: Response) -> frozenset[Feature]:
    shown = features_of(OPERATION, parse_response(OPERATION, response), response.status).promised
    return frozenset(feature for feature in shown if feature.kind in CLASS_KINDS)


SHOWN = frozenset[Feature]().union(*map(classes_of, CATALOGUE.values()))
CLASSES = [feature for feature in promised_features(OPERATION) if feature in SHOWN]
