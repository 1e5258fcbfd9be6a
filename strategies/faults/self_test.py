"""Test whether the judge catches every fault that can be derived from the document.

Hides which answers a fault is tried on, and when a violation beside the expected one is a consequence of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final
from zlib import crc32

from contracts.http import Exchange, Failure, Request, Response, undocumented_methods
from contracts.judge import History, consequences, excuse, judge
from contracts.openapi import Operation, lasting
from strategies.answers import catalogue, covering_answers, granting, refusal
from strategies.faults.fault_table import faults
from strategies.faults.mutations import AnswerContext, Fault
from strategies.faults.refusal_faults import strange_contexts
from strategies.faults.resource_faults import in_other_case, mistakable

TwoReads = tuple[AnswerContext, AnswerContext]
"""One answer, about to be given for the first and for the second time."""

Outcomes = tuple[Response | Failure, ...]

Places = set[tuple[str, str]]
"""Violations as pairs of a rule and a place."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A fault that was not caught as it should be, with the rules and places that were reported instead."""

    fault: str
    reported: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.fault}: {', '.join(self.reported) or 'nothing'} was reported"


@dataclass(frozen=True, slots=True)
class SelfTest:
    """The number of faults caught, the survivors, and the names of faults that found nothing to break in any answer.

    `left_out` is the number of faults that were not tried, because a sample stands for all.
    """

    caught: int
    survivors: tuple[Survivor, ...]
    idle: tuple[str, ...]
    left_out: int = 0


MIN_CAUGHT: Final = 2
"""In how many answers a fault is reported alone before it counts as caught."""

MAX_TRIED: Final = 20
"""In how many answers a fault is tried; in some of them its violation has consequences, which are reported as well."""


MAX_FAULTS: Final = 600
"""How many faults of an operation are put before the judge; of more, a sample that is the same each time."""


def sample(faults: Sequence[Fault], most: int = MAX_FAULTS) -> tuple[Fault, ...]:
    """Return at most so many of the faults, in their order, spread over every rule and every kind of place.

    There is one of each rule, depth and sort of place (of an item or not, of one class of ids or of all) in any case.
    """
    if len(faults) <= most:
        return tuple(faults)
    groups: dict[tuple[str, int, bool, str], list[Fault]] = defaultdict(list)
    # A checksum of the name spreads the faults of a group over the document, in the same way each time.
    for each in sorted(faults, key=lambda fault: crc32(fault.name.encode())):
        place = str(each.place)
        groups[each.rule, place.count("/"), "*" in place, each.id_class].append(each)
    in_turn = [each for turn in zip_longest(*groups.values()) for each in turn if each is not None]
    chosen = {each.name for each in in_turn[: max(most, len(groups))]}
    return tuple(each for each in faults if each.name in chosen)


def self_test(operation: Operation, most: int = MAX_FAULTS) -> SelfTest:
    """Return how the judge does on every fault or, if there are too many, on a `sample` of them.

    A fault is caught if every answer that it breaks is reported by its rule at its place, and one of them by nothing
    else.
    """
    contexts = tuple(map(_read_twice, _contexts(operation)))
    strange = tuple(map(_read_twice, strange_contexts(operation)))
    caught, survivors, idle = 0, [], []
    every = faults(operation)
    tried = sample(every, most)
    for fault in tried:
        # An id that may be refused excuses most faults: only its own are put before it.
        reports = list(_reports(fault, strange if fault.id_class else contexts))
        if not reports:
            idle.append(fault.name)
        elif any(_is_alone(report, fault) for report in reports) and all(_names(report, fault) for report in reports):
            caught += 1
        else:
            reported = {f"{rule} at {place}" for report in reports for rule, place in report}
            survivors.append(Survivor(fault.name, tuple(sorted(reported))))
    return SelfTest(caught, tuple(survivors), tuple(idle), len(every) - len(tried))


def faulty_answers(operation: Operation) -> Iterator[tuple[Fault, Iterator[Response | Failure]]]:
    """Yield every fault of reads, with the outcomes that it makes of the operation's covering answers."""
    contexts = tuple(_read_twice(context) for context in _contexts(operation) if not context.probes)
    for fault in faults(operation):
        yield fault, (outcome for _, outcomes in _broken(fault, contexts) for outcome in outcomes)


