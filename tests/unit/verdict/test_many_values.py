"""Tallies of a server that makes up values, names and places without end: bounded, and the same for every division."""

from __future__ import annotations

import copy
import datetime
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.http.exchange import Exchange, Response
from contracts.run.observer import Observer
from contracts.verdict import records, refused
from contracts.verdict import tally as tallies
from contracts.verdict.drafts import draft_waivers
from contracts.verdict.records import ViolationRecord
from contracts.verdict.redaction import Redaction
from contracts.verdict.tally import OTHER_PLACES, Tally
from contracts.verdict.verdict import Outcome, Verdict
from contracts.verdict.waivers import Waiver, Waivers, load_waivers
from tests.support.tiny import answer, document_of, exchange_of
from tests.support.verdicts import contents, verdict_on

DOCUMENT = document_of(
    {
        "type": "object",
        "properties": {"state": {"enum": ["on", "off"]}, "tags": {"type": "object", "additionalProperties": False}},
    }
)
(OPERATION,) = DOCUMENT.operations
STATES = [f"s{number:02}" for number in range(12)]
DAY = datetime.date(2026, 1, 2)


@pytest.fixture(autouse=True, scope="module")
def small_bounds() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "MAX_VARIANTS", 3)
        patch.setattr(records, "MAX_RESOURCES", 2)
        patch.setattr(refused, "MAX_IDS", 2)
        patch.setattr(refused, "MAX_WAYS", 2)
        patch.setattr(tallies, "MAX_UNDECLARED", 2)
        patch.setattr(tallies, "MAX_DIFFERENCES", 2)
        patch.setattr(tallies, "MAX_KEPT", 2)
        yield


def exchanges() -> st.SearchStrategy[Exchange]:
    states = st.sampled_from(STATES).map(lambda state: {"state": state, "pad": state * int(state[1:])})
    names = st.sampled_from(STATES).map(lambda name: {"state": "on", "tags": {name: 1}})
    extra = st.sampled_from(STATES).map(lambda name: {name: 1})
    types = st.sampled_from(STATES).map(lambda name: answer(200, {}, media_type=f"a/{name}"))
    outcomes = st.one_of(states, names, extra).map(lambda body: answer(200, body)) | types
    firewalls = st.sampled_from(STATES).map(lambda name: answer(400, b"", ("Server", name)))
    things = st.sampled_from("abcd")
    ordinary = st.builds(lambda outcome, thing: exchange_of(OPERATION, outcome, thing), outcomes, things)
    strange = st.builds(lambda outcome, thing: exchange_of(OPERATION, outcome, f"{thing}\0"), firewalls, things)
    return ordinary | strange


def tally_of(found: list[Exchange], waivers: tuple[Waiver, ...] = ()) -> Tally:
    second = itertools.cycle(["x", "y", "z", "w"])
    observer = Observer(lambda exchange: [f"differs {next(second)}"], waiver=Waivers(waivers, DAY).match)
    for exchange in found:
        observer(exchange)
    return observer.take()


def merged(*parts: Tally) -> Tally:
    together = Tally()
    for part in parts:
        together.merge(copy.deepcopy(part))
    return together


@given(st.lists(exchanges(), max_size=12).map(tally_of), st.lists(exchanges(), max_size=12).map(tally_of))
def test_merging_is_commutative_beyond_the_bounds(one: Tally, two: Tally) -> None:
    assert contents(merged(one, two)) == contents(merged(two, one))


@given(*[st.lists(exchanges(), max_size=10).map(tally_of)] * 3)
def test_merging_is_associative_beyond_the_bounds(one: Tally, two: Tally, three: Tally) -> None:
    assert contents(merged(merged(one, two), three)) == contents(merged(one, merged(two, three)))


@given(st.lists(exchanges(), max_size=20), st.integers(0, 20))
def test_two_workers_make_the_same_violations_as_one(found: list[Exchange], cut: int) -> None:
    apart = contents(merged(tally_of(found[:cut]), tally_of(found[cut:])))
    whole = contents(tally_of(found))
    # Which words the other validator uses depends on how many answers it was asked about.
    assert {**apart, "differences": ()} == {**whole, "differences": ()}


@given(st.lists(exchanges(), max_size=20).map(tally_of))
def test_a_bounded_tally_is_read_back_from_its_json(one: Tally) -> None:
    assert contents(Tally.from_json(json.loads(json.dumps(one.to_json())))) == contents(one)


@given(st.lists(exchanges(), max_size=30))
def test_every_violation_is_counted_though_not_recorded_by_itself(found: list[Exchange]) -> None:
    observer = Observer()
    every = [violation for exchange in found for violation in observer(exchange)]
    tally = observer.take()
    assert sum(record.count for record in tally.found) == len(every)
    assert tally.requests == len(found)
    by_group = itertools.groupby(sorted(tally.found, key=group), group)
    assert all(len([*same]) <= records.MAX_VARIANTS + 1 for _, same in by_group)


def group(record: ViolationRecord) -> tuple[str, int, str]:
    return record.violation.group


