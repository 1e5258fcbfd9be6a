"""The self-test: whether the judge catches every fault that the document gives reason to fear."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from contracts.document import Operation
from contracts.exchange import Exchange, Failure, Request, Response
from contracts.keywords import lasting
from contracts.methods import undocumented
from contracts.mock import refusal
from contracts.tally import Judge
from strategies.answers import catalogue, covering_answers, granting
from strategies.faults import Fault, Turn, faults, in_other_case, mistakable


@dataclass(frozen=True, slots=True)
class Survivor:
    """A fault that was not caught as it should be: what it breaks, and what was told instead."""

    fault: str
    told: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.fault}: {', '.join(self.told) or 'nothing'} was told"


@dataclass(frozen=True, slots=True)
class SelfTest:
    """How many faults were caught, which were not, and which found nothing to break in any answer there is."""

    caught: int
    survivors: tuple[Survivor, ...]
    idle: tuple[str, ...]


SHOWN: Final = 2
"""To how many answers a fault is put before it counts as caught."""

TRIED: Final = 20
"""To how many more, where what it breaks has consequences, until it is told alone."""


def self_test(operation: Operation) -> SelfTest:
    """Whether the judge catches every fault: each time by its rule, at its place, and at least once nothing else."""
    turns = tuple(map(_read_twice, _turns(operation)))
    caught, survivors, idle = 0, [], []
    for fault in faults(operation):
        tellings = list(_tellings(fault, turns))
        wanted = (fault.rule, fault.place)
        if not tellings:
            idle.append(fault.name)
        elif any(_of_one_cause(told, wanted) for told in tellings) and all(_tells(told, wanted) for told in tellings):
            caught += 1
        else:
            told = {f"{rule} at {place}" for telling in tellings for rule, place in telling}
            survivors.append(Survivor(fault.name, tuple(sorted(told))))
    return SelfTest(caught, tuple(survivors), tuple(idle))


def faulty_answers(operation: Operation) -> Iterator[tuple[Fault, Iterator[Response | Failure]]]:
    """Every fault of reads with the answers that it makes of the operation's covering sets, one after another."""
    turns = tuple(_read_twice(turn) for turn in _turns(operation) if not turn.probes)
    for fault in faults(operation):
        yield fault, (outcome for _, outcomes in _broken(fault, turns) for outcome in outcomes)


def _turns(operation: Operation) -> Iterator[Turn]:
    """Every answer of the operation's covering sets, as given to resources that exist and to those that do not."""
    for resource, response in catalogue(operation).items():
        yield Turn(operation, resource, True, 0, response)
    yield from _further_turns(operation)
    for resource in list(catalogue(operation))[:1]:
        for method in undocumented(operation):
            yield Turn(operation, resource, True, 0, refusal(operation, method), method)
    for promise in operation.promises:
        if not promise.succeeds:
            for index, response in enumerate(covering_answers(operation, promise.status)):
                resource = tuple(f"zz-unknown-{index}" for _ in operation.parameters)
                yield Turn(operation, resource, False, 0, response)
            if known := mistakable(operation):
                yield Turn(operation, in_other_case(known), False, 0, covering_answers(operation, promise.status)[0])


def _further_turns(operation: Operation) -> Iterator[Turn]:
    """The covering answers that no resource is left for, where the path leaves room for few: given to the first one."""
    promise, known = granting(operation), catalogue(operation)
    if promise is None or not known or lasting(operation, promise):
        return
    resource = next(iter(known))
    names = [parameter.name for parameter in operation.parameters]
    for response in covering_answers(operation, promise.status, dict(zip(names, resource, strict=True)))[len(known) :]:
        yield Turn(operation, resource, True, 0, response)


def _read_twice(turn: Turn) -> tuple[Turn, Turn]:
    return turn, replace(turn, reads=1)


def _tellings(fault: Fault, turns: Iterable[tuple[Turn, Turn]]) -> Iterator[set[tuple[str, str]]]:
    """Rules and places told of each answer that the fault breaks, read twice."""
    judge, wanted, alone = Judge(), (fault.rule, fault.place), 0
    # What is mistaken for something is so only for whoever knows that.
    for turn, _ in turns:
        if fault.rule == "overlay.alias" and turn.exists:
            judge(_exchange(turn, turn.response))
    for shown, (turn, outcomes) in enumerate(_broken(fault, turns)):
        if alone >= SHOWN or shown >= TRIED:
            return
        told = {(each.rule, each.place) for outcome in outcomes for each in judge(_exchange(turn, outcome))}
        alone += _of_one_cause(told, wanted)
        yield told


def _of_one_cause(told: set[tuple[str, str]], wanted: tuple[str, str]) -> bool:
    """Whether nothing else is told, but for what the same value breaks at its own place, or around it."""
    return _tells(told, wanted) and all(covers(wanted[1], place, around=True) for _, place in told)


def _tells(told: set[tuple[str, str]], wanted: tuple[str, str]) -> bool:
    return any(rule == wanted[0] and covers(wanted[1], place) for rule, place in told)


def covers(wanted: str, place: str, *, around: bool = False) -> bool:
    """Whether a fault's place stands for the one told; with `around`, for one inside it."""
    ours, theirs = wanted.split("/"), re.sub(r"@\d+$", "@", place).split("/")
    alike = all(one in ("*", other) for one, other in zip(ours, theirs, strict=False))
    return alike and (len(theirs) <= len(ours) if around else len(theirs) == len(ours))


def _broken(
    fault: Fault, turns: Iterable[tuple[Turn, Turn]]
) -> Iterator[tuple[Turn, tuple[Response | Failure, Response | Failure]]]:
    for turn, again in turns:
        if (first := fault.sabotage(turn)) and (second := fault.sabotage(again)):
            yield turn, (first, second)


def _exchange(turn: Turn, outcome: Response | Failure) -> Exchange:
    names = [parameter.name for parameter in turn.operation.parameters]
    values = dict(zip(names, turn.resource, strict=True))
    url = "http://self.test" + turn.operation.url_path(values)
    asked = Request(url, tuple(values.items()), turn.exists, method=turn.method)
    return Exchange(turn.operation, asked, outcome)
