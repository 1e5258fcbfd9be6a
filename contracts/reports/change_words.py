"""Word the changes between two documents, for the terminal and for every report."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from contracts.changes import Change, Classification, Direction, DocumentDiff, SeenTotals, Spot, Witness
from contracts.openapi import text_of
from contracts.reports.messages import clipped, violation_line, visible
from contracts.rules import CHANGE_KINDS

WIDTH: Final = 80
"""The number of characters of a value that a line shows."""

READERS: Final = {Direction.ANSWERS: "those who read answers", Direction.REQUESTS: "those who send requests"}

_SAYS: Final = {
    "operation-added": "the operation is new",
    "operation-removed": "the operation is gone",
    "status-added": "this status is new",
    "error-added": "this status is new; a client that does not know it takes it for the first of its class",
    "status-removed": "this status is gone",
    "media-type-added": "this media type is new",
    "media-type-replaced": "this media type is in place of those that there were",
    "media-type-removed": "this media type is gone, and who accepts it alone gets nothing",
    "body-added": "a body comes where none was described",
    "body-removed": "no body is described any more",
    "header-added": "the field is described now",
    "header-removed": "the field is no longer described",
    "header-required": "the field is required now",
    "header-optional": "the field need not come any more",
    "parameter-added": "the parameter is new and optional",
    "parameter-removed": "the parameter is gone",
    "parameter-required": "the parameter must be sent, and was {before}",
    "parameter-optional": "the parameter is optional, and was {before}",
    "parameter-style": "the parameter is written as {after}, and was as {before}",
    "security-required": "requests need {after}, and needed {before}",
    "security-optional": "requests need {after}, and needed {before}",
    "servers": "requests go to {after}, and went to {before}",
    "promise-added": "it is promised now that the value {after}",
    "promise-removed": "it is no longer promised that the value {before}",
    "required": "the property {variant} is required now",
    "optional": "the property {variant} need not be there any more",
    "property-added": "the property is described now, as {after}",
    "property-removed": "the property is no longer described, which was {before}",
    "opened": "properties that are not described are allowed now",
    "closed": "properties that are not described are ruled out now",
    "value-added": "{after} is a new value",
    "value-removed": "{before} is no longer a value",
    "alternative-added": "{after} is a new alternative",
    "alternative-removed": "{before} is no longer an alternative",
    "branch-added": "the union has a new branch, {after}: who reads by OLD knows no class for it",
    "branch-removed": "the branch {before} is gone",
    "tag-added": "{after} names a branch now: who reads by OLD knows no class for it",
    "tag-removed": "{before} names no branch any more",
    "tag-value": "the branch that was {before} is {after}: who reads by OLD knows no class for it",
    "tag-name": "{after} tells the branches apart, in place of {before}: who reads by OLD finds no tag",
    "mapping-moved": "the tag names {after} and no longer {before}: who reads by OLD takes the wrong class",
    "renamed": "{before} is called {after}",
    "rewritten": "both documents promise the same, in other words",
}
"""Kind of change to what is different; of other kinds both texts are shown."""


def change_line(change: Change) -> str:
    """Return kind, place and difference: `value-added at /status of GET /jobs 200: "new" is a new value`."""
    words = _SAYS.get(change.kind, _DIFFERENT).format(
        before=_short(change.before), after=_short(change.after), variant=_short(change.variant)
    )
    return visible(f"{change.kind} at {place_of(change)}: {words}")


_DIFFERENT: Final = "{after} in place of {before}"


def place_of(change: Change) -> str:
    """Return where a change stands in answers or requests: place, branch, operation, status."""
    body, slash, pointer = change.place.partition("/")
    place = slash + pointer if body == "body" and pointer else change.place
    branch = f" ({change.branch})" if change.branch else ""
    operation = f" of GET {change.operation}" if change.operation else ""
    return f"{place}{branch}{operation}{f' {change.status}' if change.status else ''}".strip() or "the document"


def _short(text: str) -> str:
    return clipped(text, WIDTH) if text else "nothing"


def headline(changes: Sequence[Change], operations: int) -> str:
    """Return how many changes there are of each classification, in how many operations."""
    both = "1 operation" if operations == 1 else f"{operations} operations"
    return f"{counted(changes)}, in {both} that both documents have"


def counted(changes: Sequence[Change]) -> str:
    """Return how many changes there are of each classification."""
    counts = {each: sum(change.classification == each for change in changes) for each in Classification}
    return ", ".join(f"{count} {each}" for each, count in counts.items() if count) or "no change"


def breaking_lines(result: DocumentDiff) -> Iterator[str]:
    """Yield the changes that break clients and that no waiver accepts."""
    yield from (change_line(each) for each in result.standing if each.classification == Classification.BREAKING)


def since_line(result: DocumentDiff) -> str:
    """Return what changed since OLD, in numbers: `since v1:api.yaml: 2 breaking, 1 widening, 1 waived`."""
    waived = f", {len(result.accepted.waived)} waived" if result.accepted.waived else ""
    return visible(f"since {result.sources[0].name}: {counted(result.standing)}{waived}")


def seen_line(seen: SeenTotals) -> str:
    """Return what both documents say of the answers really seen."""
    rest = f"; {seen.unread} more are of no operation that both have" if seen.unread else ""
    return f"{seen.by_new} of {seen.judged} answers NEW alone refuses, {seen.by_old} OLD alone{rest}"


def proof_lines(change: Change) -> Iterator[str]:
    """Yield how a change is proved: what one document admits, and how the other refuses it."""
    if change.reason:
        yield f"not decided: {change.reason}"
    if change.witness:
        yield from map(visible, _witness(change.witness))
    if change.sdk:
        yield change.sdk
    if change.seen:
        yield f"seen: {change.seen.count} of {change.seen.of} answers show it"


def _witness(witness: Witness) -> Iterator[str]:
    admits, refuses = ("NEW", "OLD") if witness.by_new else ("OLD", "NEW")
    asked = f", asked for {witness.asked}" if witness.asked and witness.response else ""
    if witness.response is None and not witness.value:
        yield f"a request {witness.asked}: {admits} admits it, {refuses} does not"
        return
    shown = clipped(witness.value, 2 * WIDTH) if witness.response is None else answer_text(witness)
    refusals = "; ".join(clipped(violation_line(each), 2 * WIDTH) for each in witness.refusals[:2])
    yield f"{admits} admits {shown}{asked}"
    yield f"{refuses} refuses it: {refusals}"


def answer_text(witness: Witness) -> str:
    """Return the answer of a witness in short: its body, or what else shows the change."""
    response = witness.response
    assert response is not None
    body = clipped(response.body.decode(errors="replace"), 2 * WIDTH)
    told = {each.place.partition(" ")[0] for each in witness.refusals}
    fields = "".join(f", {name}: {value}" for name, value in response.headers) if "header" in told else ""
    before = f" after {clipped(witness.before.body.decode(), WIDTH)}" if witness.before else ""
    return f"{response.status}{fields}{f' {body}' if body else ' without a body'}{before}"


def grouped(changes: Iterable[Change]) -> list[tuple[Change, ...]]:
    """Return the changes in groups of those that one line of the documents makes in several answers."""
    found: dict[str, list[Change]] = {}
    for each in changes:
        spots = [spot.pointer if spot else "" for spot in (each.old, each.new)]
        name = text_of([each.kind, each.classification, each.direction, *spots, each.variant, each.branch])
        found.setdefault(name if any(spots) else f"{name}{each.fingerprint}", []).append(each)
    return [tuple(group) for group in found.values()]


def spots_line(change: Change, files: tuple[str, str]) -> str:
    """Return the lines of both documents at which the change stands."""
    named = [_spot(name, spot) for name, spot in zip(files, (change.old, change.new), strict=True) if spot]
    return visible(" → ".join(named))


def _spot(name: str, spot: Spot) -> str:
    return f"{name}:{spot.line} {spot.pointer}"


def expired_line(group: Sequence[Change], result: DocumentDiff) -> str:
    """Return which waiver of a group's changes expired, and when; empty if there was none."""
    for change, waiver in result.accepted.expired:
        if change in group:
            return visible(f"waiver {waiver.number} of {waiver.owner} expired on {waiver.expires}")
    return ""