def _contexts(operation: Operation) -> Iterator[AnswerContext]:
    """Yield every covering answer, as given to resources that exist and to those that do not."""
    for resource, response in catalogue(operation).items():
        yield AnswerContext(operation, resource, True, 0, response)
    yield from _further_contexts(operation)
    for resource in list(catalogue(operation))[:1]:
        for method in undocumented_methods(operation):
            yield AnswerContext(operation, resource, True, 0, refusal(operation, method), method)
    for one, other in zip(*[iter(list(catalogue(operation))[: 2 * MIN_CAUGHT])] * 2, strict=False):
        yield AnswerContext(operation, one, True, 0, catalogue(operation)[one], together=(other,))
    for spec in operation.responses:
        if spec not in operation.granted:
            answers = covering_answers(operation, spec.status)
            for index, response in enumerate(answers):
                resource = tuple(f"zz-unknown-{index}" for _ in operation.parameters)
                yield AnswerContext(operation, resource, False, 0, response)
            if known := mistakable(operation):
                yield AnswerContext(operation, in_other_case(known), False, 0, answers[0])


def _further_contexts(operation: Operation) -> Iterator[AnswerContext]:
    """Yield the covering answers that are left over if the path has room for few resources, for the first of them."""
    spec, known = granting(operation), catalogue(operation)
    if spec is None or not known or lasting(operation, spec):
        return
    resource = next(iter(known))
    for response in covering_answers(operation, spec.status, operation.bind(resource))[len(known) :]:
        yield AnswerContext(operation, resource, True, 0, response)


def _read_twice(context: AnswerContext) -> TwoReads:
    return context, replace(context, reads=1)


def _reports(fault: Fault, contexts: Iterable[TwoReads]) -> Iterator[Places]:
    """Yield the rules and places reported of every answer that the fault breaks, read twice."""
    history, alone = History(), 0
    # An answer is mistaken for another's only after that other one was seen.
    for context, _ in contexts:
        if fault.rule == "overlay.alias" and context.exists:
            list(history.compare(_exchange(context, context.response)))
    for tried, (context, outcomes) in enumerate(_broken(fault, contexts)):
        if alone >= MIN_CAUGHT or tried >= MAX_TRIED:
            return
        report = {pair for outcome in outcomes for pair in _judged(history, _exchange(context, outcome))}
        alone += _is_alone(report, fault)
        yield report


def _judged(history: History, exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield rule and place of every violation of the exchange, without excused ones and consequences of others."""
    refusal, found = excuse(exchange, judge(exchange.operation, exchange))
    found |= set(history.compare(exchange) if exchange.request.is_read and not refusal else ())
    yield from ((violation.rule, violation.place) for violation in found - consequences(found))


def _is_alone(report: Places, fault: Fault) -> bool:
    """Return whether the fault is reported, and nothing else except what its value breaks there or around it."""
    return _names(report, fault) and all(
        fault.place.leads_to(place) or _is_named(fault, rule, place) for rule, place in report
    )


def _names(report: Places, fault: Fault) -> bool:
    return any(_is_named(fault, rule, place) for rule, place in report)


def _is_named(fault: Fault, rule: str, place: str) -> bool:
    if rule == "union.wrong-branch":
        # What no longer fits its branch may fit another one by accident, where the branches leave the tag open; and
        # where a value of one branch breaks another is known to the judge alone.
        return fault.rule == rule or (fault.rule.startswith("schema.") and fault.place.covers(place))
    return rule == fault.rule and fault.place.covers(place)


def _broken(fault: Fault, contexts: Iterable[TwoReads]) -> Iterator[tuple[AnswerContext, Outcomes]]:
    """Yield the contexts in which the fault finds something to break, with what it makes of both reads."""
    for context, again in contexts:
        if first := fault.mutation(context):
            second = fault.mutation(again) if fault.is_later else first
            if second:
                yield context, (first, second)


def _exchange(context: AnswerContext, outcome: Response | Failure) -> Exchange:
    values = context.operation.bind(context.resource)
    url = "http://self.test" + context.operation.url_path(values)
    request = Request(url, tuple(values.items()), context.exists, (), context.method, context.together)
    return Exchange(context.operation, request, outcome)
