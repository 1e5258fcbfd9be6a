"""Keep the goals of a covering set: which choices are to be taken together, and which of them still have to be.

Hides which combinations are goals and in which order they are tried.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush
from itertools import combinations, product
from typing import Final, NamedTuple

from strategies.values.from_schema import matching_texts
from strategies.values.scalars import JSON, Fits, Leaf, Text, samples
from strategies.values.walk import PRESENCE, Choice, Kind, Place

MASKED: Final = 4
"""How many optional properties of one object are covered in every combination; of more, none is combined."""

TRIPLES: Final = 64
"""How many combinations of three unions and enums are covered, all or none."""

PAIRS: Final = 4096
"""How many combinations of two unions and enums are covered; of more, some of each, and the rest is left out."""

FULL: Final = 64
"""How many combinations of two unions and enums are all covered, if some of all pairs have to do."""

FEW_VALUES: Final = 16
"""How many values the share suffices for at least: of a value with more choices, the rest is the least that fits."""

WHOLE_VALUE: Final = 100
"""How many choices of one value are made in any case."""

Taken = Mapping[str, set[str]]
"""Place to the options taken there in one value; several if the items of an array share the place."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Choices that one value should make together, including those that lead to them."""

    choices: frozenset[Choice]

    def __str__(self) -> str:
        return ", ".join(f"{place or '/'} {option}" for place, option in sorted(self.choices))


class _State(NamedTuple):
    """One option of one choice, with the choices that lead to it: a value that takes `last` has taken them all."""

    given: tuple[Choice, ...]
    last: Choice


_States = Sequence[_State]
"""The options of one choice."""


class Goals:
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

    def learn(self, met: Iterable[tuple[Kind, Place, Sequence[str]]]) -> None:
        """Add the goals of places that were met for the first time."""
        objects, before = [], len(self._strong)
        for kind, place, options in met:
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
