"""Build a small set of values that takes every choice a schema leaves open, without chance.

Uniform drawing is not coverage: it takes thousands of draws to combine every status with every branch of a union. Here
each value is built to reach a goal that is still open, and its free choices reach as many further goals as they can.
Hides how far a value is taken and when the set is done; `goals` says which combinations count.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final, NoReturn

from contracts.openapi import Document
from strategies.values.goals import Goal, Goals, Taken
from strategies.values.node import Node
from strategies.values.scalars import JSON, Fits, Leaf, Text
from strategies.values.schemas import Unsatisfiable
from strategies.values.walk import Choice, Kind, Place, Walk, walk_of

CHOICES: Final = 30_000
"""After how many choices no further value of one schema is built."""

ALL_CHOICES: Final = 160_000
"""The same for all operations of a document that has many, each of which gets an equal share."""

FEW_CHOICES: Final = 250
"""The least share."""

LOOKED_AT: Final = 16
"""How many of the combinations that a choice belongs to are looked at to see what the choice is good for."""

ATTEMPTS: Final = 200
"""How many values that turn out not to help are built at most, beside four times those that are wanted."""


@dataclass(frozen=True, slots=True)
class Covering:
    """The values, all goals, and the goals that no value was built for within the limits.

    `left_out` is the number of combinations of two that are no goals, because there are more than `PAIRS`.
    """

    values: tuple[JSON, ...]
    goals: tuple[Goal, ...]
    unreached: tuple[Goal, ...]
    left_out: int = 0


def covering_set(document: Document, pointer: str, limit: int = 80) -> tuple[JSON, ...]:
    """Return at most `limit` valid values that cover the schema at a JSON pointer, the same each time (`covering`)."""
    walk = walk_of(document)
    at, schema = document.resolve(pointer)
    kept, key = _kept(document), (json.dumps(schema), limit)
    if key not in kept:
        kept[key] = covering_node(walk, walk.node(at), limit)
    return kept[key]


@lru_cache(maxsize=16)
def _kept(document: Document) -> dict[tuple[str, int], tuple[JSON, ...]]:
    """Return the covering sets of a document, by the schema's text: operations repeat each other's answers."""
    return {}


def covering(document: Document, pointer: str, limit: int = 80) -> Covering:
    """Return a covering set of the schema at a JSON pointer, with its goals.

    The goals are every branch, enum value, type and boundary sample; every optional property present and absent; arrays
    with none, one and several items; combinations of two unions or enums, all up to `PAIRS`, and of three or of the
    optional properties of one object if they are few. Raises Unsatisfiable if no value satisfies the schema or none was
    found.
    """
    walk = walk_of(document)
    values, plan = _covered(walk, walk.node(pointer), limit)
    goals = tuple(Goal(plan.choices(number)) for number in range(len(plan.goals)))
    return Covering(values, goals, tuple(goals[number] for number in plan.open), plan.left_out)


def covering_node(walk: Walk, node: Node, limit: int = 80) -> tuple[JSON, ...]:
    """Return a covering set of a node, whose schemas need not stand in the document; see `covering`."""
    return _covered(walk, node, limit)[0]


def _covered(walk: Walk, node: Node, limit: int) -> tuple[tuple[JSON, ...], Goals]:
    share = ALL_CHOICES // max(1, len(walk.schemas.document.operations))
    plan = Goals(min(CHOICES, max(FEW_CHOICES, share)))
    values: list[tuple[JSON, Taken]] = []
    wanted: Mapping[str, str] = {}
    for _ in range(ATTEMPTS + 4 * limit):
        greedy = _Greedy(plan, wanted)
        built = True
        try:
            value = walk.build(node, greedy, Place())
        except _Rejected:
            built = False
        plan.learn(greedy.met)
        if built and (plan.reach(greedy.taken) or not values):
            values.append((value, greedy.taken))
        if len(values) == limit or plan.is_spent or (aim := plan.next()) is None:
            break
        wanted = dict(plan.choices(aim))
    if not values:
        raise _no_value(walk, node, greedy)
    return tuple(_needed(values, plan)), plan


def _no_value(walk: Walk, node: Node, greedy: _Greedy) -> Unsatisfiable:
    """Return the error for a node of which no value was built; a pattern may be one that no search finds a text for."""
    if greedy.missed is None or not greedy.missed.patterns:
        return walk.schemas.refuse(node)
    patterns = " and ".join(greedy.missed.patterns)
    fix = "give a pattern with fewer conditions, or an enum of texts"
    return walk.schemas.refuse(node, f"needs a text for the pattern {patterns}, and none was found", fix)


def _needed(values: list[tuple[JSON, Taken]], plan: Goals) -> list[JSON]:
    """Drop values, the latest first, that reach no goal alone."""
    reached = [plan.reached(taken) for _, taken in values]
    times = Counter(goal for found in reached for goal in found)
    kept = []
    for (value, _), found in zip(reversed(values), reversed(reached), strict=True):
        if any(times[goal] == 1 for goal in found) or len(values) == 1:
            kept.append(value)
        else:
            times.subtract(found)
    return kept[::-1]


class _Rejected(Exception):
    """No fitting value was built."""


class _Greedy:
    """A chooser that takes the options of the wanted goal, and otherwise those that reach most of the open goals."""

    attempts = 6
    recursion = 0
    fair = False

    def __init__(self, plan: Goals, wanted: Mapping[str, str]) -> None:
        self.met: list[tuple[Kind, Place, Sequence[str]]] = []
        self.taken: dict[str, set[str]] = {}
        self.missed: Text | None = None
        self._order: list[Choice] = []
        self._plan = plan
        self._wanted = wanted
        self._left = plan.choices_of_value

    @property
    def is_full(self) -> bool:
        """Whether the value has so many choices that the rest of it is the least that fits."""
        return self._left <= 0

    def pick(self, kind: Kind, place: Place, options: Sequence[str]) -> int:
        """Return the option that the goal wants, else the most promising, else the least used."""
        name = place.name
        if name not in self._plan.known:
            self.met.append((kind, place, options))
        self._left -= 1
        option = self._wanted.get(name, "")
        # The options at a place may depend on choices made elsewhere.
        if option not in options and self.is_full:
            option = options[0]
        elif option not in options or option in self.taken.get(name, ()):
            option = max(options, key=lambda option: self._promise((name, option)))
        taken = self.taken.setdefault(name, set())
        if option not in taken:
            taken.add(option)
            self._order.append((name, option))
        self._plan.used[name, option] += 1
        return options.index(option)

    def _promise(self, choice: Choice) -> tuple[int, int]:
        combined = self._plan.combined.get(choice, ())
        missed = sum(1 for goal in islice(combined, LOOKED_AT) if not self._may_reach(goal, choice))
        return self._plan.leads_to[choice] - missed, -self._plan.used[choice]

    def _may_reach(self, goal: int, here: Choice) -> bool:
        """Return whether no choice so far excludes the other states of a goal."""
        for _, (place, option) in self._plan.goals[goal]:
            if place == here[0]:
                continue
            taken = self.taken.get(place)
            if option not in taken if taken else self._wanted.get(place, option) != option:
                return False
        return True

    def leaf(self, place: Place, leaf: Leaf, fits: Fits | None) -> JSON:
        """Return one of the leaf's samples."""
        values = self._plan.samples(leaf, fits)
        if not values:
            self.missed = leaf if isinstance(leaf, Text) else None
            self.reject(place)
        labels = [f"#{index} {str(value)[:20]}" for index, value in enumerate(values)]
        return deepcopy(values[0 if len(values) == 1 or place.small else self.pick("weak", place, labels)])

    def rarely(self, place: Place) -> bool:
        """Return False: an undeclared property that the schema does not mention is no goal."""
        return False

    def mark(self) -> int:
        """Return how many choices were taken so far."""
        return len(self._order)

    def undo(self, mark: object) -> None:
        """Take back the choices made since; they stay counted as used, so that the next attempt takes others."""
        assert isinstance(mark, int)
        for place, option in self._order[mark:]:
            self.taken[place].remove(option)
        del self._order[mark:]

    def reject(self, place: Place) -> NoReturn:
        """Give up this value; the choices of another goal may do better."""
        raise _Rejected
