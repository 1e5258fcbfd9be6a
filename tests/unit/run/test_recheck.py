"""Violations asked for again: always, sometimes or gone; spaced, and of a sibling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.http.exchange import Exchange, Failure, Request, Response
from contracts.openapi import Document, Operation, Resource
from contracts.run.observer import Observer
from contracts.run.recheck import (
    MAX_RECHECKED,
    MAX_ROUNDS,
    RARE_ROUNDS,
    RECHECK_ROUNDS,
    Asks,
    Recheck,
    needed_rounds,
    planned_rounds,
    recheckable,
    results,
)
from contracts.verdict.verdict import Finding, RecheckResult, Reproducibility, Verdict
from tests.support.tiny import answer, document_of, exchange_of
from tests.support.verdicts import verdict_on

DOCUMENT = document_of(
    {"type": "object", "properties": {"state": {"enum": ["on", "off"]}, "size": {"type": "integer"}}}
)
(OPERATION,) = DOCUMENT.operations
SOUND, BAD_STATE, BAD_SIZE = answer(200, {"state": "on"}), answer(200, {"state": "x"}), answer(200, {"size": "x"})

Server = Callable[[str, int], Response | Failure]
"""From an id, and how often it was asked for before, to an answer."""


class Asked:
    """Asks the server, and keeps the ids in the order they were asked for."""

    def __init__(self, server: Server) -> None:
        self.order: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self._server = server

    def __call__(self, operation: Operation, resource: Resource, asked: Request) -> Exchange:
        (name,) = resource
        self.headers.append(dict(asked.headers))
        self.order.append(name)
        return exchange_of(operation, self._server(name, self.order.count(name) - 1), name)


def verdict_of(seen: Iterable[tuple[str, Response]], headers: tuple[tuple[str, str], ...] = ()) -> Verdict:
    judge = Observer()
    for name, came in seen:
        judge(exchange_of(OPERATION, came, name, headers=headers))
    return verdict_on(judge.tally, DOCUMENT)


def rechecked(
    asks: Asks, document: Document, findings: Iterable[Finding], known: Iterable[Resource] = ()
) -> dict[tuple[str, ...], RecheckResult]:
    exist = list(known)
    return results(list(Recheck(document, findings, lambda operation: exist, Observer()).rounds(asks)))


def again(
    server: Server, seen: Iterable[tuple[str, Response]], known: Iterable[str] = ()
) -> tuple[Asked, list[object]]:
    asked, verdict = Asked(server), verdict_of(seen)
    found = rechecked(Asks(asked), DOCUMENT, verdict.findings, [(name,) for name in known])
    return asked, [found[each.violation.identity] for each in verdict.findings]


@pytest.mark.parametrize(
    ("bad", "reproducibility"),
    [
        ([True] * RECHECK_ROUNDS, Reproducibility.ALWAYS),
        ([False] * RECHECK_ROUNDS, Reproducibility.GONE),
        ([False, *[True] * (RECHECK_ROUNDS - 1)], Reproducibility.SOMETIMES),
        ([*[False] * (RECHECK_ROUNDS - 1), True], Reproducibility.SOMETIMES),
    ],
)
def test_a_violation_is_there_always_sometimes_or_no_more(bad: list[bool], reproducibility: Reproducibility) -> None:
    _, (found,) = again(lambda name, turn: BAD_STATE if bad[turn] else SOUND, [("one", BAD_STATE)])
    assert (found.reproducibility, found.times, found.of) == (reproducibility, sum(bad), RECHECK_ROUNDS)  # type: ignore[attr-defined]


def test_another_violation_on_the_same_resource_is_not_it() -> None:
    _, (found,) = again(lambda name, turn: BAD_SIZE, [("one", BAD_STATE)])
    assert found.reproducibility is Reproducibility.GONE  # type: ignore[attr-defined]


def test_a_resource_that_gives_no_answer_any_more_shows_nothing() -> None:
    _, (found,) = again(lambda name, turn: Failure("timeout", ""), [("one", BAD_STATE)])
    assert found.reproducibility is Reproducibility.GONE  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("seen_on", "known", "broken", "sibling"),
    [
        (["one"], [], {"one"}, None),
        (["one"], ["one"], {"one"}, None),
        (["one"], ["one", "two"], {"one"}, False),
        (["one"], ["two"], {"one", "two"}, True),
        (["one", "six"], ["two"], {"one", "six"}, True),
    ],
)
def test_a_sibling_is_one_that_showed_it_too_else_one_that_exists(
    seen_on: list[str], known: list[str], broken: set[str], sibling: bool | None
) -> None:
    seen = [(name, BAD_STATE) for name in seen_on]
    _, (found,) = again(lambda name, turn: BAD_STATE if name in broken else SOUND, seen, known)
    assert found.sibling is sibling  # type: ignore[attr-defined]


def test_it_is_asked_for_as_it_was_asked_for() -> None:
    verdict, asked = verdict_of([("one", BAD_STATE)], (("Prefer", "code=200"),)), Asked(lambda name, turn: SOUND)
    rechecked(Asks(asked), DOCUMENT, verdict.findings)
    assert asked.headers == [{"Prefer": "code=200"}] * RECHECK_ROUNDS


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([BAD_STATE, BAD_SIZE])), min_size=1, max_size=8))
def test_nothing_is_asked_for_twice_in_a_row_if_there_is_anything_else_to_ask_for(
    seen: list[tuple[str, Response]],
) -> None:
    asked, _ = again(lambda name, turn: SOUND, seen, known="abcd")
    if len(set(asked.order)) > 1:
        assert all(before != after for before, after in zip(asked.order, asked.order[1:], strict=False))


def test_no_more_than_the_first_violations_are_asked_for() -> None:
    document = document_of({"properties": {f"p{number}": {"type": "string"} for number in range(MAX_RECHECKED + 5)}})
    judge = Observer()
    judge(
        exchange_of(
            document.operations[0], answer(200, {f"p{number}": 1 for number in range(MAX_RECHECKED + 5)}), "one"
        )
    )
    findings, asked = verdict_on(judge.tally, document).findings, Asked(lambda name, turn: SOUND)
    assert len(rechecked(Asks(asked), document, recheckable(findings))) == MAX_RECHECKED
    assert len(asked.order) == RECHECK_ROUNDS * MAX_RECHECKED


LASTING = document_of({"type": "object", "properties": {"born": {"x-immutable": True}}})


@pytest.mark.parametrize(
    ("born", "reproducibility"),
    [
        (lambda turn: turn, Reproducibility.ALWAYS),
        (lambda turn: min(turn, 2), Reproducibility.SOMETIMES),
        (lambda turn: 5, Reproducibility.GONE),
    ],
)
def test_a_value_that_changed_is_held_against_one_more_reading_of_it(
    born: Callable[[int], int], reproducibility: Reproducibility
) -> None:
    judge, (operation,) = Observer(), LASTING.operations
    for turn in (7, 8):
        judge(exchange_of(operation, answer(200, {"born": turn}), "one"))
    asked = Asked(
        lambda name, turn: answer(
            200, {"born": born(0 if turn < 2 and reproducibility is Reproducibility.SOMETIMES else turn)}
        )
    )
    found = rechecked(Asks(asked), LASTING, verdict_on(judge.tally, LASTING).findings, [("two",)])
    assert [each.reproducibility for each in found.values()] == [reproducibility]


OWNED = {"type": "object", "properties": {"name": {"x-equals": "$request.path.thing"}, "born": {"x-immutable": True}}}


@pytest.mark.parametrize(
    ("mistaken", "reproducibility"), [(True, Reproducibility.ALWAYS), (False, Reproducibility.GONE)]
)
def test_a_resource_that_is_answered_as_another_is_held_against_that_one_once_more(
    mistaken: bool, reproducibility: Reproducibility
) -> None:
    document = document_of(OWNED, refuses=True)
    (operation,) = document.operations

    def exchange(name: str, *, wrong: bool = True) -> Exchange:
        known = name in ("job-a", "job-b")
        body = answer(200, {"name": name, "born": name.lower()[-1]}) if known or wrong else answer(404, {})
        return exchange_of(operation, body, name, exists=known)

    judge = Observer()
    for name in ("job-a", "JOB-A"):
        judge(exchange(name))
    (finding,) = verdict_on(judge.tally, document).findings
    assert finding.violation.rule == "overlay.alias"

    def ask(operation: Operation, resource: Resource, asked: Request) -> Exchange:
        return exchange(*resource, wrong=mistaken)

    (found,) = rechecked(Asks(ask), document, [finding], [("job-b",), ("job-a",)]).values()
    assert found.reproducibility is reproducibility


@pytest.mark.parametrize(("hits", "times"), [(range(100), 3), (range(0), 0), ([3], 1)])
def test_what_was_asked_for_together_is_asked_for_together_again(hits: Iterable[int], times: int) -> None:
    document = document_of({"properties": {"ref": {"x-equals": "$request.path.thing"}}})
    (operation,) = document.operations
    bursts: list[tuple[tuple[str, ...], ...]] = []

    def burst(operation: Operation, resources: Sequence[tuple[str, ...]]) -> list[Exchange]:
        refs = [resource[0] for resource in resources]
        if len(bursts) in hits:
            refs[:2] = reversed(refs[:2])
        bursts.append(tuple(resources))
        asked = [
            exchange_of(operation, answer(200, {"ref": ref}), *each) for ref, each in zip(refs, resources, strict=True)
        ]
        others = [tuple(each for each in resources if each != own) for own in resources]
        return [
            replace(each, request=replace(each.request, together=together))
            for each, together in zip(asked, others, strict=True)
        ]

    judge = Observer()
    exchange = exchange_of(operation, answer(200, {"ref": "b"}), "a")
    judge(replace(exchange, request=replace(exchange.request, together=(("b",), ("c",)))))
    (finding,) = verdict_on(judge.tally, document).findings
    assert finding.violation.rule == "overlay.swapped"
    asked = Asked(lambda name, before: answer(200, {"ref": name}))
    (found,) = rechecked(Asks(asked, burst), document, [finding], [("d",)]).values()
    assert (found.times, found.of, found.sibling) == (times, RECHECK_ROUNDS, None)
    assert set(bursts) == {(("a",), ("b",), ("c",))}
    assert asked.order == []
    # Answers are mixed up now and then, so that a round asks again and again until it shows.
    assert len(bursts) == (3 if times == 3 else 24 if not times else 20)


def test_what_was_not_there_each_time_is_asked_for_more_often() -> None:
    seen = [replace(each, recurrence=RecheckResult(1, 3, None)) for each in verdict_of([("one", BAD_STATE)]).findings]
    asked = Asked(lambda name, turn: BAD_STATE if turn == RARE_ROUNDS - 1 else SOUND)
    (found,) = rechecked(Asks(asked), DOCUMENT, seen).values()
    assert (found.times, found.of) == (1, RARE_ROUNDS)


@pytest.mark.parametrize(
    ("count", "answers", "again", "rounds"),
    [
        pytest.param(42, 1250, RecheckResult(0, 3, None), 135, id="one of thirty"),
        pytest.param(42, 1250, RecheckResult(1, 3, None), 135, id="one of thirty, seen again by chance"),
        pytest.param(42, 1250, RecheckResult(2, 3, None), RARE_ROUNDS, id="frequent on its resource alone"),
        pytest.param(42, 1250, RecheckResult(3, 3, None), RECHECK_ROUNDS, id="always there"),
        pytest.param(42, 1250, None, RECHECK_ROUNDS, id="never asked for again"),
        pytest.param(42, 0, RecheckResult(0, 3, None), RARE_ROUNDS, id="no figures"),
        pytest.param(42, 41, RecheckResult(0, 3, None), RARE_ROUNDS, id="figures that make no sense"),
        pytest.param(42, 42, RecheckResult(0, 3, None), RARE_ROUNDS, id="in every answer"),
        pytest.param(40, 80, RecheckResult(0, 3, None), RARE_ROUNDS, id="in every other answer"),
        pytest.param(3, 4000, RecheckResult(0, 3, None), 6138, id="too rare"),
    ],
)
def test_what_is_rare_is_asked_for_until_it_would_be_seen_in_99_of_100_cases(
    count: int, answers: int, again: RecheckResult | None, rounds: int
) -> None:
    (found,) = verdict_of([("one", BAD_STATE)]).findings
    finding = replace(found, count=count, alike=count, answers=answers, recurrence=again)
    assert needed_rounds(finding) == rounds
    assert planned_rounds(finding) == min(rounds, MAX_ROUNDS)
    if rounds > RARE_ROUNDS:
        assert (1 - count / answers) ** rounds <= 0.01 < (1 - count / answers) ** (rounds - 1)


def test_what_more_answers_tell_nothing_of_is_asked_for_no_more() -> None:
    again, known = RecheckResult(0, 3, None), [("one",), ("two",)]
    seen = [
        replace(each, answers=100, alike=each.count, recurrence=again)
        for each in verdict_of([("one", BAD_STATE)]).findings
    ]
    asked = Asked(lambda name, turn: SOUND)
    on_one = Recheck(DOCUMENT, seen, lambda _: known, Observer(), goes_on=lambda _, each: each == ("one",))
    assert len(list(on_one.rounds(Asks(asked)))) == RARE_ROUNDS + MAX_ROUNDS
    assert (asked.order.count("one"), asked.order.count("two")) == (MAX_ROUNDS, RARE_ROUNDS)
    on_none = Recheck(DOCUMENT, seen, lambda _: known, Observer(), goes_on=lambda *_: False)
    assert len(list(on_none.rounds(Asks(asked)))) == 2 * RARE_ROUNDS


def test_a_method_that_may_change_things_is_sent_once_and_last_and_to_no_sibling() -> None:
    judge = Observer()
    exchange = exchange_of(OPERATION, answer(200, {}), "one")
    judge(replace(exchange, request=replace(exchange.request, method="DELETE")))
    judge(exchange_of(OPERATION, BAD_STATE, "two"))
    sent: list[tuple[str, Resource]] = []

    def ask(operation: Operation, resource: Resource, asked: Request) -> Exchange:
        sent.append((asked.method, resource))
        again = exchange_of(operation, SOUND, *resource)
        return replace(again, request=replace(again.request, method=asked.method))

    found = rechecked(Asks(ask), DOCUMENT, verdict_on(judge.tally, DOCUMENT).findings, [("one",), ("two",)])
    assert sent[-1] == ("DELETE", ("one",))
    assert [method for method, _ in sent].count("DELETE") == 1
    assert sorted((each.times, each.of) for each in found.values()) == [(0, RECHECK_ROUNDS), (1, 1)]


def test_bytes_that_come_late_belong_to_the_round_before() -> None:
    message = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}surplus"
    late = replace(exchange_of(OPERATION, answer(200, {}), "one"), is_late=True)
    late = replace(late, outcome=replace(answer(200, {}), message=message))
    judge = Observer()
    judge(replace(late, is_late=False))
    findings = verdict_on(judge.tally, DOCUMENT).findings
    again = Recheck(DOCUMENT, findings, lambda operation: (), Observer())
    found = []
    for each in again.rounds(Asks(Asked(lambda name, turn: answer(200, {})))):
        again.observe_late(late)
        found.append(each)
    assert [(each.times, each.of) for each in results(found).values()] == [(RECHECK_ROUNDS, RECHECK_ROUNDS)]
