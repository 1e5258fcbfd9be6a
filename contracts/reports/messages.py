"""Word violations for people, each or a group of them in one line. Words of whole runs are in `verdict_words`.

Hides how each rule says what it expected and what came. Every text is one printable line, whatever a server sent.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from contracts.http import Response, request_id
from contracts.judge import Violation
from contracts.openapi import json_type
from contracts.reports.grouping import differ_by_value, in_another_case, told_by
from contracts.verdict import Finding, Witness

MAX_LINE: Final = 300
"""The number of characters of the longest line in the terminal and in Markdown."""

WIDTH: Final = 60
"""The number of characters of a value that a line shows."""

DETAIL: Final = 100
"""The number of characters of a cause in words that a line shows."""


def violation_line(violation: Violation) -> str:
    """Return rule, place, branch, expected and actual value: `schema.type at /a (A): expected object, got array []`."""
    branch = f" ({violation.branch})" if violation.branch else ""
    expected, got = _expected(violation), _got(violation)
    near = f"; did it mean {json.dumps(violation.suggestion)}?" if violation.suggestion else ""
    where = _pointer(violation) + _of_status(violation) + branch
    others = " and others, which are not listed one by one" if violation.is_of_others else ""
    return visible(f"{violation.rule} at {where}: expected {expected}, got {got}{others}{near}")


NAMED: Final = 8
"""The number of grouped violations whose places and values a line names."""


def group_line(group: Sequence[Finding]) -> str:
    """Return one line for violations of one group (see `grouped`), in the form of `violation_line`."""
    violations = [finding.violation for finding in told_by(group)]
    first = violations[0]
    if len(violations) == 1:
        return violation_line(first)
    if differ_by_value(group):
        return _line_of_many(group)
    places = _and(map(_pointer, violations))
    branches = _and(violation.branch for violation in violations if violation.branch)
    where = places + _of_status(first) + (f" ({branches})" if branches else "")
    if in_another_case(first):
        suggestions = (json.dumps(violation.suggestion) for violation in violations)
        expected = f"{_and(suggestions)}, in exactly this spelling"
    elif first.rule == "schema.required":
        expected = "the properties"
    elif first.rule == "method.not-refused":
        expected = f"405 to {_and(violation.variant for violation in violations)}"
    else:
        expected = _and(map(_expected, violations))
    return visible(f"{first.rule} at {where}: expected {expected}, got {_and(map(_got, violations))}")


def _line_of_many(group: Sequence[Finding]) -> str:
    """Return the line of violations that differ by a value or a name, by the one that the smallest witness shows."""
    shown = min(group, key=lambda finding: finding.witness).violation
    is_more = any(finding.violation.is_of_others for finding in group)
    number = f"more than {len(group) - 1}" if is_more else str(len(group))
    where, got = _pointer(shown), f"{number} other values, such as {_got(shown)}"
    if len({finding.violation.shared_place for finding in group}) > 1:
        where, got = f"{number} places, such as {where}", _got(shown)
    branch = f" ({shown.branch})" if len({finding.violation.branch for finding in group}) == 1 and shown.branch else ""
    return visible(f"{shown.rule} at {where}{_of_status(shown)}{branch}: expected {_expected(shown)}, got {got}")


def clipped(text: str, width: int = MAX_LINE) -> str:
    """Return the text, cut short to the width where it is longer, with its length."""
    end = f"… ({len(text)} characters)"
    return text if len(text) <= width else text[: width - len(end)] + end


def few(names: Sequence[str]) -> str:
    """Return the first four of the names, each cut short, and how many more there are."""
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(short(name, 30) for name in names[:4]) + more


def _and(words: Iterable[str]) -> str:
    """Return the distinct texts as a list in words, with the number of those beyond NAMED."""
    named = [*dict.fromkeys(words)]
    rest = [f"{len(named) - NAMED} more"] if len(named) > NAMED + 1 else named[NAMED:]
    listed = [*named[:NAMED], *rest]
    return " and ".join(filter(None, [", ".join(listed[:-1]), listed[-1] if listed else ""]))


def visible(text: str) -> str:
    """Return the text on one line, with escapes for all that could steer a terminal or turn the text around."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)


def _pointer(violation: Violation) -> str:
    kind, slash, pointer = violation.place.partition("/")
    return slash + pointer if kind == "body" and pointer else violation.place.replace("body@", "byte ")


def _of_status(violation: Violation) -> str:
    return f" of {violation.status}" if violation.status and violation.place != "status" else ""


def _expected(violation: Violation) -> str:
    text, template = violation.expected, _BY_VALUE.get(violation.rule, "")
    if violation.rule == "content-type.malformed" and violation.variant:
        return "Content-Type once"
    if text and "{short}" in template:
        return template.format(short=short(text))
    if text and template:
        value = json.loads(text)
        return template.format(words=_listed(value, quoted=False), values=_listed(value))
    if violation.rule == "method.not-refused":
        return f"405 to {violation.variant}"
    for name in (f"{violation.rule} {violation.variant}", violation.rule):
        if name in _BY_RULE:
            return _BY_RULE[name]
    if violation.rule.startswith("schema."):
        return f"{violation.rule.removeprefix('schema.')} {short(text)}"
    return short(text) if text else "an HTTP answer"