def of_states(count: int) -> list[Exchange]:
    return [exchange_of(OPERATION, answer(200, {"state": state}), state) for state in STATES[:count]]


def test_of_many_values_the_first_are_recorded_and_the_others_are_one_with_the_smallest_witness() -> None:
    pad = [exchange_of(OPERATION, answer(200, {"state": "s09", "pad": "p" * 9}), "s09")]
    *first, others = tally_of([*pad, *of_states(12)]).found
    assert [record.violation.actual for record in first] == ['"s00"', '"s01"', '"s02"']
    assert others.violation.is_of_others
    assert (others.count, others.violation.actual, others.violation.variant) == (10, '"s03"', "")
    assert others.witness.request.parameter_values == ("s03",)
    assert [*others.resources] == [("s03",), ("s04",)]
    assert others.resources.is_cut


def test_the_others_are_the_same_violation_whichever_of_them_came() -> None:
    one, two = tally_of(of_states(5)).found[-1], tally_of(of_states(12)).found[-1]
    assert one.violation.fingerprint == two.violation.fingerprint
    assert one.violation.is_shown_by(two.violation)
    assert one.violation.is_shown_by(tally_of(of_states(1)).found[0].violation)


def test_a_resource_known_to_exist_is_the_witness_of_the_others_too() -> None:
    known = exchange_of(OPERATION, answer(200, {"state": "s11", "pad": "p" * 99}), "known", exists=True)
    others = tally_of([*of_states(11), known]).found[-1]
    assert others.witness.request.parameter_values == ("known",)


def waiver(**named: str) -> Waiver:
    fields = {"rule": "schema.enum", "place": "body/state", "reason": "r", "owner": "o", **named}
    return Waiver(number=1, expires=DAY, **fields)  # type: ignore[arg-type]


def verdict_of(found: list[Exchange], waivers: tuple[Waiver, ...] = ()) -> Verdict:
    return verdict_on(tally_of(found, waivers), DOCUMENT)


def test_a_waiver_of_the_place_covers_every_value_and_one_of_a_value_that_alone() -> None:
    whole = verdict_of(of_states(12), (waiver(),))
    assert (whole.findings, len(whole.waived), sum(each.count for each in whole.waived)) == ((), 4, 12)
    part = verdict_of(of_states(12), (waiver(value='"s11"'),))
    assert [(each.count, each.violation.actual) for each in part.waived] == [(1, '"s11"')]
    assert sum(each.count for each in part.findings) == 11


@pytest.mark.parametrize("body", ["state", "tags"])
def test_the_drafted_waiver_covers_values_and_names_that_are_not_recorded(body: str, tmp_path: Path) -> None:
    bodies = [{"state": name} if body == "state" else {"state": "on", "tags": {name: 1}} for name in STATES]
    found = [exchange_of(OPERATION, answer(200, each), str(number)) for number, each in enumerate(bodies)]
    seen = [(each.violation, () if each.more_resources else each.resources) for each in verdict_of(found).findings]
    file = tmp_path / "waivers.toml"
    file.write_text(draft_waivers(seen, DAY).replace("TODO", "done"), "utf-8")
    (drafted,) = load_waivers(file)
    assert verdict_of(found, (drafted,)).outcome is Outcome.CONFORMS
    other = exchange_of(OPERATION, answer(200, {"state": "on", "tags": 5}), "x")
    assert verdict_of([other], (drafted,)).outcome is Outcome.VIOLATES


def test_a_redacted_value_is_not_among_the_others() -> None:
    observer = Observer(redaction=Redaction.at(["/state"]))
    for exchange in of_states(12):
        observer(exchange)
    assert "s0" not in json.dumps([record.violation.actual for record in observer.take().found])


def test_undeclared_properties_are_counted_by_their_place_up_to_a_bound() -> None:
    found = [exchange_of(OPERATION, answer(200, {name: 1}), "a") for name in STATES]
    undeclared = {each.location: seen.count for each, seen in verdict_of(found).undeclared.items()}
    assert undeclared == {"200/s00": 1, "200/s01": 1, OTHER_PLACES: 10}


def test_made_up_properties_hide_nothing_that_was_promised() -> None:
    found = [exchange_of(OPERATION, answer(200, {name: 1}), "a") for name in STATES]
    last = exchange_of(OPERATION, answer(200, {"state": "off"}), "a")
    coverage = verdict_of([*found, last]).coverage
    assert [seen.count for each, seen in coverage.items() if each.which == "off" and seen] == [1]


def test_ids_refused_by_many_products_are_few_records_and_a_least_count() -> None:
    outcomes: list[Response] = [answer(400, b"", ("Server", name)) for name in STATES]
    found = [exchange_of(OPERATION, outcome, f"{number:02}\0") for number, outcome in enumerate(outcomes)]
    verdict = verdict_of([exchange_of(OPERATION, answer(200, {}), "ok"), *found])
    assert {(each.product, each.count, each.more) for each in verdict.refused} == {
        ("s00", 1, False),
        ("s01", 1, False),
        (refused.VARIOUS, 2, True),
    }
