"""A document's schemas, compiled to find what in an instance violates them.

Hides both validators. jsonschema gives the verdict and the place; jsonschema_rs, hundreds of times faster, spares it
the valid parts of a large instance. A union is judged in the branch that its tag claims.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any, Final

from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.protocols import Validator as JsonSchemaValidator

from contracts.judge.fast_validation import FastValidators, nodes_of
from contracts.judge.json_schema import ASSERTIONS, NOTHING, SchemaError, Types, alternatives, broken, descend, evolved
from contracts.judge.violation import Violation
from contracts.openapi import Branch, Document, Union, format_checker, from_pointer, json_type, text_of, to_pointer

LARGE: Final = 16 * 1024
"""The size in bytes of JSON from which jsonschema skips the parts that jsonschema_rs finds valid."""


@functools.lru_cache(maxsize=16)
def compiled(document: Document) -> Validation:
    """Return the document's validation, made once."""
    return Validation(document)


class Validation:
    """Every schema of one document, compiled; schemas are named by JSON pointer."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._places = {id(node): pointer for pointer, node in nodes_of(document.contents)}
        # References resolve in this one file, because a registry would cost 1.7 times as much.
        self._target = functools.cache(document.schema)
        self._exact = self._compile(lambda schema, instance: False)
        self._pruning = self._compile(self._beyond_doubt)

    @functools.cached_property
    def _fast(self) -> FastValidators:
        return FastValidators(self._document)

    def is_valid(self, pointer: str, instance: Any) -> bool:
        """Return whether the instance is valid; mostly a thousand times faster than `violations`."""
        quick = self.opinion(pointer, instance)
        return not self.violations(pointer, instance) if quick is None else quick

    def opinion(self, pointer: str, instance: Any) -> bool | None:
        """Return the verdict of jsonschema_rs, the tag rule included; None if it has none, or fails by itself."""
        try:
            return self.fast(pointer, instance)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException:  # noqa: BLE001 - a panic of Rust is no Exception, and jsonschema decides without it
            return None

    def fast(self, pointer: str, instance: Any) -> bool | None:
        """Return what `opinion` does, and raise what jsonschema_rs raises.

        It takes plain JSON only, which flawed text need not be, and patterns only of the kind that its engine reads
        like ours.
        """
        try:
            fast = self._fast.of(pointer)
            return None if fast is None else fast.is_valid(instance)
        except ValueError:
            return None

    def violations(
        self, pointer: str, instance: Any, *, size: int = 0, status: int = 0, place: str = "body"
    ) -> list[Violation]:
        """Return the violations of the schema by the instance, each once; none if it is valid.

        `size` is the instance's length as JSON, in bytes; `status` and `place` locate it in a response.
        """
        try:
            found = self._errors(pointer, instance, size)
        except RecursionError:
            return [Violation("json.depth", status, place, pointer, actual=text_of("nested too deeply to be judged"))]
        return list(dict.fromkeys(self._violation(error, pointer, status, place) for error in found))

    def _errors(self, pointer: str, instance: Any, size: int) -> list[SchemaError]:
        quick = self.opinion(pointer, instance) if size >= LARGE else None
        if quick:
            return []
        # Nothing left after pruning means that the validators differ: then jsonschema alone decides.
        pruned = self._run(self._pruning, pointer, instance) if quick is False else []
        return pruned or self._run(self._exact, pointer, instance)

    def _run(self, validator: JsonSchemaValidator, pointer: str, instance: Any) -> list[SchemaError]:
        errors = descend(validator, instance, self._target(pointer), {}, "$ref")
        return [leaf for error in errors for leaf in _leaves(error)]

    def _violation(self, error: SchemaError, root: str, status: int, place: str) -> Violation:
        keyword = str(error.validator)
        actual: Any = error.instance
        base = self._places.get(id(error.schema))
        return Violation(
            _RULES.get(keyword, keyword if "." in keyword else f"schema.{keyword}"),
            status,
            place + to_pointer(*error.absolute_path),
            root if base is None else base + to_pointer(*(error.keyword or (keyword,))),
            _json(error.validator_value),
            _json(actual),
            _variant(keyword, actual),
            error.branch,
            _suggestion(keyword, actual, error.validator_value),
        )

    def _compile(self, beyond_doubt: Callable[[Any, Any], bool]) -> JsonSchemaValidator:
        unions = {keyword: functools.partial(self._alternatives, keyword) for keyword in ("oneOf", "anyOf")}
        types: Any = Types(self._target, beyond_doubt)
        made: Any = validators.extend(Draft202012Validator, {**ASSERTIONS, **unions}, type_checker=types)  # type: ignore[no-untyped-call]
        # The whole document is given, because `unevaluatedItems` of jsonschema follows references by itself.
        return made(self._document.contents, format_checker=format_checker())  # type: ignore[no-any-return]

    def _beyond_doubt(self, schema: Any, instance: Any) -> bool:
        return bool(self.opinion(self._places.get(id(schema), ""), instance))

    def _alternatives(
        self, keyword: str, validator: Any, branches: Any, instance: Any, schema: Any
    ) -> Iterator[ValidationError]:
        union = self._document.unions.get(self._places[id(schema)])
        if union is not None and union.keyword == keyword:
            return self._union(validator, union, instance, schema)
        return alternatives(keyword, validator, branches, instance, schema)

    def _union(self, validator: Any, union: Union, instance: Any, schema: Any) -> Iterator[ValidationError]:
        """Yield the errors in the branch that the tag names (OpenAPI 3.1.0, "Discriminator Object")."""
        if not isinstance(instance, dict):
            yield from self._scalar(validator, union, instance, schema)
            return
        tag, claimed = instance.get(union.tag, NOTHING), union.claimed(instance)
        if claimed is None:
            problem = "missing" if tag is NOTHING else "unknown" if isinstance(tag, str) else "type"
            yield broken(f"union.tag-{problem}", list(union.tags), tag, schema, union.tag, keyword=("discriminator",))
            return
        target = self._document.resolve(claimed.target)[1]
        errors = list(descend(validator, instance, target, schema, *from_pointer(claimed.pointer)[-2:]))
        for error in errors:
            _name_branch(error, tag)
        fitting = self._fitting(validator, union, claimed, instance) if errors else []
        # Where the keyword alone is kept, only the discriminator says that another branch was meant.
        kept = len(fitting) == 1 or (bool(fitting) and union.keyword == "anyOf")
        yield from (
            (_of_wrong_branch(leaf, claimed, fitting) for each in errors for leaf in _leaves(each)) if kept else errors
        )
        if not errors and union.keyword == "oneOf":
            yield from self._ambiguous(validator, union, claimed, instance, schema)

    def _scalar(self, validator: Any, union: Union, instance: Any, schema: Any) -> Iterator[ValidationError]:
        fitting = next((branch for branch in union.untagged if self._fits(validator, branch, instance)), None)
        if fitting is None:
            types = [kind for branch in union.untagged for kind in _types(self._document.resolve(branch.target)[1])]
            yield broken("type", ["object", *types], instance, schema, keyword=(union.keyword,))
        elif union.keyword == "oneOf":
            yield from self._ambiguous(validator, union, fitting, instance, schema)

    def _ambiguous(
        self, validator: Any, union: Union, claimed: Branch, instance: Any, schema: Any
    ) -> Iterator[ValidationError]:
        if too := self._fitting(validator, union, claimed, instance):
            expected = f"no branch but the claimed one, fits {', '.join(too)} too"
            yield broken("union.ambiguous", expected, instance, schema, keyword=(union.keyword,))

    def _fitting(self, validator: Any, union: Union, claimed: Branch, instance: Any) -> list[str]:
        """Return the names of the branches that the instance fits, without the claimed one."""
        others = (branch for branch in (*union.tagged, *union.untagged) if branch is not claimed)
        return [branch.name for branch in others if self._fits(validator, branch, instance)]

    def _fits(self, validator: Any, branch: Branch, instance: Any) -> bool:
        return bool(evolved(validator, self._document.resolve(branch.target)[1]).is_valid(instance))


def _context(error: SchemaError) -> list[SchemaError]:
    return [inner for inner in error.context or () if isinstance(inner, SchemaError)]


def _name_branch(error: SchemaError, tag: str) -> None:
    # The innermost union names the branch, because an outer tag says less about the place.
    error.branch = error.branch or tag
    for inner in _context(error):
        _name_branch(inner, tag)


def _of_wrong_branch(error: SchemaError, claimed: Branch, fitting: list[str]) -> SchemaError:
    """Return the error of a claimed branch as one of the tag's, because the value fits other branches."""
    expected = f"what {claimed.name} asks for ({error.validator}), while all fits {' and '.join(fitting)}"
    path, keyword = error.absolute_path, error.keyword or (str(error.validator),)
    made = broken("union.wrong-branch", expected, error.instance, error.schema, *path, keyword=keyword)
    made.branch = error.branch
    return made


