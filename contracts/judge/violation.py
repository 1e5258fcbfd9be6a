"""The rules that a response can break, and a violation of one of them as a value.

A rule's code is never renamed: waivers, dashboards and old reports hold it. `contracts.reports` has the messages.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """A rule: its stable code, the meaning of a violation in one line, and the standard or option it rests on."""

    code: str
    meaning: str
    source: str


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One violation of a rule by a response.

    `rule` is the code of a Rule. `place` is the part of the response (`status`, `head`, `header NAME`, `body` and a
    JSON pointer behind it, `message`, `transport`), `pointer` the JSON pointer of the violated part of the document.
    `expected` and `actual` are JSON texts.
    `variant` distinguishes violations of one rule at one place that have different causes, such as two unknown enum
    values. `branch` is the tag value that the instance claims, `suggestion` the legal value closest to the actual one.
    """

    rule: str
    status: int
    place: str
    pointer: str
    expected: str = ""
    actual: str = ""
    variant: str = ""
    branch: str = ""
    suggestion: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """Return a key that violations with one cause share, whatever values they were seen with."""
        return (self.rule, str(self.status), _any_item(self.place), self.pointer, self.variant, self.branch)

    @property
    def fingerprint(self) -> str:
        """Return the identity as 16 hexadecimal digits, the same in every run."""
        return hashlib.sha256(json.dumps(self.identity).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, order=True)
class PlacePattern:
    """The places at which a fault may be found: `*` stands for any step, `@` at the end for any byte offset."""

    text: str

    def covers(self, place: str) -> bool:
        """Return whether a violation's place is one of them."""
        return len(self._steps) == len(_steps(place)) and self.leads_to(place)

    def leads_to(self, place: str) -> bool:
        """Return whether a violation's place is one of them, or contains one of them."""
        ours, theirs = self._steps, _steps(place)
        return len(theirs) <= len(ours) and all(one in ("*", other) for one, other in zip(ours, theirs, strict=False))

    @property
    def _steps(self) -> list[str]:
        return self.text.split("/")

    def __str__(self) -> str:
        return self.text


def _steps(place: str) -> list[str]:
    return re.sub(r"@\d+$", "@", place).split("/")


def _any_item(place: str) -> str:
    """Return the place with a star for each index of an array and each byte offset."""
    parts = re.sub(r"@\d+$", "@*", place).split("/")
    return "/".join("*" if part.isdigit() else part for part in parts)


_JSON = "RFC 8259"
_SCHEMA = "JSON Schema 2020-12 Validation, section "
_CORE = "JSON Schema 2020-12 Core, section "
_OPENAPI = "OpenAPI 3.1.0, "

CHANGES: Final = frozenset({"overlay.final", "overlay.immutable"})
"""Rules that compare a response with an earlier one, whose value is the expected one."""

