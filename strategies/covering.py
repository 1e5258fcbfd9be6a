"""A small set of answers that takes every choice a schema leaves open, without chance and without Hypothesis.

Uniform drawing is not coverage: it takes thousands of draws to meet every status with every branch of a union. Here
each value is built to reach a goal not reached yet, and its free choices take along as many others as they can.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import Final, NoReturn

from contracts.document import Document
from strategies.leaves import JSON, Leaf, Text, samples
from strategies.schemas import Node
from strategies.steps import Fits
from strategies.walk import PRESENCE, Choice, Kind, Place, Walk

MASKED: Final = 4
"""Up to so many optional properties of one object are covered in every combination."""

TRIPLES: Final = 64
"""Up to so many combinations of three unions and enums are all covered; of two, always."""


Taken = Mapping[str, set[str]]
"""Place to the options taken there in one value; several where an array's items share the place."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Choices that one value should make together, those that lead to them included."""

    choices: frozenset[Choice]

    def reached(self, taken: Taken) -> bool:
        """Whether these are among the choices taken."""
        return all(option in taken.get(place, ()) for place, option in self.choices)

    def __str__(self) -> str:
        return ", ".join(f"{place or '/'} {option}" for place, option in sorted(self.choices))


@dataclass(frozen=True, slots=True)
class Covering:
    """The values, the goals they reach, and those that none could be built for within the limit."""

    values: tuple[JSON, ...]
    goals: tuple[Goal, ...]
    unreached: tuple[Goal, ...]


def covering_set(document: Document, pointer: str, limit: int = 80) -> tuple[JSON, ...]:
    """The values of `covering`: valid answers, the same each time, at most `limit`."""
    return covering(document, pointer, limit).values


def covering(document: Document, pointer: str, limit: int = 80) -> Covering:
    """A covering set of the schema at the place, with its goals.

    The goals: each branch, enum value, type and boundary sample; each optional property present and absent; arrays
    empty, of one and of several; all combinations of two unions or enums, and of three or of the optional properties of
    one object where they are few. Raises Unsatisfiable for a schema that no value satisfies.
    """
    walk = Walk(document)
    return covering_node(walk, walk.node(pointer), limit)


def covering_node(walk: Walk, node: Node, limit: int = 80) -> Covering:
    """The same of a conjunction of schemas, which need not stand in the document."""
    plan = _Plan()
    values: list[tuple[JSON, Taken]] = []
    wanted: Goal | None = None
    while len(values) < limit:
        greedy = _Greedy(plan, wanted)
        built = True
        try:
            value = walk.build(node, greedy, Place())
        except _Rejected:
            built = False
        plan.learn(greedy)
        if built and (plan.reach(greedy.taken) or not values):
            values.append((value, greedy.taken))
        wanted = plan.next()
        if wanted is None:
            break
    if not values:
        raise walk.schemas.refuse(node)
    return Covering(tuple(_needed(values, plan.goals)), tuple(plan.goals), tuple(plan.open))


def _needed(values: list[tuple[JSON, Taken]], goals: Iterable[Goal]) -> list[JSON]:
    """The values without those, the latest first, whose every goal another value reaches too."""
    reached = [{goal for goal in goals if goal.reached(taken)} for _, taken in values]
    times = Counter(goal for found in reached for goal in found)
    kept = []
    for (value, _), found in zip(reversed(values), reversed(reached), strict=True):
        if any(times[goal] == 1 for goal in found) or len(values) == 1:
            kept.append(value)
        else:
            times.subtract(found)
    return kept[::-1]


class _Rejected(Exception):
    """No value that fits was built."""


