"""The keywords of Draft 2020-12 that are judged otherwise than jsonschema does by itself, one function each.

Each takes jsonschema's four arguments and yields its errors. What differs: a property is named by the error's path;
patterns are ECMA-262's; a `false` schema has a place; numbers divide exactly.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, Final

import regress
from jsonschema import ValidationError

from contracts import dialect

NOTHING: Final = object()
"""Stands for what an error has no value of: nothing expected beyond the rule, or nothing there."""

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]


class Types:
    """Tells what type a value is of, as a TypeChecker of jsonschema does.

    That one looks its functions up in a table written in Rust, which panics, and takes the process with it, where a
    value is nested so deeply that Python gives up: as RecursionError, it is told as a violation.
    """

    def is_type(self, instance: Any, name: str) -> bool:
        """Whether the value is of the type."""
        found = dialect.json_type(instance)
        return found == name or (name == "number" and found == "integer")


def broken(
    rule: str, expected: Any, actual: Any, schema: Any, keyword: tuple[str | int, ...], *path: str | int
) -> ValidationError:
    """An error of `rule` at `path` of the instance, said at `keyword` of the schema."""
    error = ValidationError(rule, validator=rule, validator_value=expected, instance=actual, schema=schema, path=path)
    error.keyword = keyword  # type: ignore[attr-defined]
    return error


def descend(
    validator: Any, instance: Any, subschema: Any, schema: Any, *keyword: str | int, path: str | int | None = None
) -> Iterator[ValidationError]:
    """As the validator's own, but a `false` schema is told where it stands and of what it is said."""
    if subschema is False:
        error = broken("schema.false", NOTHING, instance, schema, keyword, *(() if path is None else (path,)))
        error.schema_path.append(keyword[-1])
        yield error
    else:
        for error in evolved(validator, subschema).iter_errors(instance):
            if path is not None:
                error.path.appendleft(path)
            error.schema_path.appendleft(keyword[-1])
            yield error


def evolved(validator: Any, subschema: Any) -> Any:
    """The validator of a subschema of the document, made once: jsonschema makes it anew for every value it meets.

    What was made stands in the class's `evolved`, by the identity of the subschema, which it keeps alive.
    """
    known = type(validator).evolved
    found = known.get(id(subschema))
    if found is None:
        found = known[id(subschema)] = validator.evolve(schema=subschema)
    return found


@functools.lru_cache(maxsize=256)
def _regex(pattern: str) -> regress.Regex:
    return regress.Regex(pattern, "u")


def matches(pattern: str, text: str) -> bool:
    """ECMA-262, as JSON Schema 2020-12 Core asks in section 6.4: to Python, `$` is also before a last newline."""
    # Half a surrogate pair, a flaw of the text, is no character that an engine takes.
    return _regex(pattern).find(text.encode(errors="replace").decode()) is not None


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not matches(pattern, instance):
        yield ValidationError("pattern")


def _required(validator: Any, required: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for name in required:
            if name not in instance:
                yield broken("required", NOTHING, NOTHING, schema, ("required",), name)


def _dependent_required(validator: Any, dependent: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for holder, names in dependent.items():
            for name in names if holder in instance else ():
                if name not in instance:
                    yield broken("dependentRequired", NOTHING, NOTHING, schema, ("dependentRequired",), name)


def _dependent_schemas(validator: Any, dependent: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for holder, subschema in dependent.items():
            if holder in instance:
                yield from descend(validator, instance, subschema, schema, "dependentSchemas", holder)


def _pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for pattern, subschema in patterns.items():
            for name, value in instance.items():
                if matches(pattern, name):
                    yield from descend(validator, value, subschema, schema, "patternProperties", pattern, path=name)


def _additional_properties(validator: Any, subschema: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict) or subschema is True:
        return
    declared, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, value in instance.items():
        if name in declared or any(matches(pattern, name) for pattern in patterns):
            continue
        if subschema is False:
            yield broken("additionalProperties", NOTHING, value, schema, ("additionalProperties",), name)
        else:
            yield from validator.descend(value, subschema, path=name)


def _property_names(validator: Any, subschema: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        names = evolved(validator, subschema)
        for name in instance:
            if not names.is_valid(name):
                yield broken("propertyNames", subschema, name, schema, ("propertyNames",), name)


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
    # By the decimal digits that were written: 1.1 is eleven times 0.1, though not as binary fractions.
    finite = dialect.json_type(instance) in ("integer", "number") and instance - instance == 0
    if finite and Fraction(str(instance)) % Fraction(str(divisor)) != 0:
        yield ValidationError("multipleOf")


def alternatives(keyword: str, validator: Any, branches: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """`anyOf` and `oneOf`: the errors of every branch as the context of one, by their index in the schema path."""
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
    "additionalProperties": _additional_properties,
    "allOf": _all_of,
    "dependentRequired": _dependent_required,
    "dependentSchemas": _dependent_schemas,
    "if": _if,
    "multipleOf": _multiple_of,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "prefixItems": _prefix_items,
    "propertyNames": _property_names,
    "required": _required,
}
"""Keyword to what judges it in jsonschema's place; those that need the document are in `validation`."""
