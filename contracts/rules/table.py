"""The rules that a response can break: code, meaning and source of each.

A rule's code is never renamed: waivers, dashboards and old reports hold it. `contracts.reports` has the messages.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """A rule: its stable code, the meaning of a violation in one line, and the standard or option it rests on."""

    code: str
    meaning: str
    source: str

    @property
    def group(self) -> str:
        """Return the part of the code before the dot, which rules about the same part of an answer share."""
        return self.code.partition(".")[0]

    @property
    def url(self) -> str:
        """Return where the first standard that `source` names is published, at that section; empty for no standard."""
        for source, url in _PUBLISHED:
            if found := re.match(source, self.source):
                return found.expand(url).lower()
        return ""


_PUBLISHED: Final = (
    (r"RFC (\d+), sections? ([\d.]+)", r"https://www.rfc-editor.org/rfc/rfc\1#section-\2"),
    (r"RFC (\d+)", r"https://www.rfc-editor.org/rfc/rfc\1"),
    (r"OpenAPI ([\d.]+), (\w+) Object", r"https://spec.openapis.org/oas/v\1.html#\2-object"),
    (r"JSON Schema ([\d-]+) Core, section ([\d.]+)", r"https://json-schema.org/draft/\1/json-schema-core#section-\2"),
    (
        r"JSON Schema ([\d-]+) Validation, section ([\d.]+)",
        r"https://json-schema.org/draft/\1/json-schema-validation#section-\2",
    ),
)
"""Patterns of a rule's source, each with the URL where the standard is published, in lower case."""

_RESPONSE: Final = "OpenAPI 3.1.0, Response Object"
_HEADER: Final = "OpenAPI 3.1.0, Header Object"
_DISCRIMINATOR: Final = "OpenAPI 3.1.0, Discriminator Object"
_REFUSES: Final = "overlay, x-refuses-unknown"
_HTTP: Final = "RFC 9110, section "
_FRAMING: Final = "RFC 9112, section "
_JSON: Final = "RFC 8259, section "
_SCHEMA: Final = "JSON Schema 2020-12 Validation, section "
_CORE: Final = "JSON Schema 2020-12 Core, section "

