"""The keywords of Draft 2020-12 that are judged otherwise than jsonschema does by itself, one function for each.

Each takes jsonschema's four arguments and yields its errors. The differences: the error's path names the property,
patterns are ECMA-262's everywhere, a `false` schema has a place, and numbers divide exactly.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, Final

from jsonschema import ValidationError

from contracts.openapi import json_type, matches_pattern

NOTHING: Final = object()
"""Stands for a value that an error does not have: nothing expected beyond the rule, or nothing there."""

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]


class SchemaError(ValidationError):
    """A violation found by jsonschema, with two fields that jsonschema has no room for.

    `keyword` is the path from the schema to the keyword that failed, empty for `(validator,)`. `branch` is the tag
    value that the instance claims in the innermost union around the error, empty outside of unions.
    """

    def __init__(self, *args: Any, keyword: tuple[str | int, ...] = (), branch: str = "", **fields: Any) -> None:
        super().__init__(*args, **fields)
        self.keyword, self.branch = keyword, branch


class Types:
    """Tells a value's type, as a TypeChecker of jsonschema does; one is made for each document and way of judging.

    jsonschema's own looks its functions up in a table written in Rust, which panics, and takes the process with it,
    where a value is nested so deeply that Python raises RecursionError. That error is reported as a violation.

    Every validator of a document shares this object, so that it holds what they share: `target` returns the schema of
    a `$ref`, `beyond_doubt` whether an instance of a schema is known to be valid, and `evolved` see below.
    """

    def __init__(self, target: Callable[[str], Any], beyond_doubt: Callable[[Any, Any], bool]) -> None:
        self.target, self.beyond_doubt = target, beyond_doubt
        self.evolved: dict[int, Any] = {}

    def is_type(self, instance: Any, name: str) -> bool:
        """Return whether the value is of the type; an integer is a number too."""
        found = json_type(instance)
        return found == name or (name == "number" and found == "integer")


def broken(
    rule: str, expected: Any, actual: Any, schema: Any, *path: str | int, keyword: tuple[str | int, ...] = ()
) -> SchemaError:
    """Return an error of `rule` at `path` of the instance; `keyword` is that of `SchemaError`."""
    fields: dict[str, Any] = {"validator_value": expected, "instance": actual, "schema": schema, "path": path}
    return SchemaError(rule, validator=rule, keyword=keyword, **fields)


def descend(
    validator: Any, instance: Any, subschema: Any, schema: Any, *keyword: str | int, path: str | int | None = None
) -> Iterator[SchemaError]:
    """Yield the errors of a subschema, as the validator's own method does, all of our class.

    The error of a `false` schema stands at the keyword that holds it, and at the value that it forbids.
    """
    if subschema is False:
        errors: Iterator[ValidationError] = iter([broken("schema.false", NOTHING, instance, schema, keyword=keyword)])
    else:
        errors = evolved(validator, subschema).iter_errors(instance)
    for raised in errors:
        error = raised if isinstance(raised, SchemaError) else SchemaError.create_from(raised)
        if path is not None:
            error.path.appendleft(path)
        error.schema_path.appendleft(keyword[-1])
        yield error


def evolved(validator: Any, subschema: Any) -> Any:
    """Return the validator of a subschema of the document, made once; jsonschema makes it anew for every value.

    Validators are kept by the identity of the subschema, which they keep alive.
    """
    known = validator.TYPE_CHECKER.evolved
    found = known.get(id(subschema))
    if found is None:
        found = known[id(subschema)] = validator.evolve(schema=subschema)
    return found


def _ref(validator: Any, ref: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    target = validator.TYPE_CHECKER.target(ref)
    if not validator.TYPE_CHECKER.beyond_doubt(target, instance):
        yield from descend(validator, instance, target, schema, "$ref")


def _properties(validator: Any, properties: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        beyond_doubt = validator.TYPE_CHECKER.beyond_doubt
        for name, subschema in properties.items():
            if name in instance and not beyond_doubt(subschema, instance[name]):
                yield from descend(validator, instance[name], subschema, schema, "properties", name, path=name)


def _items(validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, list):
        beyond_doubt = validator.TYPE_CHECKER.beyond_doubt
        for index in range(len(schema.get("prefixItems", ())), len(instance)):
            if not beyond_doubt(items, instance[index]):
                yield from descend(validator, instance[index], items, schema, "items", path=index)


def _type(validator: Any, types: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    # jsonschema asks its validator for each name, through three functions. The tests serve one name and an array of
    # names, because no other type's name contains one.
    found = json_type(instance)
    if found not in types and not (found == "integer" and "number" in types):
        yield ValidationError("type")


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not matches_pattern(pattern, instance):
        yield ValidationError("pattern")


def _required(validator: Any, required: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for name in required:
            if name not in instance:
                yield broken("required", NOTHING, NOTHING, schema, name)


def _dependent_required(validator: Any, dependent: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for holder, names in dependent.items():
            for name in names if holder in instance else ():
                if name not in instance:
                    yield broken("dependentRequired", NOTHING, NOTHING, schema, name)


def _dependent_schemas(validator: Any, dependent: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for holder, subschema in dependent.items():
            if holder in instance:
                yield from descend(validator, instance, subschema, schema, "dependentSchemas", holder)


def _pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for pattern, subschema in patterns.items():
            for name, value in instance.items():
                if matches_pattern(pattern, name):
                    yield from descend(validator, value, subschema, schema, "patternProperties", pattern, path=name)


def _is_declared(schema: Any, name: str) -> bool:
    """Return whether `properties` or `patternProperties` of the schema has a schema for the property."""
    patterns = schema.get("patternProperties", ())
    return name in schema.get("properties", ()) or any(matches_pattern(pattern, name) for pattern in patterns)


def _additional_properties(validator: Any, subschema: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict) or subschema is True:
        return
    for name, value in instance.items():
        if _is_declared(schema, name):
            continue
        if subschema is False:
            yield broken("additionalProperties", NOTHING, value, schema, name)
        else:
            yield from descend(validator, value, subschema, schema, "additionalProperties", path=name)


def _unevaluated_properties(validator: Any, subschema: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    left_over = instance.keys() - _evaluated(validator, instance, schema)
    if subschema is False:
        for name in sorted(left_over):
            yield broken("unevaluatedProperties", NOTHING, instance[name], schema, name)
    elif left_over:
        yield ValidationError("unevaluatedProperties")


def _evaluated(validator: Any, instance: Any, schema: Any) -> set[str]:
    """Return the names of the properties that a schema evaluates (JSON Schema 2020-12 Core, section 11.3)."""
    if not isinstance(schema, dict):
        return set()
    others = [schema[keyword] for keyword in ("additionalProperties", "unevaluatedProperties") if keyword in schema]
    found = {
        name
        for name, value in instance.items()
        if _is_declared(schema, name) or any(evolved(validator, other).is_valid(value) for other in others)
    }
    return found.union(*(_evaluated(validator, instance, part) for part in _applied(validator, instance, schema)))


def _applied(validator: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Yield the subschemas that judge the same object and hold for it, or whose failure is reported elsewhere.

    What such a failing part evaluates is not left over, or its property would be reported a second time.
    """
    if "$ref" in schema:
        yield validator.TYPE_CHECKER.target(schema["$ref"])
    yield from (inner for holder, inner in schema.get("dependentSchemas", {}).items() if holder in instance)
    yield from schema.get("allOf", ())
    for keyword in ("oneOf", "anyOf"):
        branches = schema.get(keyword, ())
        # Where no branch holds, that is the violation.
        yield from [inner for inner in branches if evolved(validator, inner).is_valid(instance)] or branches
    if "if" in schema:
        holds = evolved(validator, schema["if"]).is_valid(instance)
        yield from (schema["if"], schema.get("then")) if holds else (schema.get("else"),)