def _leaves(error: SchemaError) -> Iterator[SchemaError]:
    """Yield the errors to report: of alternatives that all failed, those of the alternative closest to fitting."""
    if not error.context or error.validator not in ("anyOf", "oneOf"):
        yield error
        return
    by_branch: dict[Any, list[SchemaError]] = {}
    for inner in _context(error):
        by_branch.setdefault(inner.schema_path[0], []).append(inner)
    suited = [errors for errors in by_branch.values() if not any(map(_excludes, errors))]
    typed = [errors for errors in by_branch.values() if _is_of_its_type(errors)]
    # The only alternative of the instance's type was meant, even if it does not list the value.
    if suited or len(typed) == 1:
        for inner in min(suited or typed, key=_distance):
            yield from _leaves(inner)
        return
    error.validator_value = _summary(error)
    yield error


def _distance(errors: list[SchemaError]) -> tuple[int, int]:
    """Return how far a branch is from fitting; of two equally far, a wrong constant inside shows another kind."""
    return len(errors), sum(error.validator == "const" for error in errors)


def _is_of_its_type(errors: list[SchemaError]) -> bool:
    """Return whether the branch names a type, and the instance is of it."""
    whole = [error for error in errors if not error.relative_path]
    typed = any(isinstance(error.schema, dict) and "type" in error.schema for error in whole)
    return typed and all(error.validator != "type" for error in whole)


