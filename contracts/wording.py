"""The words for people: a violation in one line, a run in one sentence, a command that asks again."""

from __future__ import annotations

import datetime
import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from contracts.dialect import json_type
from contracts.grouping import in_another_case
from contracts.methods import keyless
from contracts.requirements import Unmet
from contracts.session import ACCOUNT_HEADER, KEY_HEADER
from contracts.tally import Witness
from contracts.verdict import Finding, Often, Outcome, Recurrence, Verdict
from contracts.violation import Violation
from contracts.waivers import Waiver

WIDTH: Final = 60
"""Characters of a value that a line shows."""


def violation_line(violation: Violation) -> str:
    """Rule, place, branch, what was expected and what came: `schema.type at /a (A): expected object, got array []`."""
    branch = f" ({violation.branch})" if violation.branch else ""
    expected, got = _expected(violation), _got(violation)
    near = f"; did it mean {json.dumps(violation.nearest)}?" if violation.nearest else ""
    return visible(f"{violation.rule} at {_place(violation)}{branch}: expected {expected}, got {got}{near}")


NAMED: Final = 8
"""Of so many violations that are told together a line names the places and values."""


def group_line(group: Sequence[Finding]) -> str:
    """Violations that are told together, as `violation_line` tells one."""
    violations = [each.violation for each in group]
    first = violations[0]
    if len(group) == 1:
        return violation_line(first)
    places = _and(_pointer(each) for each in violations)
    branches = _and(each.branch for each in violations if each.branch)
    where = places + _of_status(first) + (f" ({branches})" if branches else "")
    if in_another_case(first):
        expected = f"{_and(json.dumps(each.nearest) for each in violations)}, written just so"
    elif first.rule == "schema.required":
        expected = "the properties"
    elif first.rule == "method.not-refused":
        expected = f"405 to {_and(each.cause for each in violations)}"
    else:
        expected = _and(_expected(each) for each in violations)
    return visible(f"{first.rule} at {where}: expected {expected}, got {_and(_got(each) for each in violations)}")


def _and(words: Iterable[str]) -> str:
    """Each once, in their order, and how many more there are."""
    named = [*dict.fromkeys(words)]
    rest = [f"{len(named) - NAMED} more"] if len(named) > NAMED + 1 else named[NAMED:]
    listed = [*named[:NAMED], *rest]
    return " and ".join(filter(None, [", ".join(listed[:-1]), listed[-1] if listed else ""]))