def _property_names(validator: Any, subschema: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        names = evolved(validator, subschema)
        for name in instance:
            if not names.is_valid(name):
                yield broken("propertyNames", subschema, name, schema, name)


def _all_of(validator: Any, subschemas: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    for index, subschema in enumerate(subschemas):
        yield from descend(validator, instance, subschema, schema, "allOf", index)


def _if(validator: Any, condition: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    keyword = "then" if evolved(validator, condition).is_valid(instance) else "else"
    if keyword in schema:
        yield from descend(validator, instance, schema[keyword], schema, keyword)


def _prefix_items(validator: Any, subschemas: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, list):
        for index, (item, subschema) in enumerate(zip(instance, subschemas)):  # noqa: B905 - either may be longer
            yield from descend(validator, item, subschema, schema, "prefixItems", index, path=index)


def _multiple_of(validator: Any, divisor: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    # The decimal digits that were written decide: 1.1 is eleven times 0.1, though not as binary fractions.
    finite = json_type(instance) in ("integer", "number") and instance - instance == 0
    if finite and Fraction(str(instance)) % Fraction(str(divisor)) != 0:
        yield ValidationError("multipleOf")


def alternatives(keyword: str, validator: Any, branches: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Yield the error of an `anyOf` or `oneOf`; its context is the errors of every branch, by index in the schema path.

    `oneOf` that more than one branch fits gives an error without context.
    """
    context: list[ValidationError] = []
    fitting = []
    for index, branch in enumerate(branches):
        errors = list(descend(validator, instance, branch, schema, keyword, index))
        context += errors
        if not errors:
            fitting.append(f"{keyword}/{index}")
            if keyword == "anyOf":
                return
    if not fitting:
        yield ValidationError(keyword, context=context)
    elif len(fitting) > 1:
        yield ValidationError(keyword, validator_value=f"a single alternative, not {' and '.join(fitting)} alike")


ASSERTIONS: Final[dict[str, Keyword]] = {
    "$ref": _ref,
    "additionalProperties": _additional_properties,
    "allOf": _all_of,
    "dependentRequired": _dependent_required,
    "dependentSchemas": _dependent_schemas,
    "if": _if,
    "items": _items,
    "multipleOf": _multiple_of,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "prefixItems": _prefix_items,
    "properties": _properties,
    "propertyNames": _property_names,
    "type": _type,
    "required": _required,
    "unevaluatedProperties": _unevaluated_properties,
}
"""Keyword to the function that judges it in jsonschema's place; `validation` has those that know of unions."""
