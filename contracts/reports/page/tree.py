"""Arrange a report's coverage and violations as the tree of its document, and its pairs as matrices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Entry = Mapping[str, Any]
"""A part of report.json."""

_STEP: Final = re.compile(r"(?<=.)(?=\[)|/")
_BRANCH: Final = re.compile(r"\[[^\]]*\]")


@dataclass(slots=True, eq=False)
class Place:
    """One place of an operation's responses: its features, its violations, and the places inside it."""

    name: str
    features: list[Entry] = field(default_factory=list)
    broken: list[Entry] = field(default_factory=list)
    inside: dict[str, Place] = field(default_factory=dict)

    @property
    def promised(self) -> int:
        """Return how many features are promised, here and inside."""
        return sum(feature["kind"] != "extra" for feature in self.all_features())

    @property
    def seen(self) -> int:
        """Return how many promised features were seen, here and inside."""
        return sum(feature["kind"] != "extra" and feature["count"] > 0 for feature in self.all_features())

    def walk(self) -> Iterator[tuple[Place, int]]:
        """Yield every place inside, in the document's order, with the number of lists that end behind it."""
        waiting = [(place, 0) for place in reversed(self.inside.values())]
        while waiting:
            place, ends = waiting.pop()
            inner = [*place.inside.values()]
            yield place, 0 if inner else ends
            waiting += [(child, ends + 1 if child is inner[-1] else 0) for child in reversed(inner)]

    def all_features(self) -> Iterator[Entry]:
        """Yield the features here and inside."""
        yield from self.features
        for place in self.inside.values():
            yield from place.all_features()


def build(report: Entry) -> dict[str, Place]:
    """Return the tree of each operation, by the operation's path."""
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
        _place_of(violation, root).broken.append(violation)
    return roots


def _place_of(violation: Entry, root: Place) -> Place:
    """Return the violation's place or, if the tree does not have it, the nearest place around it."""
    status = str(violation["status"])
    names = (status, f"{status[0]}XX", "default")
    at = next((root.inside[name] for name in names if name in root.inside), root)
    kind, _, pointer = violation["place"].partition("/")
    if kind != "body" or not pointer or at is root:
        return at
    left, _, place = _descend(at, tuple(pointer.split("/")), violation["branch"])
    if not left or not (place.features or place.inside):
        return place
    # A promise that leaves no choice, such as a required property, has no feature to count, but can be broken.
    name = "*" if left[0].isdigit() else left[0]
    return place.inside.setdefault(name, Place(name))


def _descend(place: Place, steps: tuple[str, ...], branch: str) -> tuple[tuple[str, ...], int, Place]:
    """Return the steps that lead nowhere, the number of other branches passed, and the place the steps lead to."""
    found = [(steps, 0, place)]
    for name, inner in place.inside.items():
        if _BRANCH.fullmatch(name):
            left, others, deepest = _descend(inner, steps, branch)
            found.append((left, others + (name != f"[{branch}]"), deepest))
        elif steps and name in (steps[0], "*"):
            found.append(_descend(inner, steps[1:], branch))
    return min(found, key=lambda descent: (len(descent[0]), descent[1]))


@dataclass(frozen=True, slots=True)
class Matrix:
    """The counts of every declared pair of a union's branch (a row) and another choice (a column)."""

    operation: str
    rows_of: str
    columns_of: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Entry | None, ...]], ...]


def matrices(report: Entry) -> Iterator[Matrix]:
    """Yield a matrix for every two places whose choices are declared as pairs."""
    choices: dict[tuple[str, str], list[str]] = {}
    pairs: dict[tuple[str, str, str], Entry] = {}
    for feature in report["coverage"]["features"]:
        if feature["kind"] in ("branch", "value"):
            choices.setdefault((feature["operation"], feature["place"]), []).append(feature["which"])
        elif feature["kind"] == "pair":
            pairs[feature["operation"], feature["place"], feature["which"]] = feature
    for operation, place in dict.fromkeys((operation, place) for operation, place, _ in pairs):
        one, other = _sides(operation, place, choices)
        columns = tuple(choices[operation, other])
        rows = tuple(
            (row, tuple(pairs.get((operation, place, f"{row} x {column}")) for column in columns))
            for row in choices[operation, one]
        )
        yield Matrix(operation, one, other, columns, rows)


def _sides(operation: str, place: str, choices: Mapping[tuple[str, str], list[str]]) -> tuple[str, str]:
    """Return the two places that a pair's place names; each of them may contain the separator too."""
    cuts = (match.start() for match in re.finditer(" x ", place))
    pairs = ((place[:cut], place[cut + 3 :]) for cut in cuts)
    return next(sides for sides in pairs if all((operation, side) in choices for side in sides))
