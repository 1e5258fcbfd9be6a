"""What a run must have seen before it can be green, stated by its profile and by `--require`.

`success`    an answer of success from every operation (always required)
`statuses`   every documented status
`branches`   every branch of every union
`values`     every value of every enum
`presence`   every optional property, present and absent
`all`        all of these, and whatever else the document promises and an answer can show
`PLACE`      all there is to be seen at a place as the verdict names it, such as `status` or `200/pet/kind`
`PLACE=ONE`  one of these: `status=422`, `200/pet/kind=CAT`, `200/pet=absent`
`answers=N`  at least so many answers

Behind any of them but `success` and `answers` may stand `within N days`: then what a run in the ledger has seen since
counts too.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from contracts.coverage import promised
from contracts.document import Operation
from contracts.errors import ConfigurationError
from contracts.features import Feature

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "statuses": ("status",),
    "branches": ("branch",),
    "values": ("value",),
    "presence": ("present", "absent"),
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must be seen: the features, the fewest answers, and within how many days (None: in this run)."""

    text: str
    features: tuple[Feature, ...] = ()
    answers: int = 0
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Unmet:
    """A requirement that a run did not meet: the features that are missing, or in words what is."""

    requirement: str
    missing: tuple[Feature, ...] = ()
    words: str = ""


def parse(text: str, operations: Iterable[Operation], untolerated: Iterable[Operation] | None = None) -> Requirement:
    """The requirement that the text states; raises ConfigurationError, in one line, where it states none.

    `untolerated` are the operations without what is only borne: words that name no place mean what these promise.
    """
    said = re.fullmatch(r"\s*(.*?)(?:\s+within\s+(\d+)\s+days?)?\s*", text)
    assert said is not None
    words, days = said[1], int(said[2]) if said[2] else None
    answers = re.fullmatch(r"answers=(\d+)", words)
    if answers or words == "success":
        if days is not None:
            raise ConfigurationError(f"--require {text!r}: {words} is of this run alone; leave 'within' out")
        return Requirement(text, answers=int(answers[1]) if answers else 0)
    general = words in (*KINDS, "all")
    asked = untolerated if general and untolerated is not None else operations
    every = [feature for operation in asked for feature in promised(operation)]
    found = tuple(feature for feature in every if _meant(words, feature))
    if not found and not general:
        raise _unknown(text, words, every)
    return Requirement(text, found, days=days)


def _meant(words: str, feature: Feature) -> bool:
    if words == "all":
        return True
    if words in KINDS:
        return feature.kind in KINDS[words]
    return words in (feature.place, _named(feature))


def _named(feature: Feature) -> str:
    return f"{feature.place}={feature.which or feature.kind}"


def _unknown(text: str, words: str, every: Iterable[Feature]) -> ConfigurationError:
    legal = dict.fromkeys(
        [*KINDS, "all", "success", "answers=100", *(name for each in every for name in (each.place, _named(each)))]
    )
    near = get_close_matches(words, legal, n=3, cutoff=0.5)
    hint = f"near are {', '.join(near)}" if near else f"say {', '.join([*KINDS, 'all'])}, or a place"
    return ConfigurationError(f"--require {text!r} is nothing that the document promises; {hint}")


def unmet(
    requirements: Iterable[Requirement],
    seen: Mapping[Feature, object],
    answers: int,
    last: Mapping[Feature, datetime.datetime],
    now: datetime.datetime,
) -> tuple[Unmet, ...]:
    """The requirements that were not met by what was seen, or by what a ledger has seen `last`."""
    found = []
    for each in requirements:
        since = None if each.days is None else now - datetime.timedelta(each.days)
        missing = tuple(
            feature
            for feature in each.features
            if not seen.get(feature) and (since is None or feature not in last or last[feature] < since)
        )
        if missing:
            found.append(Unmet(each.text, missing))
        elif answers < each.answers:
            found.append(Unmet(each.text, words=f"{answers} of {each.answers} answers"))
    return tuple(found)
