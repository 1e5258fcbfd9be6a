"""The words for people: a violation in one line, a verdict in three seconds."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from contracts.comparison import Comparison
from contracts.dialect import json_type
from contracts.features import Feature
from contracts.tally import Sighting, Witness
from contracts.verdict import Finding, Outcome, Verdict
from contracts.violation import Violation

WIDTH: Final = 60
"""Characters of a value that a line shows."""


def violation_line(violation: Violation) -> str:
    """Rule, place, branch, what was expected and what came: `schema.type at /a (A): expected object, got array []`."""
    branch = f" ({violation.branch})" if violation.branch else ""
    expected, got = _expected(violation), _got(violation)
    near = f"; did it mean {json.dumps(violation.nearest)}?" if violation.nearest else ""
    return _visible(f"{violation.rule} at {_place(violation)}{branch}: expected {expected}, got {got}{near}")


def _visible(text: str) -> str:
    """On one line and harmless to a terminal, whatever a server put into its answer."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)


def _place(violation: Violation) -> str:
    kind, slash, pointer = violation.place.partition("/")
    where = slash + pointer if kind == "body" and pointer else violation.place.replace("body@", "byte ")
    return f"{where} of {violation.status}" if violation.status and violation.place != "status" else where


def _expected(violation: Violation) -> str:
    told = _SHAPES.get(violation.rule)
    if told is not None and violation.expected:
        return told(violation.expected)
    if violation.rule in _OTHERWISE:
        return _OTHERWISE[violation.rule]
    if violation.rule.startswith("schema."):
        return f"{violation.rule.removeprefix('schema.')} {_short(violation.expected)}"
    return _short(violation.expected) if violation.expected else "an HTTP answer"


def _values(text: str) -> str:
    return _listed(json.loads(text))


def _words(text: str) -> str:
    return _listed(json.loads(text), quoted=False)


_SHAPES: Final[dict[str, Callable[[str], str]]] = {
    "body.missing": _words,
    "content-type.malformed": _words,
    "content-type.missing": _words,
    "content-type.undocumented": _words,
    "overlay.equals": lambda text: f"{_short(text)} as asked for",
    "overlay.final": lambda text: f"{_short(text)}, which is final",
    "overlay.unknown-resource": _words,
    "overlay.immutable": lambda text: f"{_short(text)} as before",
    "schema.anyOf": _words,
    "schema.enum": _values,
    "schema.oneOf": _words,
    "schema.type": _words,
    "status.known-resource": _words,
    "status.server-error": _words,
    "status.undocumented": _words,
    "union.tag-missing": _values,
    "union.tag-type": _values,
    "union.tag-unknown": _values,
}
"""Rule to how the expected value is said."""

_OTHERWISE: Final = {
    "body.unexpected": "nothing",
    "schema.additionalProperties": "nothing",
    "schema.dependentRequired": "the property",
    "schema.false": "nothing",
    "schema.required": "the property",
    "schema.unevaluatedProperties": "nothing",
    "header.missing": "the header",
    "json.byte-order-mark": "none",
    "json.depth": "less nesting",
    "json.duplicate-name": "each name once",
    "json.encoding": "UTF-8",
    "json.malformed": "JSON text",
    "json.not-finite": "a JSON number",
    "json.surrogate": "whole characters",
    "transport.coding": "a body that decompresses",
    "transport.oversized": "a smaller body",
    "transport.timeout": "an answer in time",
}


def _got(violation: Violation) -> str:
    if not violation.actual:
        return "nothing"
    value = json.loads(violation.actual)
    if violation.rule.startswith(("transport.", "json.", "body.")):
        return _short(str(value))
    if violation.rule in ("schema.type", "schema.anyOf", "schema.oneOf"):
        kind = json_type(value)
        return kind if value is None else f"{kind} {_short(violation.actual)}"
    if violation.rule == "schema.required":
        return "nothing"
    return _short(violation.actual)


def _listed(value: Any, *, quoted: bool = True) -> str:
    items = value if isinstance(value, list) else [value]
    words = [json.dumps(item, ensure_ascii=False) if quoted or not isinstance(item, str) else item for item in items]
    return "".join(words) if len(words) < 2 else f"{', '.join(words[:-1])} or {words[-1]}"