def visible(text: str) -> str:
    """On one line and harmless to a terminal, whatever a server put into its answer."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)


def _place(violation: Violation) -> str:
    return _pointer(violation) + _of_status(violation)


def _pointer(violation: Violation) -> str:
    kind, slash, pointer = violation.place.partition("/")
    return slash + pointer if kind == "body" and pointer else violation.place.replace("body@", "byte ")


def _of_status(violation: Violation) -> str:
    return f" of {violation.status}" if violation.status and violation.place != "status" else ""


def _expected(violation: Violation) -> str:
    told = _SHAPES.get(violation.rule)
    if told is not None and violation.expected:
        return told(violation.expected)
    if violation.rule == "method.not-refused":
        return f"405 to {violation.cause}"
    if (violation.rule, violation.cause) in _IN_PARTICULAR:
        return _IN_PARTICULAR[violation.rule, violation.cause]
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
    "content-encoding.unasked": lambda text: f"no content coding but {_words(text)}",
    "content-type.malformed": lambda text: f"a media type such as {_words(text)}",
    "content-type.missing": _words,
    "content-type.undocumented": _words,
    "overlay.alias": _words,
    "overlay.equals": lambda text: f"{_short(text)} as asked for",
    "overlay.final": lambda text: f"{_short(text)}, which is final",
    "overlay.unknown-resource": lambda text: f"{_words(text)} for a resource that does not exist",
    "overlay.immutable": lambda text: f"{_short(text)} as before",
    "method.allow-missing": _words,
    "method.allow-wrong": _words,
    "schema.anyOf": _words,
    "schema.enum": _values,
    "schema.oneOf": _words,
    "schema.type": _words,
    "status.known-resource": lambda text: f"{_words(text)} for a resource that exists",
    "status.server-error": _words,
    "status.undocumented": _words,
    "union.tag-missing": _values,
    "union.tag-type": _values,
    "union.tag-unknown": _values,
}
"""Rule to how the expected value is said."""

_OTHERWISE: Final = {
    "body.unexpected": "nothing",
    "flaky.status": "an answer at once",
    "flaky.transport": "an answer at once",
    "schema.additionalProperties": "nothing",
    "schema.dependentRequired": "the property",
    "schema.false": "nothing",
    "schema.required": "the property",
    "schema.unevaluatedProperties": "nothing",
    "framing.body": "no body, for HTTP allows none with this status",
    "framing.chunked": "chunks of the size that they tell",
    "framing.head": "a status line and header lines",
    "framing.length": "one length",
    "framing.surplus": "nothing behind the end of the answer",
    "framing.transfer-coding": "no coding but chunked",
    "header.missing": "the header",
    "json.byte-order-mark": "no byte order mark",
    "json.depth": "less nesting",
    "json.duplicate-name": "each name once",
    "json.encoding": "UTF-8",
    "json.malformed": "JSON text",
    "json.not-finite": "a JSON number",
    "json.surrogate": "both halves of a surrogate pair",
    "transport.coding": "a body that decompresses",
    "transport.cut": "a whole answer",
    "transport.refused": "a connection",
    "transport.reset": "an answer before the connection ends",
    "transport.tls": "a certificate to be trusted",
    "transport.unresolved": "a host that name servers know",
    "transport.oversized": "a smaller answer",
    "transport.timeout": "an answer in time",
}


_IN_PARTICULAR: Final = {
    ("framing.chunked", "size"): "the size of a chunk in hexadecimal digits",
    ("framing.chunked", "end"): "the chunk to end where its size says",
    ("framing.chunked", "trailer"): "header lines or an empty one behind the last chunk",
    ("framing.head", "blank-before-colon"): "no blank before the colon",
    ("framing.head", "control"): "no control character in a header",
    ("framing.head", "folded"): "each header on one line",
    ("framing.head", "line-end"): "lines that end with CR and LF",
    ("framing.head", "name"): "a header's name without blanks and brackets",
    ("framing.head", "no-colon"): "a colon behind the header's name",
    ("framing.head", "status-line"): "a status line such as HTTP/1.1 200 OK",
    ("framing.length", "both"): "Content-Length or Transfer-Encoding, not both",
    ("framing.length", "malformed"): "a length in digits",
    ("framing.length", "repeated"): "Content-Length once",
    ("framing.transfer-coding", "bodiless"): "none, for the status has no body",
    ("framing.transfer-coding", "old"): "none, for HTTP/1.0 has none",
}
"""Rule and cause to what is expected, where the cause says more than the rule."""

_DIFFERING: Final = {
    "encoding": "percent-encoding",
    "normalisation": "Unicode normalisation",
    "zeros": "leading zeros",
    "suffix": "what is behind them",
    "prefix": "what is before them",
}
"""Kinds of likeness to what two ids differ by, where another word says it better."""


def _got(violation: Violation) -> str:
    if not violation.actual:
        return "nothing"
    value = json.loads(violation.actual)
    if violation.rule.startswith("framing.") and violation.cause not in ("both", "line-end"):
        return _short(violation.actual)  # Bytes of the answer, quoted: a blank may be what is wrong with them.
    if violation.rule.startswith(("transport.", "json.", "body.", "framing.", "flaky.transport")):
        return _short(str(value))
    if violation.rule == "overlay.alias":
        differing = _DIFFERING.get(violation.cause, violation.cause)
        return f"the answer of {_short(violation.actual)} (the ids differ by {differing})"
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


def curl(witness: Witness, *, keyed: bool, account: bool = False) -> str:
    """The command that asks again; key and account are left to the shell's environment."""
    words = ["curl", "-sS", "-i"]
    words += ["-X", witness.method] if witness.method != "GET" else []
    # curl folds dot segments away unless told not to.
    words += ["--path-as-is"] if "/." in witness.url else []
    words += [word for name, value in witness.asked for word in ("-H", shlex.quote(f"{name}: {value}"))]
    words += ["-H", f'"{KEY_HEADER}: $SGP_API_KEY"'] if keyed and not keyless(witness.method) else []
    words += ["-H", f'"{ACCOUNT_HEADER}: $SGP_ACCOUNT_ID"'] if account else []
    return " ".join([*words, shlex.quote(witness.url)])


