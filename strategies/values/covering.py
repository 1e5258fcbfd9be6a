"""Build a small set of values that takes every choice a schema leaves open, without chance.

Uniform drawing is not coverage: it takes thousands of draws to combine every status with every branch of a union. Here
each value is built to reach a goal that is still open, and its free choices reach as many further goals as they can.
Hides which combinations are goals and in which order they are tried.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush
from itertools import combinations, product
from typing import Final, NoReturn

from contracts.openapi import Document
from strategies.values.from_schema import matching_texts
from strategies.values.scalars import JSON, Fits, Leaf, Text, samples
from strategies.values.schemas import Node, Unsatisfiable
from strategies.values.walk import PRESENCE, Choice, Kind, Place, Walk, walk_of

MASKED: Final = 4
"""How many optional properties of one object are covered in every combination; of more, none is combined."""

TRIPLES: Final = 64
"""How many combinations of three unions and enums are covered, all or none."""

PAIRS: Final = 4096
"""How many combinations of two unions and enums are covered; of more, some of each, and the rest is left out."""

FULL: Final = 64
"""How many combinations of two unions and enums are all covered, if some of all pairs have to do."""

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
    """The values, all goals, and the goals that no value was built for within the limit.

    `left_out` is the number of combinations of two that are no goals, because there are more than `PAIRS`.
    """

    values: tuple[JSON, ...]
    goals: tuple[Goal, ...]
    unreached: tuple[Goal, ...]
    left_out: int = 0


def covering_set(document: Document, pointer: str, limit: int = 80) -> tuple[JSON, ...]:
    """Return at most `limit` valid values that cover the schema at a JSON pointer, the same each time (`covering`)."""
    return covering(document, pointer, limit).values


def covering(document: Document, pointer: str, limit: int = 80) -> Covering:
    """Return a covering set of the schema at a JSON pointer, with its goals.

    The goals are every branch, enum value, type and boundary sample; every optional property present and absent; arrays
    with none, one and several items; combinations of two unions or enums, all up to `PAIRS`, and of three or of the
    optional properties of one object if they are few. Raises Unsatisfiable if no value satisfies the schema or none was
    found.
    """
    walk = walk_of(document)
    return covering_node(walk, walk.node(pointer), limit)


def covering_node(walk: Walk, node: Node, limit: int = 80) -> Covering:
    """Return a covering set of a node, whose schemas need not stand in the document; see `covering`."""
    plan = _Plan()
    values: list[tuple[JSON, Taken]] = []
    wanted: Goal | None = None
    for _ in range(ATTEMPTS + 4 * limit):
        if len(values) == limit:
            break
        greedy = _Greedy(plan, wanted)
        built = True
        try:
            value = walk.build(node, greedy, Place())
        except _Rejected:
            built = False
        plan.learn(greedy)
        if built and (plan.reach(greedy.taken) or not values):
            values.append((value, greedy.taken))
        if (wanted := plan.next()) is None:
            break
    if not values:
        raise _no_value(walk, node, greedy)
    return Covering(tuple(_needed(values, plan)), tuple(plan.goals), tuple(plan.open), plan.left_out)


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


class _Plan:
    """The goals known so far, and those of them that are open."""

    def __init__(self) -> None:
        self.goals: dict[Goal, int] = {}
        self.open: dict[Goal, int] = {}
        # Every goal stands under each of its choices, so that one value's choices lead to what it reaches.
        self._of_choice: dict[Choice, list[Goal]] = defaultdict(list)
        self.by_choice: dict[Choice, dict[Goal, None]] = defaultdict(dict)
        self.used: Counter[Choice] = Counter()
        self.samples = cache(_fitting_samples)
        self._tries: Counter[Goal] = Counter()
        self._waiting: list[tuple[bool, int, int, Goal]] = []
        self._known: set[str] = set()
        self._objects: dict[str, list[_States]] = defaultdict(list)
        self._strong: list[_States] = []
        self._pairs = self._chosen_pairs = 0

    @property
    def left_out(self) -> int:
        """How many combinations of two unions or enums are no goals, because there are too many."""
        return self._pairs - self._chosen_pairs

    def next(self) -> Goal | None:
        """Return the open goal to try next, goals of one choice first; every goal is tried at most twice."""
        while self._waiting:
            goal = self._waiting[0][-1]
            if goal in self.open and self._tries[goal] < 2:
                self._tries[goal] += 1
                return goal
            heappop(self._waiting)
        return None

    def reached(self, taken: Taken) -> list[Goal]:
        """Return every goal, open or not, that these choices reach."""
        met = Counter(
            goal
            for place, options in taken.items()
            for option in options
            for goal in self._of_choice.get((place, option), ())
        )
        return [goal for goal, count in met.items() if count == len(goal.choices)]

    def reach(self, taken: Taken) -> list[Goal]:
        """Close the goals that these choices reach; return those that were open."""
        done = [goal for goal in self.reached(taken) if goal in self.open]
        for goal in done:
            del self.open[goal]
            for choice in goal.choices:
                del self.by_choice[choice][goal]
        return done

    def learn(self, greedy: _Greedy) -> None:
        """Add the goals of places that were met for the first time."""
        objects, before = [], len(self._strong)
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
                self._strong.append([*_absent(place), *states])
        for name in dict.fromkeys(objects):
            if len(self._objects[name]) <= MASKED:
                self._add(self._objects[name])
        if len(self._strong) > before:
            self._combine(before)

    def _combine(self, before: int) -> None:
        """Combine the unions and enums from index `before` on with each other and with all earlier ones."""
        sizes = list(map(len, self._strong))
        self._pairs, triples = _count_combinations(sizes)
        if self._pairs <= PAIRS:
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
                if distance > 1 and self._chosen_pairs >= PAIRS:
                    return
                chosen = _some_pairs(self._strong[index - distance], self._strong[index])
                for states in chosen:
                    self._add([[state] for state in states])
                self._chosen_pairs += len(chosen)

    def _add(self, dimensions: Sequence[_States]) -> None:
        """Make a goal of every combination whose choices do not exclude each other."""
        for states in product(*dimensions):
            goal = Goal(frozenset().union(*states))
            if len({place for place, _ in goal.choices}) < len(goal.choices) or goal in self.goals:
                continue
            heappush(self._waiting, (len(dimensions) > 1, len(goal.choices), len(self.goals), goal))
            self.goals[goal] = self.open[goal] = len(dimensions)
            for choice in goal.choices:
                self._of_choice[choice].append(goal)
                self.by_choice[choice][goal] = None


def _count_combinations(sizes: Iterable[int]) -> tuple[int, int]:
    """Return how many combinations there are of the options of two choices, and of three, without making them."""
    ones = twos = threes = 0
    for size in sizes:
        threes += twos * size
        twos += ones * size
        ones += size
    return twos, threes


_States = list[frozenset[Choice]]
"""The options of one choice, every one with the choices that lead to it."""


def _distances(count: int) -> Iterator[int]:
    """Yield how far apart the choices of a pair stand: powers of two first, so that few pairs are spread over all."""
    doubled = [1 << power for power in range(count.bit_length()) if 1 << power < count]
    yield from doubled
    yield from (distance for distance in range(1, count) if distance not in doubled)


def _some_pairs(one: _States, other: _States) -> list[tuple[frozenset[Choice], frozenset[Choice]]]:
    """Return all combinations of two choices if they are few; else some in which every option of both is met."""
    if len(one) * len(other) <= FULL:
        return list(product(one, other))
    return [(one[turn % len(one)], other[turn % len(other)]) for turn in range(max(len(one), len(other)))]


def _absent(place: Place) -> _States:
    """Return the choices of a value without the place: the optional property that leads there is absent."""
    if place.given and place.given[-1][1] == PRESENCE[1]:
        *before, (name, _) = place.given
        return [frozenset({*before, (name, PRESENCE[0])})]
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

    def __init__(self, plan: _Plan, wanted: Goal | None) -> None:
        self.met: list[tuple[Kind, Place, Sequence[str]]] = []
        self.taken: dict[str, set[str]] = {}
        self.missed: Text | None = None
        self._plan = plan
        self._wanted = dict(wanted.choices) if wanted else {}

    def pick(self, kind: Kind, place: Place, options: Sequence[str]) -> int:
        """Return the option that the goal wants, else the most promising, else the least used."""
        self.met.append((kind, place, options))
        option = self._wanted.get(place.name, "")
        # The options at a place may depend on choices made elsewhere.
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

    def mark(self) -> Taken:
        """Return the choices taken so far."""
        return {place: set(options) for place, options in self.taken.items()}

    def undo(self, mark: object) -> None:
        """Take back the choices made since; they stay counted as used, so that the next attempt takes others."""
        assert isinstance(mark, dict)
        self.taken = mark

    def reject(self, place: Place) -> NoReturn:
        """Give up this value; the choices of another goal may do better."""
        raise _Rejected
