"""Count how many answers that were really seen show a change: captured ones, or what runs have counted.

Hides how captured answers are judged by both documents, and under which features runs count what a change is about.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from contracts.captures import Capture, OperationFinder, Unread
from contracts.changes.change import Change, Direction, Seen
from contracts.changes.operations import matched
from contracts.coverage import Feature
from contracts.judge import PlacePattern, consequences, parse_response
from contracts.openapi import Document, to_pointer

_BRANCH: Final = re.compile(r"\[[^\]]*\]")
"""What stands in the location of a feature behind a union."""

_Refusals = frozenset[tuple[str, str]]
"""Place and pointer of the violations by one document alone."""


@dataclass(frozen=True, slots=True)
class SeenTotals:
    """How many captured answers were judged, how many of them NEW alone refuses, and how many OLD alone does.

    `unread` is the number of captures that are no answer of an operation that both documents have.
    """

    judged: int
    by_new: int
    by_old: int
    unread: int


class SeenAnswers:
    """The captured answers, judged by both documents."""

    def __init__(self, old: Document, new: Document, server: str = "") -> None:
        """Prepare for answers of the server, or of any server if that is empty."""
        self._finder = OperationFinder(old, server)
        self._partner = {ours: theirs for ours, theirs in matched(old, new) if ours and theirs}
        self._answers: Counter[tuple[str, int, _Refusals, _Refusals]] = Counter()
        self._unread = 0

    def take(self, captures: Iterable[Capture | Unread]) -> None:
        """Judge every answer of an operation that both documents have."""
        for each in captures:
            found = self._finder.find(each.method, each.url) if isinstance(each, Capture) and each.url else None
            if not isinstance(each, Capture) or found is None or found[0] not in self._partner:
                self._unread += 1
                continue
            old, new = found[0], self._partner[found[0]]
            ours, theirs = (set(parse_response(side, each.response).violations) for side in (old, new))
            places = [
                frozenset((one.place, one.pointer) for one in broken - consequences(broken))
                for broken in (ours, theirs)
            ]
            self._answers[old.path, each.response.status, places[0] - places[1], places[1] - places[0]] += 1

    @property
    def totals(self) -> SeenTotals:
        """How many answers there were, and how many one of the documents refuses."""
        by_new = sum(count for (_, _, ours, theirs), count in self._answers.items() if theirs and not ours)
        by_old = sum(count for (_, _, ours, theirs), count in self._answers.items() if ours and not theirs)
        return SeenTotals(self._answers.total(), by_new, by_old, self._unread)

    def counted(self, changes: Iterable[Change]) -> Iterator[Change]:
        """Yield the changes, those of answers with how many answers show them."""
        for change in changes:
            yield replace(change, seen=self._seen(change)) if change.direction == Direction.ANSWERS else change

    def _seen(self, change: Change) -> Seen | None:
        places = PlacePattern(change.place)
        count = total = 0
        for (path, status, *refusals), times in self._answers.items():
            if path == change.operation and _is_of(change.status, status):
                total += times
                refused = refusals[0] | refusals[1]
                count += times * any(_shows(change, places, place, pointer) for place, pointer in refused)
        return Seen(count, total) if total else None


def _is_of(key: str, status: int) -> bool:
    return not key or key in (str(status), f"{status // 100}XX", "default")


def _shows(change: Change, places: PlacePattern, place: str, pointer: str) -> bool:
    """Return whether a violation is at the place of a change and of what one of the documents says there."""
    steps = place.split("/")
    inside = any(places.covers("/".join(steps[: length + 1])) for length in range(len(steps)))
    own = [spot.pointer for spot in (change.old, change.new) if spot]
    return inside and (not own or any(pointer.startswith(each) or each.startswith(pointer) for each in own))


def counted_by_features(changes: Iterable[Change], counts: Mapping[Feature, int]) -> Iterator[Change]:
    """Yield the changes, with how often runs saw what NEW no longer admits."""
    # A feature's location names the branches of unions on the way, and a change's place does not.
    plain: Counter[Feature] = Counter()
    for feature, count in counts.items():
        plain[replace(feature, location=_BRANCH.sub("", feature.location))] += count
    for change in changes:
        total = plain.get(Feature(change.operation, "status", "status", change.status), 0)
        count = sum(plain[each] for each in plain if _is_about(each, change)) if total else 0
        yield replace(change, seen=Seen(count, total)) if count else change


def counted_in_run(changes: Iterable[Change], counts: Mapping[Feature, int]) -> Iterator[Change]:
    """Yield the changes, with how many answers showed what NEW admits and OLD does not, as far as features say it.

    `counts` are all features that NEW promises, with how many answers of a run showed each.
    """
    by_operation: defaultdict[str, list[tuple[Feature, int]]] = defaultdict(list)
    for feature, count in counts.items():
        by_operation[feature.operation].append((feature, count))
    for change in changes:
        total = counts.get(Feature(change.operation, "status", "status", change.status), 0)
        shown = [count for feature, count in by_operation[change.operation] if _is_new(feature, change)]
        # Where several features could be meant, their answers may be the same ones.
        yield replace(change, seen=Seen(shown[0], total)) if total and len(shown) == 1 else change


def _is_new(feature: Feature, change: Change) -> bool:
    """Return whether answers with the feature of the same operation are what NEW admits and OLD does not."""
    location = _BRANCH.sub("", feature.location)
    place = change.status + change.place.removeprefix("body")
    if change.kind in ("branch-added", "tag-added", "tag-value"):
        holder = location.rpartition("/")[0]
        return (holder, feature.kind, feature.which) == (place, "branch", _plain(change.after))
    if change.branch and f"[{change.branch}]" not in feature.location:
        return False
    if change.kind in ("status-added", "error-added"):
        return (location, feature.kind, feature.which) == ("status", "status", change.status)
    if change.kind == "optional":
        return (location, feature.kind) == (f"{place}{to_pointer(change.variant)}", "absent")
    if change.kind == "value-added":
        return (location, feature.kind, feature.which) == (place, "value", _plain(change.after))
    return False


def _is_about(feature: Feature, change: Change) -> bool:
    """Return whether answers with the feature are what a change rules out."""
    if feature.operation != change.operation:
        return False
    location = change.status + change.place.removeprefix("body")
    if change.kind == "status-removed":
        return feature == Feature(change.operation, "status", "status", change.status)
    if change.kind == "required":
        return (feature.location, feature.kind) == (f"{location}/{change.variant}", "absent")
    if change.kind == "value-removed":
        return (feature.location, feature.kind, feature.which) == (location, "value", _plain(change.before))
    if change.kind in ("branch-removed", "tag-removed", "tag-value"):
        holder = feature.location.rpartition("/")[0]
        return (holder, feature.kind, feature.which) == (location, "branch", _plain(change.before))
    return False


def _plain(text: str) -> str:
    value = json.loads(text)
    return value if isinstance(value, str) else text
