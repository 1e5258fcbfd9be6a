"""Read and check requirements: features that a run must have seen to conform, stated by its profile and `--require`.

Hides the words of a requirement:

`success`    a successful answer from every operation (always required)
`statuses`   every documented status
`branches`   every branch of every union
`values`     every value of every enum
`presence`   every optional property, present and absent
`all`        all of these, and everything else that the document promises and an answer can show
`PLACE`      every feature at a place as the verdict names it, such as `status` or `200/pet/kind`
`PLACE=ONE`  one feature: `status=422`, `200/pet/kind=CAT`, `200/pet=absent`
`answers=N`  at least N answers

`within N days` may follow any of them except `success` and `answers`: features that a run in the ledger has seen since
then count too.
"""

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from contracts.coverage.features import Feature, promised_features
from contracts.openapi import ConfigurationError, Operation

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "statuses": ("status",),
    "branches": ("branch",),
    "values": ("value",),
    "presence": ("present", "absent"),
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement: its text, the features and the number of answers to be seen, and within how many days.

    `days` is None if this run must have seen them.
    """

    text: str
    features: tuple[Feature, ...] = ()
    answers: int = 0
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Unmet:
    """A requirement that a run did not meet: the features that are missing, or the lack in words."""

    requirement: str
    missing: tuple[Feature, ...] = ()
    words: str = ""


def parse_requirement(
    text: str, operations: Iterable[Operation], untolerated: Iterable[Operation] | None = None
) -> Requirement:
    """Return the requirement that the text states; raise ConfigurationError, in one line, for any other text.

    `untolerated` are the operations of the document without the overlays that only accept something, such as a 404. A
    text that names no place means the features of these operations.
    """
    parts = re.fullmatch(r"\s*(.*?)(?:\s+within\s+(\d+)\s+days?)?\s*", text)
    assert parts is not None
    words, days = parts[1], int(parts[2]) if parts[2] else None
    answers = re.fullmatch(r"answers=(\d+)", words)
    if answers or words == "success":
        if days is not None:
            raise ConfigurationError(f"--require {text!r}: {words} is about this run alone; leave 'within' out")
        return Requirement(text, answers=int(answers[1]) if answers else 0)
    is_general = words in (*KINDS, "all")
    chosen = untolerated if is_general and untolerated is not None else operations
    promised = [feature for operation in chosen for feature in promised_features(operation)]
    found = tuple(feature for feature in promised if _means(words, feature))
    if not found and not is_general:
        raise _unknown(text, words, promised)
    return Requirement(text, found, days=days)


def _means(words: str, feature: Feature) -> bool:
    if words == "all":
        return True
    if words in KINDS:
        return feature.kind in KINDS[words]
    return words in (feature.location, _named(feature))


def _named(feature: Feature) -> str:
    return f"{feature.location}={feature.which or feature.kind}"


def _unknown(text: str, words: str, promised: Iterable[Feature]) -> ConfigurationError:
    names = (name for feature in promised for name in (feature.location, _named(feature)))
    legal = dict.fromkeys([*KINDS, "all", "success", "answers=100", *names])
    similar = get_close_matches(words, legal, n=3)
    hint = f"near are {', '.join(similar)}" if similar else f"say {', '.join([*KINDS, 'all'])}, or a place"
    return ConfigurationError(f"--require {text!r} is nothing that the document promises; {hint}")


def unmet_requirements(
    requirements: Iterable[Requirement],
    seen: Mapping[Feature, object],
    answers: int,
    last: Mapping[Feature, datetime.datetime],
    now: datetime.datetime,
) -> tuple[Unmet, ...]:
    """Return the requirements that a run did not meet.

    `seen` holds a false value for features that the run did not show, `answers` is its number of responses, `last` says
    when earlier runs in the ledger saw a feature last, and `now` is the start of the run.
    """
    unmet = []
    for requirement in requirements:
        since = None if requirement.days is None else now - datetime.timedelta(requirement.days)
        missing = tuple(
            feature
            for feature in requirement.features
            if not seen.get(feature) and (since is None or feature not in last or last[feature] < since)
        )
        if missing:
            unmet.append(Unmet(requirement.text, missing))
        elif answers < requirement.answers:
            unmet.append(Unmet(requirement.text, words=f"{answers} of {requirement.answers} answers"))
    return tuple(unmet)
