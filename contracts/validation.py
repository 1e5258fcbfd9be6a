"""A document's schemas, compiled: what in an instance breaks them, as values.

jsonschema gives the verdict and the place. jsonschema_rs, hundreds of times faster, spares it the parts of a large
instance that are beyond doubt. The union is judged in the branch that its tag claims (`discriminator`).
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final
from urllib.parse import quote

import jsonschema_rs
from jsonschema import Draft202012Validator, ValidationError, validators
from jsonschema.protocols import Validator as JsonSchemaValidator

from contracts import dialect, formats
from contracts.assertions import ASSERTIONS, NOTHING, Keyword, Types, alternatives, broken, descend, evolved
from contracts.discriminator import Branch, Union
from contracts.document import Document
from contracts.json_text import text_of
from contracts.pointer import join, split
from contracts.violation import Violation

LARGE: Final = 16 * 1024
"""From this many bytes of JSON on, what jsonschema_rs finds valid is not read again by jsonschema."""


@functools.lru_cache(maxsize=16)
def compiled(document: Document) -> Validation:
    """The document's validation, made once."""
    return Validation(document)


class Validation:
    """Every schema of one document, ready to judge instances."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._places = {id(node): pointer for pointer, node in _nodes(document.contents)}
        self._fast = jsonschema_rs.validator_map_for(
            _tightened(document),
            formats=formats.STRICTER,
            validate_formats=True,
        )
        # References resolve in this one file: a registry would cost 1.7 times as much.
        self._target = functools.cache(document.schema)
        self._exact = self._compile(prune=False)
        self._pruning = self._compile(prune=True)

    def is_valid(self, pointer: str, instance: Any) -> bool:
        """What jsonschema_rs says, the tag rule included; about a thousand times faster than `findings`."""
        quick = self.opinion(pointer, instance)
        return not self.violations(pointer, instance) if quick is None else quick

    def opinion(self, pointer: str, instance: Any) -> bool | None:
        """What jsonschema_rs says; None if nothing: it takes plain JSON only, which flawed text need not be."""
        fast = self._fast.get(pointer)
        try:
            return None if fast is None else bool(fast.is_valid(instance))
        except ValueError:
            return None

    def violations(
        self, pointer: str, instance: Any, *, size: int = 0, status: int = 0, place: str = "body"
    ) -> list[Violation]:
        """What the instance breaks of the schema at the pointer, each once; none if it keeps it.

        `size` is the instance's length as JSON, in bytes; `status` and `place` say where in an answer it stood.
        """
        try:
            if size >= LARGE:
                found = self._beyond_the_valid(pointer, instance, status, place)
                if found is not None:
                    return found
            return self._run(self._exact, pointer, instance, status, place)
        except RecursionError:
            return [Violation("json.depth", status, place, pointer, actual=text_of("nested too deeply to be judged"))]

    def _beyond_the_valid(self, pointer: str, instance: Any, status: int, place: str) -> list[Violation] | None:
        """The violations, found without a look at what jsonschema_rs finds valid; None where that settles nothing."""
        quick = self.opinion(pointer, instance)
        if quick is not False:
            return None if quick is None else []
        # Nothing left after pruning means that the validators differ: then jsonschema alone decides.
        return self._run(self._pruning, pointer, instance, status, place) or None

    def _run(
        self, validator: JsonSchemaValidator, pointer: str, instance: Any, status: int, place: str
    ) -> list[Violation]:
        errors = self._ref(prune=False)(validator, pointer, instance, {})
        leaves = (leaf for error in errors for leaf in _leaves(error))
        return list(dict.fromkeys(self._told(leaf, pointer, status, place) for leaf in leaves))

    def _told(self, error: ValidationError, root: str, status: int, place: str) -> Violation:
        keyword = str(error.validator)
        actual: Any = error.instance
        base = self._places.get(id(error.schema))
        return Violation(
            _RULES.get(keyword, keyword if "." in keyword else f"schema.{keyword}"),
            status,
            place + join(*error.absolute_path),
            root if base is None else base + join(*getattr(error, "keyword", (keyword,))),
            _json(error.validator_value),
            _json(actual),
            _cause(keyword, actual),
            getattr(error, "branch", ""),
            _nearest(keyword, actual, error.validator_value),
        )

    def _compile(self, *, prune: bool) -> JsonSchemaValidator:
        made: Any = validators.extend(  # type: ignore[no-untyped-call]
            Draft202012Validator,
            {
                **ASSERTIONS,
                "$ref": self._ref(prune),
                "properties": self._properties(prune),
                "items": self._items(prune),
                "oneOf": self._alternatives("oneOf"),
                "anyOf": self._alternatives("anyOf"),
            },
            type_checker=Types(),
        )
        made.evolved = {}
        # The whole document, because `unevaluated...` of jsonschema follows references by itself.
        return made(self._document.contents, format_checker=formats.checker())  # type: ignore[no-any-return]

    def _beyond_doubt(self, schema: Any, instance: Any) -> bool:
        return bool(self.opinion(self._places.get(id(schema), ""), instance))

    def _ref(self, prune: bool) -> Keyword:
        def ref(validator: Any, ref: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
            target = self._target(ref)
            if not (prune and self._beyond_doubt(target, instance)):
                yield from descend(validator, instance, target, schema, "$ref")

        return ref

    def _properties(self, prune: bool) -> Keyword:
        def properties(validator: Any, properties: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
            if not isinstance(instance, dict):
                return
            for name, subschema in properties.items():
                if name in instance and not (prune and self._beyond_doubt(subschema, instance[name])):
                    yield from descend(validator, instance[name], subschema, schema, "properties", name, path=name)

        return properties

    def _items(self, prune: bool) -> Keyword:
        def items(validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
            if not isinstance(instance, list):
                return
            for index in range(len(schema.get("prefixItems", ())), len(instance)):
                if not (prune and self._beyond_doubt(items, instance[index])):
                    yield from descend(validator, instance[index], items, schema, "items", path=index)

        return items

    def _alternatives(self, keyword: str) -> Keyword:
        def judged(validator: Any, branches: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
            union = self._document.unions.get(self._places[id(schema)])
            if union is not None and union.keyword == keyword:
                return self._union(validator, union, instance, schema)
            return alternatives(keyword, validator, branches, instance, schema)

        return judged

    def _union(self, validator: Any, union: Union, instance: Any, schema: Any) -> Iterator[ValidationError]:
        """OpenAPI 3.1.0, "Discriminator Object": the tag says which branch the instance must be valid against."""
        if not isinstance(instance, dict):
            yield from self._scalar(validator, union, instance, schema)
        elif union.tag not in instance:
            yield _misnamed("union.tag-missing", union, NOTHING, schema)
        elif not isinstance(instance[union.tag], str):
            yield _misnamed("union.tag-type", union, instance[union.tag], schema)
        elif (claimed := union.claimed(instance)) is None:
            yield _misnamed("union.tag-unknown", union, instance[union.tag], schema)
        else:
            target = self._document.resolve(claimed.target)[1]
            errors = list(descend(validator, instance, target, schema, *split(claimed.pointer)[-2:]))
            for error in errors:
                _name_branch(error, instance[union.tag])
            yield from errors
            if not errors and union.keyword == "oneOf":
                yield from self._ambiguous(validator, union, claimed, instance, schema)

    def _scalar(self, validator: Any, union: Union, instance: Any, schema: Any) -> Iterator[ValidationError]:
        fitting = next((branch for branch in union.untagged if self._fits(validator, branch, instance)), None)
        if fitting is None:
            types = [kind for branch in union.untagged for kind in _types(self._document.resolve(branch.target)[1])]
            yield broken("type", ["object", *types], instance, schema, (union.keyword,))
        elif union.keyword == "oneOf":
            yield from self._ambiguous(validator, union, fitting, instance, schema)

    def _ambiguous(
        self, validator: Any, union: Union, claimed: Branch, instance: Any, schema: Any
    ) -> Iterator[ValidationError]:
        others = (branch for branch in (*union.tagged, *union.untagged) if branch is not claimed)
        too = [branch.name for branch in others if self._fits(validator, branch, instance)]
        if too:
            expected = f"no branch but the claimed one, fits {', '.join(too)} too"
            yield broken("union.ambiguous", expected, instance, schema, (union.keyword,))

    def _fits(self, validator: Any, branch: Branch, instance: Any) -> bool:
        return bool(evolved(validator, self._document.resolve(branch.target)[1]).is_valid(instance))


def _misnamed(rule: str, union: Union, tag: Any, schema: Any) -> ValidationError:
    return broken(rule, list(union.tags), tag, schema, ("discriminator",), union.tag)


def _name_branch(error: ValidationError, tag: str) -> None:
    # The innermost union speaks: an outer tag says less about the place.
    if not getattr(error, "branch", None):
        error.branch = tag  # type: ignore[attr-defined]
    for inner in error.context or ():
        _name_branch(inner, tag)


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """The errors that say what is wrong: of alternatives that all failed, those of the one that came nearest."""
    if not error.context or error.validator not in ("anyOf", "oneOf"):
        yield error
        return
    by_branch: dict[Any, list[ValidationError]] = {}
    for inner in error.context:
        by_branch.setdefault(inner.schema_path[0], []).append(inner)
    suited = [errors for errors in by_branch.values() if not any(map(_excludes, errors))]
    typed = [errors for errors in by_branch.values() if _is_of_its_type(errors)]
    # The only alternative of the instance's type was meant, even if the value is none that it lists.
    if suited or len(typed) == 1:
        for inner in min(suited or typed, key=_distance):
            yield from _leaves(inner)
        return
    error.validator_value = _summary(error)
    yield error


def _distance(errors: list[ValidationError]) -> tuple[int, int]:
    """How far a branch is from fitting; of two equally far, a wrong constant inside tells of another kind."""
    return len(errors), sum(error.validator == "const" for error in errors)


def _is_of_its_type(errors: list[ValidationError]) -> bool:
    """Whether the branch names a type, and the instance is of it."""
    whole = [error for error in errors if not error.relative_path]
    typed = any(isinstance(error.schema, dict) and "type" in error.schema for error in whole)
    return typed and all(error.validator != "type" for error in whole)


def _excludes(error: ValidationError) -> bool:
    """Whether the error says that the instance is of another kind altogether."""
    if error.relative_path:
        return False
    if error.validator in ("anyOf", "oneOf") and error.context:
        branches = {inner.schema_path[0] for inner in error.context}
        return branches == {inner.schema_path[0] for inner in error.context if _excludes(inner)}
    return error.validator in ("type", "const", "enum", "schema.false")


def _summary(error: ValidationError) -> list[Any]:
    """What would have been of the right kind, over all branches, each once."""
    wanted: dict[str, Any] = {}
    for inner in filter(_excludes, error.context or ()):
        value = _summary(inner) if inner.context else inner.validator_value
        values = value if isinstance(value, list) and inner.validator != "const" else [value]
        wanted.update({repr(each): each for each in values if each is not NOTHING})
    return list(wanted.values())


def _json(value: Any) -> str:
    return "" if value is NOTHING else text_of(value)


_RULES: Final = {"minContains": "schema.contains", "maxContains": "schema.contains"}


def _cause(keyword: str, instance: Any) -> str:
    """What tells two violations of one keyword at one place apart: the type got, or the value not listed."""
    if keyword in ("type", "anyOf", "oneOf"):
        return dialect.json_type(instance)
    if keyword in ("enum", "const", "union.tag-unknown") and not isinstance(instance, (dict, list)):
        return str(instance)[:80]
    return ""


def _nearest(keyword: str, instance: Any, expected: Any) -> str:
    if keyword not in ("enum", "const", "union.tag-unknown") or not isinstance(instance, str):
        return ""
    legal = [value for value in (expected if isinstance(expected, list) else [expected]) if isinstance(value, str)]
    folded = {value.casefold(): value for value in legal}
    close = get_close_matches(instance.strip().casefold(), folded)
    return folded[close[0]] if close else ""


def _types(schema: dict[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _nodes(contents: Any) -> Iterator[tuple[str, Any]]:
    """Every object of the document with its place: an error names its schema only by identity."""
    waiting: list[tuple[str, Any]] = [("#", contents)]
    while waiting:
        pointer, node = waiting.pop()
        if isinstance(node, dict):
            yield pointer, node
            waiting += [(pointer + join(name), item) for name, item in node.items()]
        elif isinstance(node, list):
            waiting += [(pointer + join(index), item) for index, item in enumerate(node)]


def _tightened(document: Document) -> Any:
    """The document as jsonschema_rs shall judge it: the tag rule and the widths of integers written out as schemas."""
    contents = copy.deepcopy(document.contents)
    for pointer, union in document.unions.items():
        at = dict(_nodes(contents))[pointer]
        at["allOf"] = [*at.get("allOf", ()), _tag_rule(union)]
    for pointer, node in list(_nodes(contents)):
        if _in_a_value(split(pointer)):
            continue
        bits = {"int32": 31, "int64": 63}.get(str(node.get("format")))
        if bits:
            width = {"if": {"type": "integer"}, "then": {"minimum": -(2**bits), "maximum": 2**bits - 1}}
            node["allOf"] = [*node.get("allOf", ()), width]
    return contents


def _in_a_value(parts: list[str]) -> bool:
    values = ("const", "default", "enum", "example", "examples")
    names = {*dialect.NAMED, "schemas"}
    return any(part in values and before not in names for before, part in pairwise(parts))


def _reference(branch: Branch) -> dict[str, Any]:
    # A URI fragment, and so without braces, as a path has them (RFC 6901, section 6).
    return {"$ref": "#" + quote(branch.target[1:])}


def _tag_rule(union: Union) -> dict[str, Any]:
    claims = [
        {"if": {"properties": {union.tag: {"enum": list(branch.tags)}}}, "then": _reference(branch)}
        for branch in union.tagged
    ]
    tagged = {"required": [union.tag], "properties": {union.tag: {"enum": list(union.tags)}}, "allOf": claims}
    untagged = {"anyOf": [_reference(branch) for branch in union.untagged]} if union.untagged else False
    return {"if": {"type": "object"}, "then": tagged, "else": untagged}