class _Plan:
    """The goals known so far, and which of them are open."""

    def __init__(self) -> None:
        self.goals: dict[Goal, int] = {}
        self.open: dict[Goal, int] = {}
        self.by_choice: dict[Choice, set[Goal]] = defaultdict(set)
        self.used: Counter[Choice] = Counter()
        self.samples: dict[tuple[Leaf, Fits | None], tuple[JSON, ...]] = {}
        self._tries: Counter[Goal] = Counter()
        self._known: set[str] = set()
        self._objects: dict[str, list[_States]] = defaultdict(list)
        self._strong: list[_States] = []

    def next(self) -> Goal | None:
        """The open goal to try next, those of one choice first; each is tried twice."""
        goal = min((goal for goal in self.open if self._tries[goal] < 2), key=self._rank, default=None)
        if goal is not None:
            self._tries[goal] += 1
        return goal

    def _rank(self, goal: Goal) -> tuple[int, int]:
        return int(self.goals[goal] > 1), len(goal.choices)

    def reach(self, taken: Taken) -> bool:
        """Close the goals that these choices reach; whether there was any."""
        done = [goal for goal in self.open if goal.reached(taken)]
        for goal in done:
            del self.open[goal]
            for choice in goal.choices:
                self.by_choice[choice].discard(goal)
        return bool(done)

    def learn(self, greedy: _Greedy) -> None:
        """Add the goals of the places met for the first time."""
        objects, strong = [], False
        for kind, place, options in greedy.met:
            if place.name in self._known:
                continue
            self._known.add(place.name)
            states = [frozenset({*place.given, (place.name, option)}) for option in options]
            self._add([states])
            if kind == "presence":
                objects.append(place.name.rpartition("/")[0])
                self._objects[objects[-1]].append(states)
            elif kind == "strong":
                strong = True
                self._strong.append([*_absent(place), *states])
        for name in dict.fromkeys(objects):
            if len(self._objects[name]) <= MASKED:
                self._add(self._objects[name])
        if strong:
            self._combine()

    def _combine(self) -> None:
        for two in combinations(self._strong, 2):
            self._add(two)
        threes = list(combinations(self._strong, 3))
        if sum(prod(map(len, three)) for three in threes) <= TRIPLES:
            for three in threes:
                self._add(three)

    def _add(self, dimensions: Sequence[_States]) -> None:
        """Make a goal of each combination, unless its choices exclude each other."""
        for states in product(*dimensions):
            goal = Goal(frozenset().union(*states))
            if len({place for place, _ in goal.choices}) < len(goal.choices) or goal in self.goals:
                continue
            self.goals[goal] = self.open[goal] = len(dimensions)
            for choice in goal.choices:
                self.by_choice[choice].add(goal)


_States = list[frozenset[Choice]]
"""The options of one choice, each with the choices that lead to it."""


def _absent(place: Place) -> _States:
    """How a value can do without the place: the optional property that it is, or that holds it, is absent."""
    if place.given and place.given[-1][1] == PRESENCE[1]:
        *before, (name, _) = place.given
        return [frozenset({*before, (name, PRESENCE[0])})]
    return []


class _Greedy:
    """A chooser that takes what the wanted goal asks for, and else what reaches most of the open goals."""

    attempts = 6
    recursion = 0
    fair = False

    def __init__(self, plan: _Plan, wanted: Goal | None) -> None:
        self.met: list[tuple[Kind, Place, Sequence[str]]] = []
        self.taken: dict[str, set[str]] = {}
        self._plan = plan
        self._wanted = dict(wanted.choices) if wanted else {}

    def pick(self, kind: Kind, place: Place, options: Sequence[str]) -> int:
        """The option that the goal wants, else the most promising, else the least used."""
        self.met.append((kind, place, options))
        option = self._wanted.get(place.name, "")
        # What a place offers may hang on choices made elsewhere.
        if option not in options or option in self.taken.get(place.name, ()):
            option = max(options, key=lambda option: self._promise((place.name, option)))
        self.taken.setdefault(place.name, set()).add(option)
        self._plan.used[place.name, option] += 1
        return options.index(option)

    def _promise(self, choice: Choice) -> tuple[int, int]:
        reachable = sum(1 for goal in self._plan.by_choice.get(choice, ()) if self._may_reach(goal, choice[0]))
        return reachable, -self._plan.used[choice]

    def _may_reach(self, goal: Goal, here: str) -> bool:
        for place, option in goal.choices:
            if place == here:
                continue
            taken = self.taken.get(place)
            if taken is None and self._wanted.get(place, option) != option:
                return False
            if taken is not None and option not in taken:
                return False
        return True

    def leaf(self, place: Place, leaf: Leaf, fits: Fits | None) -> JSON:
        """One of the leaf's samples."""
        values = self._samples(leaf, fits)
        if not values:
            self.reject(place)
        labels = [f"#{index} {str(value)[:20]}" for index, value in enumerate(values)]
        return deepcopy(values[0 if len(values) == 1 or place.small else self.pick("weak", place, labels)])

    def _samples(self, leaf: Leaf, fits: Fits | None) -> tuple[JSON, ...]:
        known = self._plan.samples
        if (leaf, fits) not in known:
            values = tuple(value for value in samples(leaf) if fits is None or fits(value))
            if fits is not None and isinstance(leaf, Text) and leaf.patterns:
                # Only here: a text for a pattern takes the search of Hypothesis, without chance.
                from strategies.drawing import matches

                values = tuple(dict.fromkeys((*matches(leaf, fits, 2), *values)))
            known[leaf, fits] = values
        return known[leaf, fits]

    def rarely(self, place: Place) -> bool:
        """Never: what nobody asked for is no goal."""
        return False

    def mark(self) -> Taken:
        """The choices taken so far."""
        return {place: set(options) for place, options in self.taken.items()}

    def undo(self, mark: object) -> None:
        """Take those back that came since; they count as used, so that the next attempt takes others."""
        assert isinstance(mark, dict)
        self.taken = mark

    def reject(self, place: Place) -> NoReturn:
        """Give up this value; another goal's choices may do better."""
        raise _Rejected
