"""Say in one line how much of what a document promises was shown, for tests that are no run."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from contracts.coverage import Feature, Unmet
from contracts.openapi import Operation
from contracts.reports.messages import clipped, visible
from contracts.reports.verdict_words import missing
from contracts.verdict import Verdict

_NAMED: Final = 4
"""The number of promises, and of operations, that the line names."""

_WIDTH: Final = 80
"""The number of characters of a promise's name."""

_FIRST: Final = ("status", "branch")
"""The kinds of features that are named first: a whole answer, or a part of one, was never seen."""

_ORDER: Final = {**dict.fromkeys(_FIRST, 0), "value": 1}
"""The kinds of features in the order in which they are named; all others come last."""


def coverage_line(verdict: Verdict, others: Iterable[Operation] = ()) -> str:
    """Return how many promises the tests showed, and which they never did; `others` are operations they never asked.

    `your tests showed 41 of 74 promises; never OPENAI, never 422`. What could not be seen because something else never
    came is counted and not named: to show what is named shows a part of it, too.
    """
    unseen = tuple(verdict.unseen)
    shown = f"your tests showed {len(verdict.coverage) - len(unseen)} of {len(verdict.coverage)} promises"
    if len(verdict.run.document.operations) > 1:
        shown += f" of {len(verdict.run.document.operations)} operations"
    telling = tuple(sorted(_telling(unseen), key=lambda feature: _ORDER.get(feature.kind, len(_ORDER))))
    never = [f"never {name}" for name in _names(telling, verdict)]
    unasked = [str(each) for each in others]
    asked = [f"nothing asked {_listed(unasked)}"] if unasked else []
    return visible("; ".join([shown, *([_listed(never)] if never else []), *asked]))


def _listed(names: list[str]) -> str:
    rest = len(names) - _NAMED
    # To say that there is one more takes as much room as to name it.
    return ", ".join(names) if rest < 2 else f"{', '.join(names[:_NAMED])} and {rest} more"


def _telling(unseen: tuple[Feature, ...]) -> Iterator[Feature]:
    """Yield the features but those inside a status, a branch or a property that never came, and pairs with one."""
    wholes = {(each.operation, _whole(each)) for each in unseen if each.kind in _FIRST}
    properties = {(each.operation, each.location) for each in unseen if each.kind == "present"}
    choices = {(each.operation, each.location, each.which) for each in unseen if each.kind in ("branch", "value")}
    for feature in unseen:
        parts = feature.location.split(_AND) if feature.kind == "pair" else [feature.location]
        around = {(feature.operation, place) for part in parts for place in _around(part)}
        # Branches are named although the property never came that holds them: they say more.
        missing_around = around & (wholes if feature.kind == "branch" else wholes | properties)
        chosen = zip(parts, feature.which.split(_AND), strict=False) if feature.kind == "pair" else ()
        if not missing_around and not any((feature.operation, *choice) in choices for choice in chosen):
            yield feature


_AND: Final = " x "
"""What stands between the two parts of a pair's location, and of its `which`."""


def _whole(feature: Feature) -> str:
    """Return the location of all that is seen only together with a status or a branch."""
    return feature.which if feature.kind == "status" else f"{feature.location.rpartition('/')[0]}[{feature.which}]"


def _around(location: str) -> Iterator[str]:
    """Yield the locations that a location is inside of."""
    return (location[: end.start()] for end in re.finditer(r"[/\[]", location))


def _names(features: tuple[Feature, ...], verdict: Verdict) -> Iterator[str]:
    """Yield the features in the verdict's words, a status or branch by itself if the document has it once."""
    times = Counter(feature.which for feature in verdict.coverage if feature.kind in _FIRST)
    several = len(verdict.run.document.operations) > 1
    for feature, place in zip(features, missing(Unmet("", features), several=several), strict=True):
        yield feature.which if feature.kind in _FIRST and times[feature.which] == 1 else clipped(place, _WIDTH)