_RULES: Final = (
    ("body.missing", "the body that the document describes is missing", _RESPONSE),
    ("body.unexpected", "a body came where the document describes none", _RESPONSE),
    ("content-type.charset", "the Content-Type names a charset other than the body's", _JSON + "8.1"),
    ("content-type.missing", "a response with a body has no Content-Type", _HTTP + "8.3"),
    ("content-type.malformed", "the Content-Type is not a media type", _HTTP + "8.3.1"),
    ("content-type.undocumented", "the document does not describe the media type", _RESPONSE),
    ("content-encoding.unasked", "the body has a content coding that the request did not accept", _HTTP + "12.5.3"),
    ("framing.body", "a body came where HTTP allows none", _HTTP + "6.4.1"),
    ("framing.chunked", "the chunks of the body are malformed", _FRAMING + "7.1"),
    ("framing.head", "the status line or a header line is malformed", "RFC 9112, sections 4 and 5"),
    (
        "framing.length",
        "the response does not state its length once and clearly",
        _FRAMING + "6; RFC 9110, section 5.3",
    ),
    ("framing.surplus", "bytes follow the end of the response", _FRAMING + "6.3"),
    ("framing.transfer-coding", "the transfer coding is not allowed in a response", "RFC 9112, sections 6.1 and 7.4"),
    ("flaky.status", "the server failed (502, 503, 504) and succeeded on a later attempt", _HTTP + "15.6"),
    ("flaky.transport", "no response came, and a later attempt got one", "option --retries"),
    ("header.missing", "a required response header is absent", _HEADER),
    ("header.schema", "a response header does not fit its schema", _HEADER),
    ("json.malformed", "the body is not JSON text", _JSON + "2"),
    ("json.encoding", "the body is not UTF-8", _JSON + "8.1"),
    ("json.byte-order-mark", "the body begins with a byte order mark", _JSON + "8.1"),
    ("json.duplicate-name", "an object has two members of one name", _JSON + "4"),
    ("json.not-finite", "NaN or Infinity stands for a number", _JSON + "6"),
    ("json.surrogate", "a string holds half a surrogate pair", _JSON + "8.2"),
    ("json.depth", "the body is nested too deeply to be judged", _JSON + "9"),
    ("overlay.alias", "an id that is not known to exist is answered as a resource with a similar id", _REFUSES),
    ("overlay.equals", "a value differs from the request's value that it must repeat", "overlay, x-equals"),
    ("overlay.final", "a final value changed", "overlay, x-final"),
    ("overlay.immutable", "an immutable value changed between two reads", "overlay, x-immutable"),
    (
        "overlay.swapped",
        "a resource is answered as another one that was asked for at the same time",
        "RFC 9112, section 9.2; overlay, x-equals",
    ),
    ("overlay.unknown-resource", "a resource that does not exist is answered with success", _REFUSES),
    ("method.allow-missing", "the refusal of a method does not list the allowed ones", _HTTP + "15.5.6"),
    ("method.allow-wrong", "Allow leaves out a documented method, or names the one just refused", _HTTP + "10.2.1"),
    ("method.not-refused", "a method that the document does not have was not refused with 405", _HTTP + "15.5.6"),
    ("status.undocumented", "the document does not describe the status", "OpenAPI 3.1.0, Responses Object"),
    ("status.server-error", "the server failed", _HTTP + "15.6"),
    ("status.known-resource", "a resource that exists was not answered with success", _HTTP + "15.3.1"),
    ("transport.coding", "the body does not decompress", _HTTP + "8.4"),
    ("transport.cut", "the response broke off before its end", _FRAMING + "8"),
    ("transport.failed", "no response came", "RFC 9112"),
    ("transport.not-http", "the bytes that came are not HTTP", _FRAMING + "4"),
    (
        "transport.oversized",
        "the body is larger than the cap, or the head too large for the client",
        "option --max-body",
    ),
    ("transport.refused", "the connection was refused", "RFC 9293, section 3.5.2"),
    ("transport.reset", "the connection was closed in place of a response", _FRAMING + "9.5"),
    ("transport.timeout", "no complete response came in time", "option --timeout"),
    ("transport.tls", "the TLS check failed", "RFC 8446"),
    ("transport.unresolved", "the host's name was not found", "RFC 1034"),
    ("union.tag-missing", "the discriminator is absent, so that the branch is unknown", _DISCRIMINATOR),
    ("union.tag-type", "the discriminator is not a string", _DISCRIMINATOR),
    ("union.tag-unknown", "the discriminator names no branch", _DISCRIMINATOR),
    ("union.wrong-branch", "the value fits another branch than the one it claims", _DISCRIMINATOR),
    ("union.ambiguous", "the value fits a branch besides the one it claims", _CORE + "10.2.1.3"),
    ("schema.type", "the value is of another type", _SCHEMA + "6.1.1"),
    ("schema.enum", "the value is not one of those listed", _SCHEMA + "6.1.2"),
    ("schema.const", "the value is not the one required", _SCHEMA + "6.1.3"),
    ("schema.multipleOf", "the number is not a multiple", _SCHEMA + "6.2.1"),
    ("schema.maximum", "the number is too large", _SCHEMA + "6.2.2"),
    ("schema.exclusiveMaximum", "the number is too large", _SCHEMA + "6.2.3"),
    ("schema.minimum", "the number is too small", _SCHEMA + "6.2.4"),
    ("schema.exclusiveMinimum", "the number is too small", _SCHEMA + "6.2.5"),
    ("schema.maxLength", "the text is too long", _SCHEMA + "6.3.1"),
    ("schema.minLength", "the text is too short", _SCHEMA + "6.3.2"),
    ("schema.pattern", "the text does not match the pattern", _SCHEMA + "6.3.3"),
    ("schema.maxItems", "the array has too many items", _SCHEMA + "6.4.1"),
    ("schema.minItems", "the array has too few items", _SCHEMA + "6.4.2"),
    ("schema.uniqueItems", "the array repeats an item", _SCHEMA + "6.4.3"),
    ("schema.contains", "too few or too many items of the kind the array must contain", _CORE + "10.3.1.3"),
    ("schema.maxProperties", "the object has too many properties", _SCHEMA + "6.5.1"),
    ("schema.minProperties", "the object has too few properties", _SCHEMA + "6.5.2"),
    ("schema.required", "a required property is absent", _SCHEMA + "6.5.3"),
    ("schema.dependentRequired", "a property is absent that another one requires", _SCHEMA + "6.5.4"),
    ("schema.format", "the text is not of the format", _SCHEMA + "7"),
    ("schema.additionalProperties", "the object has a property that is not allowed", _CORE + "10.3.2.3"),
    ("schema.unevaluatedProperties", "the object has a property that is not allowed", _CORE + "11.3"),
    ("schema.unevaluatedItems", "the array has an item that is not allowed", _CORE + "11.2"),
    ("schema.propertyNames", "a property's name is not allowed", _CORE + "10.3.2.4"),
    ("schema.not", "the value fits the schema that is ruled out", _CORE + "10.2.1.4"),
    ("schema.anyOf", "the value fits none of the alternatives", _CORE + "10.2.1.2"),
    ("schema.oneOf", "the value fits none, or several, of the alternatives", _CORE + "10.2.1.3"),
    ("schema.false", "nothing is allowed here", _CORE + "4.3.2"),
)
"""The code, the meaning and the source of every rule."""

RULES: Final = {row[0]: Rule(*row) for row in _RULES}
"""Every rule by its code."""
