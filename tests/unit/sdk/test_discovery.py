"""Discovered resources: the order in which they are picked, and the difference between gone and refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.coverage.features import Feature
from contracts.http.exchange import Failure, Response
from contracts.judge.checks import judge
from contracts.openapi import Operation, Resource
from contracts.run.observer import Vanished
from contracts.sdk.discovery import pick, resource_of
from tests.support.tiny import JSON, PETS, answer, document_of, exchange_of

OWNED = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "x-equals": "$request.path.thing"},
        "pet": {"$ref": "#/components/schemas/Pet"},
        "mood": {"enum": ["glad", "sad"]},
    },
}


def owners(schema: dict[str, Any] = OWNED) -> Operation:
    refusal = {"description": "", "content": {JSON: {"schema": True}}}
    success = {"description": "", "content": {JSON: {"schema": schema}}}
    return document_of(schemas=PETS, responses={"200": success, "422": refusal}).operations[0]


OPERATION = owners()


def owner(name: str, kind: str | None = None, mood: str | None = None) -> dict[str, Any]:
    return {"id": name} | ({"pet": {"kind": kind}} if kind else {}) | ({"mood": mood} if mood else {})


def picked(wanted: int, *items: Any) -> list[str]:
    listed = dict(each for item in items if (each := resource_of(OPERATION, item)))
    return [name for (name,) in pick(listed, wanted)]


def test_resources_that_show_more_are_picked_first() -> None:
    assert picked(2, owner("a"), owner("b", "CAT"), owner("c", "DOG", "sad"), owner("d", "CAT", "glad")) == ["c", "d"]


def test_a_new_combination_is_picked_before_one_that_was_seen() -> None:
    cats = [owner(f"cat-{n}", "CAT", "glad") for n in range(5)]
    others = [owner("dog", "DOG", "sad"), owner("eel", "EEL", "sad"), owner("sad-cat", "CAT", "sad")]
    assert sorted(picked(4, *cats, *others)) == ["cat-0", "dog", "eel", "sad-cat"]


def test_equal_resources_are_picked_from_all_over_the_list() -> None:
    assert picked(3, *(owner(f"{n}") for n in range(8))) == ["0", "4", "2"]


def test_once_everything_is_shown_the_kind_picked_least_often_is_next() -> None:
    items = [owner(f"cat-{n}", "CAT", "sad") for n in range(6)] + [owner(f"dog-{n}", "DOG", "sad") for n in range(6)]
    assert sorted(name[:3] for name in picked(6, *items)) == ["cat"] * 3 + ["dog"] * 3


@pytest.mark.parametrize(
    "item", [None, [], "a", {}, {"id": 5}, {"id": ""}, {"id": ".."}, {"id": "\ud800"}, {"id": None}]
)
def test_an_item_without_an_id_that_can_be_sent_is_left_out(item: Any) -> None:
    assert resource_of(OPERATION, item) is None


def test_a_listed_item_shows_the_features_of_the_same_response() -> None:
    found = resource_of(OPERATION, owner("a", "EEL"))
    assert found is not None
    resource, features = found
    assert resource == ("a",)
    assert Feature(OPERATION.path, "200/pet/kind", "branch", "EEL") in features
    assert Feature(OPERATION.path, "200/mood", "absent") in features


def test_a_listed_item_that_breaks_the_schema_can_still_be_asked_for() -> None:
    found = resource_of(OPERATION, {"id": "a", "pet": [], "mood": 5})
    assert found is not None
    assert found[0] == ("a",)


FEATURES = st.frozensets(
    st.builds(
        Feature,
        st.just("/things"),
        st.sampled_from(["200/a", "200/b"]),
        st.sampled_from(["branch", "value", "pair", "present", "absent"]),
        st.sampled_from("xyz"),
    )
)
LISTED = st.dictionaries(st.tuples(st.text(min_size=1, max_size=3)), FEATURES, max_size=12)


@given(LISTED, st.integers(0, 14))
def test_the_wanted_number_is_picked_without_duplicates_and_the_same_each_time(
    listed: dict[Resource, frozenset[Feature]], wanted: int
) -> None:
    chosen = pick(listed, wanted)
    assert len(chosen) == len({*chosen}) == min(wanted, len(listed))
    assert {*chosen} <= {*listed}
    assert pick(listed, wanted) == chosen


@given(LISTED, st.integers(0, 11))
def test_a_larger_number_picks_the_same_resources_and_more(
    listed: dict[Resource, frozenset[Feature]], wanted: int
) -> None:
    assert pick(listed, wanted + 1)[:wanted] == pick(listed, wanted)


@given(LISTED)
def test_as_many_resources_as_features_show_every_feature(listed: dict[Resource, frozenset[Feature]]) -> None:
    everything = frozenset().union(*listed.values())
    chosen = pick(listed, len(everything))
    assert frozenset().union(*(listed[each] for each in chosen)) == everything


@given(LISTED, st.integers(1, 12))
def test_no_choice_is_picked_twice_while_a_new_one_is_left(
    listed: dict[Resource, frozenset[Feature]], wanted: int
) -> None:
    def telling(resource: Resource) -> set[Feature]:
        return {each for each in listed[resource] if each.kind in ("branch", "value")}

    shown_so_far: set[Feature] = set()
    chosen = pick(listed, wanted)
    for number, each in enumerate(chosen):
        most = max(len(telling(other) - shown_so_far) for other in {*listed} - {*chosen[:number]})
        assert len(telling(each) - shown_so_far) == most
        shown_so_far |= telling(each)


GONE = answer(404, {"detail": "not found"})
THERE = answer(200, owner("one"))
REFUSED = answer(422, {})


def rules(*outcomes: Response | Failure, name: str = "one", prefer: bool = False) -> tuple[list[list[str]], list[str]]:
    """Return the rules broken by each outcome in turn, and the discovered resources that are gone at the end."""
    vanished = Vanished({OPERATION: [("one",)]})
    broken = []
    for outcome in outcomes:
        headers = (("Prefer", "code=422"),) if prefer else ()
        exchange = vanished.judged(
            exchange_of(OPERATION, outcome, name, exists=None if prefer else True, headers=headers)
        )
        broken.append([each.rule for each in (*judge(OPERATION, exchange), *vanished.note(exchange))])
    return broken, [name for _, (name,) in vanished.resources]


@pytest.mark.parametrize(
    ("outcomes", "broken", "gone"),
    [
        ([THERE, THERE], [[], []], []),
        ([REFUSED], [[]], ["one"]),
        ([THERE, REFUSED, REFUSED], [[], [], []], ["one"]),
        ([GONE], [["status.undocumented"]], ["one"]),
        ([answer(410)], [["status.undocumented"]], ["one"]),
        # There all along, and refused in between.
        ([REFUSED, THERE], [[], ["status.known-resource"]], []),
        ([THERE, REFUSED, THERE, REFUSED], [[], [], ["status.known-resource"], []], ["one"]),
        # No word of what exists.
        ([answer(500)], [["status.server-error"]], []),
        ([answer(401)], [["status.known-resource"]], []),
        ([answer(302)], [["status.known-resource"]], []),
        ([Failure("cut", "")], [["transport.cut"]], []),
    ],
)
def test_a_discovered_resource_that_is_gone_is_no_violation_and_one_refused_at_times_is(
    outcomes: list[Response | Failure], broken: list[list[str]], gone: list[str]
) -> None:
    assert rules(*outcomes) == (broken, gone)


def test_a_resource_that_was_named_and_not_discovered_is_known_to_exist() -> None:
    assert rules(REFUSED, name="another") == ([["status.known-resource"]], [])


def test_a_preferred_response_does_not_say_that_a_resource_is_gone() -> None:
    assert rules(REFUSED, prefer=True) == ([[]], [])