def _excludes(error: SchemaError) -> bool:
    """Return whether the error shows that the instance is of another kind altogether."""
    if error.relative_path:
        return False
    if error.validator in ("anyOf", "oneOf") and error.context:
        branches = {inner.schema_path[0] for inner in error.context}
        return branches == {inner.schema_path[0] for inner in _context(error) if _excludes(inner)}
    return error.validator in ("type", "const", "enum", "schema.false")


def _summary(error: SchemaError) -> list[Any]:
    """Return the types and values that would have been of the right kind in any branch, each once."""
    wanted: dict[str, Any] = {}
    for inner in filter(_excludes, _context(error)):
        value = _summary(inner) if inner.context else inner.validator_value
        values = value if isinstance(value, list) and inner.validator != "const" else [value]
        wanted.update({repr(each): each for each in values if each is not NOTHING})
    return list(wanted.values())


def _json(value: Any) -> str:
    return "" if value is NOTHING else text_of(value)


_RULES: Final = {"minContains": "schema.contains", "maxContains": "schema.contains"}


def _variant(keyword: str, instance: Any) -> str:
    """Return the part that distinguishes violations of one keyword at one place: the actual type or unlisted value."""
    if keyword in ("type", "anyOf", "oneOf"):
        return json_type(instance)
    if keyword in ("enum", "const", "union.tag-unknown") and not isinstance(instance, (dict, list)):
        return str(instance)[:80]
    return ""


def _suggestion(keyword: str, instance: Any, expected: Any) -> str:
    if keyword not in ("enum", "const", "union.tag-unknown") or not isinstance(instance, str):
        return ""
    legal = [value for value in (expected if isinstance(expected, list) else [expected]) if isinstance(value, str)]
    folded = {value.casefold(): value for value in legal}
    close = get_close_matches(instance.strip().casefold(), folded)
    return folded[close[0]] if close else ""


def _types(schema: dict[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)