def retries(verdict: Verdict) -> str:
    """How often a request was sent again, and why."""
    told = [f"{_RETRIED.get(name, name)}: {count}" for name, count in verdict.retries.items()]
    return f"{_count(sum(verdict.retries.values()), 'time')} ({', '.join(told)})"


_RETRIED: Final = {"429": "put off by 429", "closed": "a kept connection was closed"}


def headline(verdict: Verdict) -> str:
    """What a run comes to, in one sentence behind the outcome."""
    incident, answers = verdict.run.incident, _count(verdict.requests, "answer")
    but = f", but for {_count(len(verdict.waived), 'waived violation')}" if verdict.waived else ""
    match verdict.outcome:
        case Outcome.CONFORMS:
            return f"{answers} kept what the document promises{but}"
        case Outcome.VIOLATES:
            differ = ", and the validators differ" if verdict.differences else ""
            told = f"{_count(len(verdict.findings), 'distinct violation')} in {answers}{differ}"
            if not verdict.findings and not differ:
                what = "1 waiver covers" if len(verdict.stale) == 1 else f"{len(verdict.stale)} waivers cover"
                told = f"{what} nothing any more; {answers} kept what the document promises{but}"
            return f"{told}; {incident}" if incident else told
        case Outcome.INCONCLUSIVE:
            if verdict.denied:
                return f"{verdict.denied} ({incident})" if incident else str(verdict.denied)
            if incident:
                return f"{incident}; {answers} so far broke no promise{but}"
            if not verdict.requests:
                return "nothing was asked"
            if any(each.requirement == "success" for each in verdict.unmet):
                return f"{answers} broke no promise{but}; too few were a success to tell"
            return f"{answers} broke no promise{but}; not all was seen that is required"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def spread(*group: Finding) -> str:
    """How often a violation, or those that are told together, were seen, and on how many resources."""
    counts = sorted({each.count for each in group})
    resources = {resource for each in group for resource in each.resources}
    times = f"{counts[0]}x" if len(counts) == 1 else f"{counts[0]}x to {counts[-1]}x"
    several = f"{len(group)} violations, " if len(group) > 1 else ""
    again = dict.fromkeys(_again(each.recurrence) for each in group if each.recurrence)
    if "always" in again:  # Of some of them, which says it for all.
        again.pop(_ALONE, None)
    return ", ".join([f"{several}{times} on {_count(len(resources), 'resource')}", *again])


def borne(waiver: Waiver) -> str:
    """Until when a violation is borne, by whom and why."""
    return _one_line(f"until {waiver.expires} by {waiver.owner}: {waiver.reason}")


def expired(each: Finding) -> str:
    """That a violation which stands was borne until a date; empty if it was not."""
    if each.waiver is None:
        return ""
    return f"waiver {each.waiver.number} of {_one_line(each.waiver.owner)} expired on {each.waiver.expires}"


def stale(waiver: Waiver, started: datetime.date) -> str:
    """That a waiver covers nothing of what was found."""
    over = "" if waiver.holds(started) else f" and expired on {waiver.expires}"
    return _one_line(f"waiver {waiver.number} of {waiver.owner} covers nothing any more{over}; take it out: {waiver}")


def _one_line(text: str) -> str:
    return visible(" ".join(text.split()))


def missing(each: Unmet, *, several: bool) -> Iterator[str]:
    """What a requirement still wants, each in words; with its operation where a document has `several`."""
    if each.words:
        yield each.words
    for feature in each.missing:
        of = f" ({feature.operation})" if several else ""
        yield f"{feature.place} {feature.which or feature.kind}{of}"


_ALONE: Final = "always, not on a sibling"


def _again(recurrence: Recurrence) -> str:
    """How a violation fared when it was asked for again."""
    match recurrence.often:
        case Often.ALWAYS:
            return "always" if recurrence.sibling is not False else _ALONE
        case Often.SOMETIMES:
            return f"sometimes: {recurrence.times} of {recurrence.of} times again"
        case Often.GONE:
            return "gone when asked for again"