def _short(text: str) -> str:
    # What an answer holds must neither steer the terminal nor turn the line around.
    shown = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text[:WIDTH])
    return shown if len(text) <= WIDTH else f"{shown}… ({len(text)} characters)"


def curl(witness: Witness, *, keyed: bool) -> str:
    """The command that asks again; the key is left to the shell's environment."""
    words = ["curl", "-sS", "-i"]
    # curl folds dot segments away unless told not to.
    words += ["--path-as-is"] if "/." in witness.url else []
    words += [word for name, value in witness.asked for word in ("-H", shlex.quote(f"{name}: {value}"))]
    words += ["-H", '"x-api-key: $SGP_API_KEY"'] if keyed else []
    return " ".join([*words, shlex.quote(witness.url)])


def verdict_lines(verdict: Verdict, comparison: Comparison | None = None) -> Iterator[str]:
    """The lines of a verdict: the outcome, what was asked, what was seen, and every distinct violation."""
    run = verdict.run
    yield f"{verdict.outcome}  {headline(verdict)}"
    yield f"target      {run.target}"
    layers = f" + {', '.join(run.document.overlays)}" if run.document.overlays else ", no overlay"
    yield f"document    {run.document.title} {run.document.version} ({run.document.path.name}{layers})"
    yield f"            sha256 {run.document.sha256}"
    statuses = ", ".join(f"{name}: {count}" for name, count in verdict.answers.items()) or "none"
    yield f"requests    {verdict.requests} in {run.seconds:.1f} s ({statuses})"
    yield from _coverage(verdict)
    if verdict.faults:
        idle = f", {verdict.faults['idle']} more find nothing to break" if verdict.faults["idle"] else ""
        yield f"self-test   would have noticed {verdict.faults['caught']} of {verdict.faults['all']} faults{idle}"
    yield from _hint(verdict)
    if verdict.vanished:
        names = ", ".join("/".join(resource) for _, resource in verdict.vanished[:3])
        more = f" and {len(verdict.vanished) - 3} more" if len(verdict.vanished) > 3 else ""
        yield _visible(f"vanished    listed, and refused when asked for: {names}{more}")
    for note in (*run.notes, *run.document.notes):
        yield f"note        {note}"
    for words, difference in verdict.differences.items():
        yield _visible(f"harness     the validators differ ({difference.count}x): {words}")
        yield f"            {curl(difference.witness, keyed=run.keyed)}"
    if comparison:
        yield f"compared    {_changes(comparison)}"
    yield from _required(verdict)
    for each in verdict.waived:
        waiver = each.waiver
        assert waiver is not None
        borne = f"until {waiver.expires} by {waiver.owner}: {waiver.reason}"
        yield _visible(f"waived      {violation_line(each.violation)} [{spread(each)}; {borne}]")
    for waiver in verdict.stale:
        yield _visible(f"stale       waiver {waiver.number} covers nothing any more: {waiver}")
    yield f"violations  {len(verdict.findings) or 'none'}"
    for number, each in enumerate(verdict.findings, 1):
        yield f"{number:>3}. {violation_line(each.violation)} [{spread(each)}]"
        yield f"     {curl(each.witness, keyed=run.keyed)}"
        if known := _known(each):
            yield f"     {_visible(known)}"


def _known(each: Finding) -> str:
    """What else is known of a violation that stands, on one line."""
    expired = f"waiver {each.waiver.number} expired on {each.waiver.expires}" if each.waiver else ""
    return " · ".join(filter(None, (each.sdk, expired)))


def _required(verdict: Verdict) -> Iterator[str]:
    label = "required"
    for each in verdict.unmet:
        names = [f"{feature.place} {feature.which or feature.kind}" for feature in each.missing]
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        missing = each.words or f"not seen {', '.join(names[:4])}{more}"
        yield f"{label:<12}{each.requirement}: {missing}"
        label = ""


