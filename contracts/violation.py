"""What can be wrong with an answer: the rules, and a violation of one of them as a value.

A rule's code is never renamed: waivers, dashboards and old reports hold it. Words for people are in `wording`.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """A promise: its stable code, what breaking it means in one line, and the source it rests on."""

    code: str
    meaning: str
    source: str


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One broken promise.

    `rule` is the code of a Rule. `place` is where in the answer (`status`, `head`, `header NAME`, `body` and a JSON
    pointer behind it, `message`, `transport`), `document` the JSON pointer of the promise. `expected` and `actual` are
    JSON texts.
    `cause` tells violations apart that share rule and places and yet have different causes, such as two unknown enum
    values. `branch` is the tag value that the instance claims, `nearest` the legal value closest to the actual one.
    """

    rule: str
    status: int
    place: str
    document: str
    expected: str = ""
    actual: str = ""
    cause: str = ""
    branch: str = ""
    nearest: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """Equal for violations that have one cause, whatever values they were seen with."""
        return (self.rule, str(self.status), _any_item(self.place), self.document, self.cause, self.branch)

    @property
    def fingerprint(self) -> str:
        """The identity as 16 hexadecimal digits, the same in every run."""
        return hashlib.sha256(json.dumps(self.identity).encode()).hexdigest()[:16]


def _any_item(place: str) -> str:
    """The place, whichever item of an array or byte of a text it is."""
    parts = re.sub(r"@\d+$", "@*", place).split("/")
    return "/".join("*" if part.isdigit() else part for part in parts)


_JSON = "RFC 8259"
_SCHEMA = "JSON Schema 2020-12 Validation, section "
_CORE = "JSON Schema 2020-12 Core, section "
_OPENAPI = "OpenAPI 3.1.0, "

CHANGES: Final = frozenset({"overlay.final", "overlay.immutable"})
"""Rules that hold an answer against an earlier one: what was expected is what that one held."""

