"""List the JSON Schema keywords of OpenAPI 3.1 that can be judged, and walk the schemas that they hold.

Hides which keywords hold schemas, and how. Sources: JSON Schema Draft 2020-12 Core and
Validation; OpenAPI 3.1.0, "Schema Object".
"""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final

import yaml

ONE: Final = frozenset(
    "additionalProperties contains else if items not propertyNames then unevaluatedItems unevaluatedProperties".split()
)
"""Keywords that hold one schema."""

MANY: Final = frozenset("allOf anyOf oneOf prefixItems".split())
"""Keywords that hold an array of schemas."""

NAMED: Final = frozenset("$defs dependentSchemas patternProperties properties".split())
"""Keywords that hold an object of schemas."""

IN_PLACE: Final = frozenset("$ref allOf anyOf oneOf not if then else dependentSchemas".split())
"""Keywords whose schemas judge the same instance, not a part of it."""

ASSERTIONS: Final = frozenset(
    "const dependentRequired enum exclusiveMaximum exclusiveMinimum format maxContains maximum maxItems maxLength "
    "maxProperties minContains minimum minItems minLength minProperties multipleOf pattern required type "
    "uniqueItems".split()
)

ANNOTATIONS: Final = frozenset(
    "$comment $schema contentEncoding contentMediaType contentSchema default definitions deprecated description "
    "discriminator example examples externalDocs readOnly title writeOnly xml".split()
)

ELSEWHERE: Final = {
    "nullable": "it is OpenAPI 3.0; in 3.1 write type: [..., 'null']",
    "dependencies": "it is an older draft; write dependentRequired or dependentSchemas",
    "additionalItems": "it is an older draft; write prefixItems and items",
    "$recursiveRef": "it is an older draft; write $ref",
    "$recursiveAnchor": "it is an older draft; write $ref to the schema's JSON pointer",
    "$vocabulary": "it belongs into a metaschema",
}
"""Keywords of another draft or of OpenAPI 3.0, which assert nothing here, with the fix."""

DIALECTS: Final = (
    "https://json-schema.org/draft/2020-12/",
    "https://spec.openapis.org/oas/3.1/dialect/",
    "https://spec.openapis.org/oas/3.2/dialect/",
)
"""The first parts of the URIs of the dialects that these keywords belong to."""

KNOWN: Final = ONE | MANY | NAMED | ASSERTIONS | ANNOTATIONS | {"$ref"}


def declared_annotations() -> dict[str, str]:
    """Return the keywords that documents/annotations.yaml declares to assert nothing, with the reasons."""
    text = files("contracts.openapi").joinpath("documents/annotations.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))


def understood(dialect: Any) -> bool:
    """Return whether `$schema` or `jsonSchemaDialect` names a dialect that can be judged; None is OpenAPI's own."""
    return dialect is None or str(dialect).startswith(DIALECTS)


def subschemas(schema: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the schemas directly inside `schema`, with their paths from there; `$ref` is not followed."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        if keyword in ONE:
            yield (keyword,), value
        elif keyword in MANY and isinstance(value, list):
            for index, item in enumerate(value):
                yield (keyword, str(index)), item
        elif keyword in NAMED and isinstance(value, dict):
            for name, item in value.items():
                yield (keyword, name), item


def json_type(value: Any) -> str:
    """Return the JSON type of a parsed value, as Draft 2020-12 names it (1.0 is an integer)."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    if isinstance(value, float):
        return "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names.get(type(value), type(value).__name__)


def identity(value: Any) -> str:
    """Return a text that two values share if JSON Schema calls them equal (Core, section 4.2.2: 1 is 1.0, not true)."""
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {name: _plain(item) for name, item in value.items()} if isinstance(value, dict) else value