def _changes(comparison: Comparison) -> str:
    counts = {"new": comparison.new, "fixed": comparison.fixed, "still there": comparison.still}
    told = [f"{len(found)} {name}" for name, found in counts.items()]
    return ", ".join([*told, *([f"{len(comparison.unseen)} no longer seen"] if comparison.unseen else [])])


def _hint(verdict: Verdict) -> Iterator[str]:
    """What a single cause would explain, where every answer was the same refusal."""
    if verdict.denied and verdict.outcome is Outcome.VIOLATES:
        yield f"hint        {verdict.denied}"
    if [*verdict.answers] == ["404"]:
        yield "hint        every answer was 404: is the path in --base-url right, and do the ids exist?"


def headline(verdict: Verdict) -> str:
    """What a run comes to, in one sentence behind the outcome."""
    incident, answers = verdict.run.incident, _count(verdict.requests, "answer")
    match verdict.outcome:
        case Outcome.CONFORMS:
            borne = f", but for {_count(len(verdict.waived), 'waived violation')}" if verdict.waived else ""
            return f"{answers} kept what the document promises{borne}"
        case Outcome.VIOLATES:
            differ = ", and the validators differ" if verdict.differences else ""
            told = f"{_count(len(verdict.findings), 'distinct violation')} in {answers}{differ}"
            if not verdict.findings and not differ:
                told = (
                    f"{_count(len(verdict.stale), 'waiver')} cover nothing any more; {answers} kept what was promised"
                )
            return f"{told}; {incident}" if incident else told
        case Outcome.INCONCLUSIVE:
            if verdict.denied:
                return f"{incident}; {verdict.denied}" if incident else str(verdict.denied)
            if incident:
                return f"{incident}; {answers} so far broke no promise"
            if any(each.requirement == "success" for each in verdict.unmet):
                return f"{answers} broke no promise, but too few were a success to tell"
            return f"{answers} broke no promise, but not all was seen that is required"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def spread(each: Finding) -> str:
    """How often a violation was seen, and on how many resources."""
    return f"{each.count}x on {_count(len(each.resources), 'resource')}"


def _coverage(verdict: Verdict) -> Iterator[str]:
    label, operations = "seen", verdict.run.document.operations
    for operation in operations:
        features = [feature for feature in verdict.coverage if feature.operation == operation.path]
        several = f"{operation}: " if len(operations) > 1 else ""
        for place, group in _grouped(features).items():
            counts = " · ".join(f"{each.which} {_times(verdict.coverage[each])}" for each in group)
            yield f"{label:<12}{several}{place}: {counts}"
            label = ""
        optional = [feature for feature in features if feature.kind in ("present", "absent")]
        if optional:
            both = Counter(feature.place for feature in optional if verdict.coverage[feature])
            full = sum(1 for count in both.values() if count == 2)
            places = len({feature.place for feature in optional})
            yield f"{label:<12}{several}optional properties seen present and absent: {full} of {places}"
            label = ""
        rest = [feature for feature in features if feature.kind in _LISTLESS]
        if rest:
            count = sum(1 for feature in rest if verdict.coverage[feature])
            yield f"{label:<12}{several}pairs, sizes, bounds and formats seen: {count} of {len(rest)}"
            label = ""
    missing = [
        f"{feature.place} {feature.kind} {feature.which}".rstrip()
        for feature in verdict.unseen
        if feature.kind not in _LISTED
    ]
    if missing:
        yield f"not seen    {', '.join(missing[:4])}{f' and {len(missing) - 4} more' if len(missing) > 4 else ''}"


_LISTED: Final = ("status", "branch", "value", "alternative")
"""Kinds of features that are told one by one, with their counts."""

_LISTLESS: Final = ("pair", "empty", "several", "bound", "format")
"""Kinds of which only the number seen is told."""


def _times(sighting: Sighting | None) -> str:
    return str(sighting.count) if sighting else "never"


def _grouped(features: Iterable[Feature]) -> Mapping[str, list[Feature]]:
    groups: dict[str, list[Feature]] = {}
    for feature in features:
        if feature.kind in _LISTED:
            groups.setdefault(feature.place, []).append(feature)
    return groups