RULES: Final[dict[str, Rule]] = {
    rule.code: rule
    for rule in (
        Rule("body.missing", "a body is promised and none came", _OPENAPI + "Response Object"),
        Rule("body.unexpected", "a body came where the document promises none", _OPENAPI + "Response Object"),
        Rule("content-type.charset", "the Content-Type names another charset than UTF-8", _JSON + ", section 8.1"),
        Rule("content-type.missing", "the answer does not say what it is", "RFC 9110, section 8.3"),
        Rule("content-type.malformed", "the Content-Type is no media type", "RFC 9110, section 8.3.1"),
        Rule(
            "content-type.undocumented",
            "the media type is not one the document promises",
            _OPENAPI + "Response Object",
        ),
        Rule("content-encoding.unasked", "the body is coded in a way not asked for", "RFC 9110, section 12.5.3"),
        Rule("framing.body", "a body came where HTTP allows none", "RFC 9110, section 6.4.1"),
        Rule("framing.chunked", "the chunks of the body are malformed", "RFC 9112, section 7.1"),
        Rule("framing.head", "the status line or a header line is malformed", "RFC 9112, sections 4 and 5"),
        Rule(
            "framing.length",
            "the answer does not tell its length once and clearly",
            "RFC 9112, section 6; RFC 9110, section 5.3",
        ),
        Rule("framing.surplus", "something came behind the end of the answer", "RFC 9112, section 6.3"),
        Rule("framing.transfer-coding", "the transfer coding is not one to send", "RFC 9112, sections 6.1 and 7.4"),
        Rule(
            "flaky.status",
            "the server could not answer (502, 503, 504), and did when it was asked again",
            "RFC 9110, section 15.6",
        ),
        Rule("flaky.transport", "no answer came, and one did when it was asked for again", "option --retries"),
        Rule("header.missing", "a required response header is absent", _OPENAPI + "Header Object"),
        Rule("header.schema", "a response header does not fit its schema", _OPENAPI + "Header Object"),
        Rule("json.malformed", "the body is not JSON text", _JSON + ", section 2"),
        Rule("json.encoding", "the body is not UTF-8", _JSON + ", section 8.1"),
        Rule("json.byte-order-mark", "the body begins with a byte order mark", _JSON + ", section 8.1"),
        Rule("json.duplicate-name", "an object names a member twice", _JSON + ", section 4"),
        Rule("json.not-finite", "NaN or Infinity stands for a number", _JSON + ", section 6"),
        Rule("json.surrogate", "a string holds half a surrogate pair", _JSON + ", section 8.2"),
        Rule("json.depth", "the body is nested too deeply to be judged", _JSON + ", section 9"),
        Rule(
            "overlay.alias",
            "a resource is answered as another whose id is all but the same",
            "overlay, x-refuses-unknown",
        ),
        Rule("overlay.equals", "a value differs from the request's that it must repeat", "overlay, x-equals"),
        Rule("overlay.final", "a final value was left again", "overlay, x-final"),
        Rule("overlay.immutable", "a value that never changes changed between two reads", "overlay, x-immutable"),
        Rule(
            "overlay.unknown-resource",
            "a resource that nobody made is answered with success",
            "overlay, x-refuses-unknown",
        ),
        Rule(
            "method.allow-missing",
            "the refusal of a method does not say which are allowed",
            "RFC 9110, section 15.5.6",
        ),
        Rule(
            "method.allow-wrong",
            "Allow leaves out a documented method, or names the one just refused",
            "RFC 9110, section 10.2.1",
        ),
        Rule(
            "method.not-refused",
            "a method that the document does not have was not refused with 405",
            "RFC 9110, section 15.5.6",
        ),
        Rule("status.undocumented", "the document does not promise this status", _OPENAPI + "Responses Object"),
        Rule("status.server-error", "the server failed", "RFC 9110, section 15.6"),
        Rule(
            "status.known-resource",
            "a resource that exists was not answered with success",
            "RFC 9110, section 15.3.1",
        ),
        Rule("transport.coding", "the body does not decompress", "RFC 9110, section 8.4"),
        Rule("transport.cut", "the answer broke off before its end", "RFC 9112, section 8"),
        Rule("transport.failed", "no answer came", "RFC 9112"),
        Rule("transport.not-http", "what came is not HTTP", "RFC 9112, section 4"),
        Rule(
            "transport.oversized",
            "the body is larger than the cap, or the head than the client reads",
            "option --max-body",
        ),
        Rule("transport.refused", "the connection was refused", "RFC 9293, section 3.5.2"),
        Rule("transport.reset", "the connection was closed in place of an answer", "RFC 9112, section 9.5"),
        Rule("transport.timeout", "no complete answer came in time", "option --timeout"),
        Rule("transport.tls", "the TLS check failed", "RFC 8446"),
        Rule("transport.unresolved", "the host's name was not found", "RFC 1034"),
        Rule(
            "union.tag-missing",
            "the discriminator is absent: nobody can tell the branch",
            _OPENAPI + "Discriminator Object",
        ),
        Rule("union.tag-type", "the discriminator is no string", _OPENAPI + "Discriminator Object"),
        Rule("union.tag-unknown", "the discriminator names no branch", _OPENAPI + "Discriminator Object"),
        Rule("union.ambiguous", "the value fits a branch beside the one it claims", _CORE + "10.2.1.3"),
        Rule("schema.type", "the value is of another type", _SCHEMA + "6.1.1"),
        Rule("schema.enum", "the value is none of those listed", _SCHEMA + "6.1.2"),
        Rule("schema.const", "the value is not the one required", _SCHEMA + "6.1.3"),
        Rule("schema.multipleOf", "the number is no multiple", _SCHEMA + "6.2.1"),
        Rule("schema.maximum", "the number is too large", _SCHEMA + "6.2.2"),
        Rule("schema.exclusiveMaximum", "the number is too large", _SCHEMA + "6.2.3"),
        Rule("schema.minimum", "the number is too small", _SCHEMA + "6.2.4"),
        Rule("schema.exclusiveMinimum", "the number is too small", _SCHEMA + "6.2.5"),
        Rule("schema.maxLength", "the text is too long", _SCHEMA + "6.3.1"),
        Rule("schema.minLength", "the text is too short", _SCHEMA + "6.3.2"),
        Rule("schema.pattern", "the text does not match the pattern", _SCHEMA + "6.3.3"),
        Rule("schema.maxItems", "the array has too many items", _SCHEMA + "6.4.1"),
        Rule("schema.minItems", "the array has too few items", _SCHEMA + "6.4.2"),
        Rule("schema.uniqueItems", "the array repeats an item", _SCHEMA + "6.4.3"),
        Rule("schema.contains", "too few or too many items of the kind the array must contain", _CORE + "10.3.1.3"),
        Rule("schema.maxProperties", "the object has too many properties", _SCHEMA + "6.5.1"),
        Rule("schema.minProperties", "the object has too few properties", _SCHEMA + "6.5.2"),
        Rule("schema.required", "a required property is absent", _SCHEMA + "6.5.3"),
        Rule("schema.dependentRequired", "a property is absent that another one demands", _SCHEMA + "6.5.4"),
        Rule("schema.format", "the text is not of the format", _SCHEMA + "7"),
        Rule("schema.additionalProperties", "the object has a property that is not allowed", _CORE + "10.3.2.3"),
        Rule("schema.unevaluatedProperties", "the object has a property that is not allowed", _CORE + "11.3"),
        Rule("schema.unevaluatedItems", "the array has an item that is not allowed", _CORE + "11.2"),
        Rule("schema.propertyNames", "a property's name is not allowed", _CORE + "10.3.2.4"),
        Rule("schema.not", "the value is of the kind that is ruled out", _CORE + "10.2.1.4"),
        Rule("schema.anyOf", "the value is none of the alternatives", _CORE + "10.2.1.2"),
        Rule("schema.oneOf", "the value is none, or several, of the alternatives", _CORE + "10.2.1.3"),
        Rule("schema.false", "nothing is allowed here", _CORE + "4.3.2"),
    )
}
