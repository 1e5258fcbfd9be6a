"""The rules that a document can break, for an audit: code, meaning and source of each.

A rule's code is never renamed; `document.` is the group that no rule about answers has.
"""

from typing import Final

from contracts.rules.table import Rule

_CORE: Final = "JSON Schema 2020-12 Core, section "
_SCHEMA: Final = "JSON Schema 2020-12 Validation, section "
_DISCRIMINATOR: Final = "OpenAPI 3.1.0, Discriminator Object"

_RULES: Final = (
    (
        "document.union-ambiguous",
        "several branches of a oneOf accept the same value, so that none may have it",
        _CORE + "10.2.1.3",
    ),
    (
        "document.branches-indistinct",
        "a branch of a union cannot be told apart from the others",
        f"{_CORE}10.2.1.3; {_DISCRIMINATOR}",
    ),
    ("document.tag-not-required", "a branch does not require the tag that distinguishes it", _DISCRIMINATOR),
    ("document.tag-undeclared", "a branch accepts the tag values of other branches", _DISCRIMINATOR),
    ("document.mapping-not-string", "a mapping holds something other than a string", _DISCRIMINATOR),
    ("document.mapping-dangling", "a mapping leads to no branch of its union", _DISCRIMINATOR),
    ("document.unsatisfiable", "no value satisfies a schema", _CORE + "4.3"),
    ("document.body-admits-everything", "every body satisfies the schema of a response", _CORE + "4.3.1"),
    ("document.requires-nothing", "an object does not require its only property", _SCHEMA + "6.5.3"),
    ("document.default-invalid", "a default breaks its own schema", _SCHEMA + "9.2"),
    ("document.example-invalid", "an example breaks its own schema", f"{_SCHEMA}9.5; OpenAPI 3.1.0, Media Type Object"),
    (
        "document.openapi-3.0",
        "a keyword of OpenAPI 3.0 asserts nothing in 3.1",
        "OpenAPI 3.1.0, Schema Object; OpenAPI 3.0.3, Schema Object",
    ),
    (
        "document.error-undocumented",
        "an error that most servers send is not described",
        "OpenAPI 3.1.0, Responses Object; RFC 9110, section 15.5",
    ),
    ("document.unjudged", "a part of the document cannot be judged", "OpenAPI 3.1.0"),
    ("document.overlay-idle", "an action of an overlay changes nothing", "Overlay 1.1.0, Action Object"),
    ("document.properties-optional", "an object of several properties requires none of them", _SCHEMA + "6.5.3"),
    (
        "document.undeclared-properties",
        "an object accepts properties that its schema does not declare",
        f"{_CORE}10.3.2.3 and 11.3",
    ),
    ("document.admits-everything", "every value satisfies a schema inside a response or parameter", _CORE + "4.3.1"),
    ("document.format-unasserted", "nobody asserts a format", _SCHEMA + "7.2.1"),
    ("document.keyword-ignored", "a keyword asserts nothing", _CORE + "6.5"),
    ("document.discriminator-ignored", "a discriminator judges no value", _DISCRIMINATOR),
    (
        "document.invalid-input-unprovoked",
        "422 is described, and no request is invalid by the document",
        "RFC 9110, section 15.5.21",
    ),
    (
        "document.security-contradicted",
        "the document says that no key is needed, and clients send one",
        "OpenAPI 3.1.0, Security Requirement Object",
    ),
)
"""The code, the meaning and the source of every rule about a document, in the order in which findings are shown."""

UNDECLARED: Final = "document.undeclared-properties"
"""The rule of undeclared properties, which is one of notes unless the objects of responses are to be closed."""

DOCUMENT_RULES: Final = {row[0]: Rule(*row) for row in _RULES}
"""Every rule about a document by its code."""

NOTES: Final = frozenset(
    {
        "document.properties-optional",
        UNDECLARED,
        "document.admits-everything",
        "document.format-unasserted",
        "document.keyword-ignored",
        "document.discriminator-ignored",
        "document.invalid-input-unprovoked",
        "document.security-contradicted",
    }
)
"""The rules by which a document is vague, and no answer is judged wrongly; they leave the exit code alone."""
