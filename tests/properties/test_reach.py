"""Which schemas hold themselves, and what they lead to, is the same as by following every path."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from strategies.values.reach import Reach

NAMES = "abcdefgh"
GRAPHS = st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=3))


def led_to(graph: dict[str, list[str]], start: str) -> set[str]:
    """Return everything behind a name, by following every path."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(graph.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


@given(GRAPHS, st.sets(st.sampled_from(NAMES)), st.permutations(NAMES))
def test_reach_agrees_with_every_path_in_any_order_of_questions(
    graph: dict[str, list[str]], marked: set[str], order: list[str]
) -> None:
    reach = Reach(lambda name: graph.get(name, ()), marked.__contains__)
    recursive = {name for name in NAMES if name in led_to(graph, name)}
    for name in order:
        assert reach.is_recursive(name) is (name in recursive)
        assert reach.leads_to_marked(name) is bool(({name} | led_to(graph, name)) & (marked | recursive))


def test_a_chain_deeper_than_the_stack_is_followed() -> None:
    reach = Reach(lambda name: [str(int(name) + 1)] if int(name) < 100_000 else [], lambda name: name == "100000")
    assert reach.leads_to_marked("0")
    assert not reach.is_recursive("0")