RULES: Final[dict[str, Rule]] = {
    rule.code: rule
    for rule in (
        Rule("body.missing", "the body that the document describes is missing", _OPENAPI + "Response Object"),
        Rule("body.unexpected", "a body came where the document describes none", _OPENAPI + "Response Object"),
        Rule("content-type.charset", "the Content-Type names another charset than UTF-8", _JSON + ", section 8.1"),
        Rule("content-type.missing", "a response with a body has no Content-Type", "RFC 9110, section 8.3"),
        Rule("content-type.malformed", "the Content-Type is not a media type", "RFC 9110, section 8.3.1"),
        Rule(
            "content-type.undocumented",
            "the document does not describe the media type",
            _OPENAPI + "Response Object",
        ),
        Rule(
            "content-encoding.unasked",
            "the body has a content coding that the request did not accept",
            "RFC 9110, section 12.5.3",
        ),
        Rule("framing.body", "a body came where HTTP allows none", "RFC 9110, section 6.4.1"),
        Rule("framing.chunked", "the chunks of the body are malformed", "RFC 9112, section 7.1"),
        Rule("framing.head", "the status line or a header line is malformed", "RFC 9112, sections 4 and 5"),
        Rule(
            "framing.length",
            "the response does not state its length once and clearly",
            "RFC 9112, section 6; RFC 9110, section 5.3",
        ),
        Rule("framing.surplus", "bytes follow the end of the response", "RFC 9112, section 6.3"),
        Rule(
            "framing.transfer-coding",
            "the transfer coding is not allowed in a response",
            "RFC 9112, sections 6.1 and 7.4",
        ),
        Rule(
            "flaky.status",
            "the server failed (502, 503, 504) and succeeded on a later attempt",
            "RFC 9110, section 15.6",
        ),
        Rule("flaky.transport", "no response came, and a later attempt got one", "option --retries"),
        Rule("header.missing", "a required response header is absent", _OPENAPI + "Header Object"),
        Rule("header.schema", "a response header does not fit its schema", _OPENAPI + "Header Object"),
        Rule("json.malformed", "the body is not JSON text", _JSON + ", section 2"),
        Rule("json.encoding", "the body is not UTF-8", _JSON + ", section 8.1"),
        Rule("json.byte-order-mark", "the body begins with a byte order mark", _JSON + ", section 8.1"),
        Rule("json.duplicate-name", "an object has two members of one name", _JSON + ", section 4"),
        Rule("json.not-finite", "NaN or Infinity stands for a number", _JSON + ", section 6"),
        Rule("json.surrogate", "a string holds half a surrogate pair", _JSON + ", section 8.2"),
        Rule("json.depth", "the body is nested too deeply to be judged", _JSON + ", section 9"),
        Rule(
            "overlay.alias",
            "an id that is not known to exist is answered as a resource with a similar id",
            "overlay, x-refuses-unknown",
        ),
        Rule("overlay.equals", "a value differs from the request's value that it must repeat", "overlay, x-equals"),
        Rule("overlay.final", "a final value changed", "overlay, x-final"),
        Rule("overlay.immutable", "an immutable value changed between two reads", "overlay, x-immutable"),
        Rule(
            "overlay.unknown-resource",
            "a resource that does not exist is answered with success",
            "overlay, x-refuses-unknown",
        ),
        Rule(
            "method.allow-missing",
            "the refusal of a method does not list the allowed ones",
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
        Rule("status.undocumented", "the document does not describe the status", _OPENAPI + "Responses Object"),
        Rule("status.server-error", "the server failed", "RFC 9110, section 15.6"),
        Rule(
            "status.known-resource",
            "a resource that exists was not answered with success",
            "RFC 9110, section 15.3.1",
        ),
        Rule("transport.coding", "the body does not decompress", "RFC 9110, section 8.4"),
        Rule("transport.cut", "the response broke off before its end", "RFC 9112, section 8"),
        Rule("transport.failed", "no response came", "RFC 9112"),
        Rule("transport.not-http", "the bytes that came are not HTTP", "RFC 9112, section 4"),
        Rule(
            "transport.oversized",
            "the body is larger than the cap, or the head too large for the client",
            "option --max-body",
        ),
        Rule("transport.refused", "the connection was refused", "RFC 9293, section 3.5.2"),
        Rule("transport.reset", "the connection was closed in place of a response", "RFC 9112, section 9.5"),
        Rule("transport.timeout", "no complete response came in time", "option --timeout"),
        Rule("transport.tls", "the TLS check failed", "RFC 8446"),
        Rule("transport.unresolved", "the host's name was not found", "RFC 1034"),
        Rule(
            "union.tag-missing",
            "the discriminator is absent, so that the branch is unknown",
            _OPENAPI + "Discriminator Object",
        ),
        Rule("union.tag-type", "the discriminator is not a string", _OPENAPI + "Discriminator Object"),
        Rule("union.tag-unknown", "the discriminator names no branch", _OPENAPI + "Discriminator Object"),
        Rule("union.ambiguous", "the value fits a branch besides the one it claims", _CORE + "10.2.1.3"),
        Rule("schema.type", "the value is of another type", _SCHEMA + "6.1.1"),
        Rule("schema.enum", "the value is not one of those listed", _SCHEMA + "6.1.2"),
        Rule("schema.const", "the value is not the one required", _SCHEMA + "6.1.3"),
        Rule("schema.multipleOf", "the number is not a multiple", _SCHEMA + "6.2.1"),
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
        Rule("schema.dependentRequired", "a property is absent that another one requires", _SCHEMA + "6.5.4"),
        Rule("schema.format", "the text is not of the format", _SCHEMA + "7"),
        Rule("schema.additionalProperties", "the object has a property that is not allowed", _CORE + "10.3.2.3"),
        Rule("schema.unevaluatedProperties", "the object has a property that is not allowed", _CORE + "11.3"),
        Rule("schema.unevaluatedItems", "the array has an item that is not allowed", _CORE + "11.2"),
        Rule("schema.propertyNames", "a property's name is not allowed", _CORE + "10.3.2.4"),
        Rule("schema.not", "the value fits the schema that is ruled out", _CORE + "10.2.1.4"),
        Rule("schema.anyOf", "the value fits none of the alternatives", _CORE + "10.2.1.2"),
        Rule("schema.oneOf", "the value fits none, or several, of the alternatives", _CORE + "10.2.1.3"),
        Rule("schema.false", "nothing is allowed here", _CORE + "4.3.2"),
    )
}
