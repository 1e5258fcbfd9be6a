"""Build a small set of values that takes every choice a schema leaves open, without chance.

Uniform drawing is not coverage: it takes thousands of draws to combine every status with every branch of a union. Here
each value is built to reach a goal that is still open, and its free choices reach as many further goals as they can.
Hides which combinations are goals and in which order they are tried.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, lru_cache
from heapq import heappop, heappush
from itertools import combinations, islice, product
from typing import Final, NamedTuple, NoReturn

from contracts.openapi import Document
from strategies.values.from_schema import matching_texts
from strategies.values.node import Node
from strategies.values.scalars import JSON, Fits, Leaf, Text, samples
from strategies.values.schemas import Unsatisfiable
from strategies.values.walk import PRESENCE, Choice, Kind, Place, Walk, walk_of

MASKED: Final = 4
"""How many optional properties of one object are covered in every combination; of more, none is combined."""

TRIPLES: Final = 64
"""How many combinations of three unions and enums are covered, all or none."""

PAIRS: Final = 4096
"""How many combinations of two unions and enums are covered; of more, some of each, and the rest is left out."""

FULL: Final = 64
"""How many combinations of two unions and enums are all covered, if some of all pairs have to do."""

CHOICES: Final = 30_000
"""After how many choices no further value of one schema is built."""

ALL_CHOICES: Final = 160_000
"""The same for all operations of a document that has many, each of which gets an equal share."""

FEW_CHOICES: Final = 250
"""The least share."""

FEW_VALUES: Final = 16
"""How many values the share suffices for at least: of a value with more choices, the rest is the least that fits."""

WHOLE_VALUE: Final = 100
"""How many choices of one value are made in any case."""

LOOKED_AT: Final = 16
"""How many of the combinations that a choice belongs to are looked at to see what the choice is good for."""

ATTEMPTS: Final = 200
"""How many values that turn out not to help are built at most, beside four times those that are wanted."""

Taken = Mapping[str, set[str]]
"""Place to the options taken there in one value; several if the items of an array share the place."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Choices that one value should make together, including those that lead to them."""

    choices: frozenset[Choice]

    def __str__(self) -> str:
        return ", ".join(f"{place or '/'} {option}" for place, option in sorted(self.choices))


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


def _covered(walk: Walk, node: Node, limit: int) -> tuple[tuple[JSON, ...], _Plan]:
    share = ALL_CHOICES // max(1, len(walk.schemas.document.operations))
    plan = _Plan(min(CHOICES, max(FEW_CHOICES, share)))
    values: list[tuple[JSON, Taken]] = []
    wanted: Mapping[str, str] = {}
    for _ in range(ATTEMPTS + 4 * limit):
        greedy = _Greedy(plan, wanted)
        built = True
        try:
            value = walk.build(node, greedy, Place())
        except _Rejected:
            built = False
        plan.learn(greedy)
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


def _needed(values: list[tuple[JSON, Taken]], plan: _Plan) -> list[JSON]:
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


class _State(NamedTuple):
    """One option of one choice, with the choices that lead to it: a value that takes `last` has taken them all."""

    given: tuple[Choice, ...]
    last: Choice


_States = Sequence[_State]
"""The options of one choice."""