def remarks(group: Sequence[Change], result: DocumentDiff) -> Iterator[str]:
    """Yield in short where a group's first change stands, and all that is known of it beside its witness."""
    first = group[0]
    named = zip((source.name for source in result.sources), (first.old, first.new), strict=True)
    if lines := " → ".join(f"{name}:{spot.line}" for name, spot in named if spot):
        yield visible(lines)
    if first.reason:
        yield f"not decided: {first.reason}"
    if first.sdk:
        yield first.sdk
    if first.seen:
        yield f"{first.seen.count} of {first.seen.of} answers of this run show it"
    if line := expired_line(group, result):
        yield line
    if line := also_line(group):
        yield line


def also_line(group: Sequence[Change]) -> str:
    """Return the further places of a group; empty for a single change."""
    rest = [place_of(change) for change in group[1:]]
    more = f" and {len(rest) - _NAMED} more" if len(rest) > _NAMED else ""
    return visible(f"and at {', '.join(rest[:_NAMED])}{more}") if rest else ""


_NAMED: Final = 3


def kind_meaning(change: Change) -> str:
    """Return what a kind of change means, in one line."""
    return CHANGE_KINDS[change.kind].meaning


def equivalent_line(changes: Sequence[Change]) -> str:
    """Return in one line what is said in other words."""
    renamed = [f"{json.loads(each.before)} → {json.loads(each.after)}" for each in changes if each.kind == "renamed"]
    annotations = sum(each.kind == "annotation" for each in changes)
    others = [change_line(each) for each in changes if each.kind not in ("renamed", "annotation")]
    parts = [f"renamed {', '.join(renamed)}"] if renamed else []
    parts += [f"{annotations} annotation{'s' * (annotations != 1)} beside the promises"] if annotations else []
    return visible("; ".join([*parts, *others]))
