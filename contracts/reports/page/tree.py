"""A report's coverage as the tree of its document: what was seen at each place, and what broke there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Told = Mapping[str, Any]
"""A part of the report, as plain JSON values."""

_STEP: Final = re.compile(r"(?<=.)(?=\[)|/")
_BRANCH: Final = re.compile(r"\[[^\]]*\]")


@dataclass(slots=True, eq=False)
class Place:
    """One place of an operation's answers: what can be seen there, what broke there, and the places in it."""

    name: str
    features: list[Told] = field(default_factory=list)
    broken: list[Told] = field(default_factory=list)
    inside: dict[str, Place] = field(default_factory=dict)

    @property
    def promised(self) -> int:
        """How many features are promised, here and inside."""
        return sum(1 for each in self.all_features() if each["kind"] != "extra")

    @property
    def seen(self) -> int:
        """How many of those promised were seen, here and inside."""
        return sum(1 for each in self.all_features() if each["kind"] != "extra" and each["count"])

    def walk(self) -> Iterator[tuple[Place, int]]:
        """Every place inside, in the document's order; behind a leaf, how many of the places around it end with it."""
        waiting = [(place, 0) for place in reversed(self.inside.values())]
        while waiting:
            place, ends = waiting.pop()
            inner = [*place.inside.values()]
            yield place, 0 if inner else ends
            waiting += [(each, ends + 1 if each is inner[-1] else 0) for each in reversed(inner)]

    def all_features(self) -> Iterator[Told]:
        """The features here and inside."""
        yield from self.features
        for place in self.inside.values():
            yield from place.all_features()


def grow(report: Told) -> dict[str, Place]:
    """The tree of each operation, by its path."""
    roots: dict[str, Place] = {}
    for feature in (*report["coverage"]["features"], *report["coverage"]["undeclared"]):
        if feature["kind"] == "pair":
            continue
        place = roots.setdefault(feature["operation"], Place(feature["operation"]))
        if feature["kind"] == "status":
            place = place.inside.setdefault(feature["which"], Place(feature["which"]))
        else:
            for step in _STEP.split(feature["place"]):
                place = place.inside.setdefault(step, Place(step))
        place.features.append(feature)
    for violation in report["violations"]:
        root = roots[violation["witness"]["request"]["operation"]]
        _where(root, violation).broken.append(violation)
    return roots


def _where(root: Place, violation: Told) -> Place:
    """The place that is nearest to where the violation is, from above."""
    status = str(violation["status"])
    names = (status, f"{status[0]}XX", "default")
    at = next((root.inside[name] for name in names if name in root.inside), root)
    kind, _, pointer = violation["place"].partition("/")
    if kind != "body" or not pointer or at is root:
        return at
    left, _, place = _descend(at, tuple(pointer.split("/")), violation["branch"])
    if not left or not (place.features or place.inside):
        return place
    # What is promised without a choice, as a required property is, has nothing to be counted, but can be broken.
    name = "*" if left[0].isdigit() else left[0]
    return place.inside.setdefault(name, Place(name))


def _descend(place: Place, steps: tuple[str, ...], branch: str) -> tuple[tuple[str, ...], int, Place]:
    """The place that the steps lead to, those left that lead nowhere, and how many other branches were passed."""
    found = [(steps, 0, place)]
    for name, inner in place.inside.items():
        if _BRANCH.fullmatch(name):
            left, others, deepest = _descend(inner, steps, branch)
            found.append((left, others + (name != f"[{branch}]"), deepest))
        elif steps and name in (steps[0], "*"):
            found.append(_descend(inner, steps[1:], branch))
    return min(found, key=lambda each: (len(each[0]), each[1]))


@dataclass(frozen=True, slots=True)
class Matrix:
    """The counts of every declared pair of a union's branch (a row) and another choice (a column)."""

    operation: str
    rows_of: str
    columns_of: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Told | None, ...]], ...]


def matrices(report: Told) -> Iterator[Matrix]:
    """One for each two places whose choices are declared pairs."""
    features = report["coverage"]["features"]
    choices: dict[tuple[str, str], list[str]] = {}
    for each in features:
        if each["kind"] in ("branch", "value"):
            choices.setdefault((each["operation"], each["place"]), []).append(each["which"])
    pairs = {(each["operation"], each["place"], each["which"]): each for each in features if each["kind"] == "pair"}
    for operation, place in dict.fromkeys((operation, place) for operation, place, _ in pairs):
        one, other = _sides(operation, place, choices)
        columns = tuple(choices[operation, other])
        rows = tuple(
            (row, tuple(pairs.get((operation, place, f"{row} x {column}")) for column in columns))
            for row in choices[operation, one]
        )
        yield Matrix(operation, one, other, columns, rows)


def _sides(operation: str, place: str, choices: Mapping[tuple[str, str], list[str]]) -> tuple[str, str]:
    """The two places that a pair's place names; their own names may hold its separator."""
    cuts = (match.start() for match in re.finditer(" x ", place))
    sides = ((place[:cut], place[cut + 3 :]) for cut in cuts)
    return next(each for each in sides if all((operation, side) in choices for side in each))