class _Plan:
    """The goals known so far, by number, and those of them that are open.

    A goal is one state, or several that one value should take together.
    """

    def __init__(self, choices: int) -> None:
        self._choices = choices
        self.choices_of_value = max(WHOLE_VALUE, choices // FEW_VALUES)
        self._most_pairs = min(PAIRS, choices // 4)
        self.goals: list[tuple[_State, ...]] = []
        self.open: dict[int, None] = {}
        self.used: Counter[Choice] = Counter()
        self.known: set[str] = set()
        self.samples = cache(_fitting_samples)
        # How many open goals a choice leads to, and which of them are of several states.
        self.leads_to: Counter[Choice] = Counter()
        self.combined: dict[Choice, dict[int, None]] = defaultdict(dict)
        self._of_choice: dict[Choice, list[int]] = defaultdict(list)
        self._combinations: set[frozenset[Choice]] = set()
        self._tries: Counter[int] = Counter()
        self._waiting: list[tuple[bool, int, int]] = []
        self._objects: dict[str, list[_States]] = defaultdict(list)
        self._strong: list[_States] = []
        self._pairs = self._chosen_pairs = 0

    @property
    def left_out(self) -> int:
        """How many combinations of two unions or enums are no goals, because there are too many."""
        return self._pairs - self._chosen_pairs

    @property
    def is_spent(self) -> bool:
        """Whether so many choices were made that no further value is built."""
        return self.used.total() >= self._choices

    def choices(self, goal: int) -> frozenset[Choice]:
        """Return all choices that a goal asks for, those that lead to it included."""
        return frozenset(choice for state in self.goals[goal] for choice in (*state.given, state.last))

    def next(self) -> int | None:
        """Return the open goal to try next, goals of one choice first; every goal is tried at most twice."""
        while self._waiting:
            goal = self._waiting[0][-1]
            if goal in self.open and self._tries[goal] < 2:
                self._tries[goal] += 1
                return goal
            heappop(self._waiting)
        return None

    def reached(self, taken: Taken) -> list[int]:
        """Return every goal, open or not, that these choices reach."""
        met = Counter(
            goal
            for place, options in taken.items()
            for option in options
            for goal in self._of_choice.get((place, option), ())
        )
        return [goal for goal, count in met.items() if count == len(self.goals[goal])]

    def reach(self, taken: Taken) -> list[int]:
        """Close the goals that these choices reach; return those that were open."""
        done = [goal for goal in self.reached(taken) if goal in self.open]
        for goal in done:
            del self.open[goal]
            for choice in self.choices(goal):
                self.leads_to[choice] -= 1
                if len(self.goals[goal]) > 1:
                    del self.combined[choice][goal]
        return done

    def learn(self, greedy: _Greedy) -> None:
        """Add the goals of places that were met for the first time."""
        objects, before = [], len(self._strong)
        for kind, place, options in greedy.met:
            if place.name in self.known:
                continue
            self.known.add(place.name)
            states = [_State(place.given, (place.name, option)) for option in options]
            self._add([states])
            if kind == "presence":
                objects.append(place.name.rpartition("/")[0])
                self._objects[objects[-1]].append(states)
            elif kind == "strong":
                self._strong.append([*_absent(place), *states])
        for name in dict.fromkeys(objects):
            if 1 < len(self._objects[name]) <= MASKED:
                self._add(self._objects[name])
        if len(self._strong) > before:
            self._combine(before)

    def _combine(self, before: int) -> None:
        """Combine the unions and enums from index `before` on with each other and with all earlier ones."""
        sizes = list(map(len, self._strong))
        self._pairs, triples = _count_combinations(sizes)
        if self._pairs <= self._most_pairs:
            for one in range(len(sizes)):
                for other in range(max(one + 1, before), len(sizes)):
                    self._add((self._strong[one], self._strong[other]))
            self._chosen_pairs = self._pairs
        else:
            self._combine_some(before)
        if triples <= TRIPLES:
            for three in combinations(self._strong, 3):
                self._add(three)

    def _combine_some(self, before: int) -> None:
        """Combine each of them with its neighbour and, while there is room, with ever farther ones.

        Of two long enums every value is combined, but not with every other one, so that they stay cheap.
        """
        for distance in _distances(len(self._strong)):
            for index in range(max(before, distance), len(self._strong)):
                if distance > 1 and self._chosen_pairs >= self._most_pairs:
                    return
                chosen = _some_pairs(self._strong[index - distance], self._strong[index])
                for states in chosen:
                    self._add([[state] for state in states])
                self._chosen_pairs += len(chosen)

    def _add(self, dimensions: Sequence[_States]) -> None:
        """Make a goal of every combination whose choices do not exclude each other."""
        for states in product(*dimensions):
            choices = frozenset(choice for state in states for choice in (*state.given, state.last))
            if len(states) > 1:
                if len(dict(choices)) < len(choices) or choices in self._combinations:
                    continue
                if any(len(choices) == len(state.given) + 1 for state in states):
                    continue  # One of the states leads to all others, so that it is a goal already.
                self._combinations.add(choices)
            number = len(self.goals)
            heappush(self._waiting, (len(states) > 1, len(choices), number))
            self.goals.append(states)
            self.open[number] = None
            for state in states:
                self._of_choice[state.last].append(number)
            for choice in choices:
                self.leads_to[choice] += 1
                if len(states) > 1:
                    self.combined[choice][number] = None


def _count_combinations(sizes: Iterable[int]) -> tuple[int, int]:
    """Return how many combinations there are of the options of two choices, and of three, without making them."""
    ones = twos = threes = 0
    for size in sizes:
        threes += twos * size
        twos += ones * size
        ones += size
    return twos, threes


def _distances(count: int) -> Iterator[int]:
    """Yield how far apart the choices of a pair stand: powers of two first, so that few pairs are spread over all."""
    doubled = [1 << power for power in range(count.bit_length()) if 1 << power < count]
    yield from doubled
    yield from (distance for distance in range(1, count) if distance not in doubled)


def _some_pairs(one: _States, other: _States) -> list[tuple[_State, _State]]:
    """Return all combinations of two choices if they are few; else some in which every option of both is met."""
    if len(one) * len(other) <= FULL:
        return list(product(one, other))
    return [(one[turn % len(one)], other[turn % len(other)]) for turn in range(max(len(one), len(other)))]


def _absent(place: Place) -> list[_State]:
    """Return the choices of a value without the place: the optional property that leads there is absent."""
    if place.given and place.given[-1][1] == PRESENCE[1]:
        *before, (name, _) = place.given
        return [_State(tuple(before), (name, PRESENCE[0]))]
    return []


def _fitting_samples(leaf: Leaf, fits: Fits | None) -> tuple[JSON, ...]:
    values = tuple(value for value in samples(leaf) if fits is None or fits(value))
    if fits is not None and isinstance(leaf, Text) and leaf.patterns:
        values = tuple(dict.fromkeys((*matching_texts(leaf, fits, 2), *values)))
    return values


class _Greedy:
    """A chooser that takes the options of the wanted goal, and otherwise those that reach most of the open goals."""

    attempts = 6
    recursion = 0
    fair = False

    def __init__(self, plan: _Plan, wanted: Mapping[str, str]) -> None:
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