_BY_VALUE: Final = {
    **dict.fromkeys(("body.missing", "content-type.missing", "content-type.undocumented", "overlay.alias"), "{words}"),
    **dict.fromkeys(("method.allow-missing", "method.allow-wrong", "schema.anyOf", "schema.oneOf"), "{words}"),
    **dict.fromkeys(("schema.type", "status.server-error", "status.undocumented", "union.wrong-branch"), "{words}"),
    **dict.fromkeys(("schema.enum", "union.tag-missing", "union.tag-type", "union.tag-unknown"), "{values}"),
    "content-encoding.unasked": "no content coding but {words}",
    "content-type.malformed": "a media type such as {words}",
    "overlay.equals": "{short} as asked for",
    "overlay.final": "{short}, which is final",
    "overlay.immutable": "{short} as before",
    "overlay.swapped": "the answer of {short}",
    "overlay.unknown-resource": "{words} for a resource that does not exist",
    "status.known-resource": "{words} for a resource that exists",
}
"""Rule to the words after "expected": with the value's JSON text cut short, its items quoted, or its items as words."""

_BY_RULE: Final = {
    **dict.fromkeys(("body.unexpected", "schema.false"), "nothing"),
    **dict.fromkeys(("schema.additionalProperties", "schema.unevaluatedProperties"), "nothing"),
    **dict.fromkeys(("schema.dependentRequired", "schema.required"), "the property"),
    **dict.fromkeys(("flaky.status", "flaky.transport"), "an answer at once"),
    "framing.body": "no body, for HTTP allows none with this status",
    "framing.chunked": "chunks of the size that they state",
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
    "framing.chunked size": "the size of a chunk in hexadecimal digits",
    "framing.chunked end": "the chunk to end where its size says",
    "framing.chunked trailer": "header lines or an empty one behind the last chunk",
    "framing.head blank-before-colon": "no blank before the colon",
    "framing.head control": "no control character in a header",
    "framing.head folded": "each header on one line",
    "framing.head line-end": "lines that end with CR and LF",
    "framing.head name": "a header's name without blanks and brackets",
    "framing.head no-colon": "a colon behind the header's name",
    "framing.head status-line": "a status line such as HTTP/1.1 200 OK",
    "framing.length both": "Content-Length or Transfer-Encoding, not both",
    "framing.length malformed": "a length in digits",
    "framing.length repeated": "Content-Length once",
    "framing.transfer-coding bodiless": "none, for the status has no body",
    "framing.transfer-coding old": "none, for HTTP/1.0 has none",
}
"""Maps a rule, or a rule and its variant, to the words after "expected"; they are the same for every value."""

_DIFFERING: Final = {
    "encoding": "percent-encoding",
    "normalisation": "Unicode normalisation",
    "zeros": "leading zeros",
    "suffix": "what is behind them",
    "prefix": "what is before them",
}
"""Variant of `overlay.alias` to the difference between the ids, where another word is clearer."""


def _got(violation: Violation) -> str:
    if not violation.actual:
        return "nothing"
    value = json.loads(violation.actual)
    if violation.rule.startswith("framing.") and violation.variant not in ("both", "line-end"):
        # The bytes are quoted, because the fault may be a blank.
        return short(violation.actual) + _missing_blank(violation, value)
    if violation.rule == "content-type.malformed" and violation.variant:
        times = "twice" if violation.variant == "2" else f"{violation.variant} times"
        return f"it {times}: {short(str(value))}"
    if violation.rule.startswith(("transport.", "json.", "body.", "framing.", "flaky.transport")):
        return short(str(value), DETAIL)
    if violation.rule == "overlay.alias":
        differing = _DIFFERING.get(violation.variant, violation.variant)
        return f"the answer of {short(violation.actual)} (the ids differ by {differing})"
    if violation.rule == "overlay.swapped":
        words = "answers to requests in flight at the same time were mixed up"
        return f"that of {short(violation.actual)}: {words}"
    if violation.rule in ("schema.type", "schema.anyOf", "schema.oneOf"):
        kind = json_type(value)
        return kind if value is None else f"{kind} {short(violation.actual)}"
    if violation.rule == "schema.required":
        return "nothing"
    return short(violation.actual)


def _missing_blank(violation: Violation, line: str) -> str:
    """Return that a status line lacks the blank which ends the status (RFC 9112, section 4), if only that is wrong."""
    lacks = violation.variant == "status-line" and re.fullmatch(r"HTTP/1\.\d \d{3}", line)
    return " without the space behind the status code" if lacks else ""


def _listed(value: Any, *, quoted: bool = True) -> str:
    items = value if isinstance(value, list) else [value]
    words = [json.dumps(item, ensure_ascii=False) if quoted or not isinstance(item, str) else item for item in items]
    named = [short(word) for word in words] if sum(map(len, words)) > DETAIL else words
    if len(named) > NAMED + 1:
        return f"{', '.join(named[:NAMED])} or {len(named) - NAMED} more"
    return "".join(named) if len(named) < 2 else f"{', '.join(named[:-1])} or {named[-1]}"


def short(text: str, width: int = WIDTH) -> str:
    """Return the text on one line, cut short unless what is cut off takes no more room than to say so."""
    end = f"… ({len(text)} characters)"
    shown = text if len(text) <= width + len(end) else text[:width]
    return visible(shown) + (end if shown != text else "")


def reference(witness: Witness) -> str:
    """Return by what the server's owners find the witness's request: its own id of it, and our trace; or nothing."""
    outcome, trace = witness.outcome, witness.request.trace
    named = request_id(outcome)[:WIDTH] if isinstance(outcome, Response) else ""
    return visible(" · ".join(filter(None, (named, trace and f"traceparent: {trace}"))))
