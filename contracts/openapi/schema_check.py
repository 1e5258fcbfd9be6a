"""Check that every schema which a response or parameter can reach can be judged, and find the unions among them.

Hides the walk through `$ref`s and subschemas, and the rules by which a schema is refused. Nothing in the document is
changed: a copy takes the `false` schemas that keep writeOnly properties out of responses.
"""

import graphlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import jsonschema

from contracts.openapi import schema_keywords
from contracts.openapi.discriminator import Union, union_at
from contracts.openapi.errors import DocumentError
from contracts.openapi.formats import FORMATS
from contracts.openapi.patterns import pattern_error
from contracts.openapi.pointer import follow_references, from_pointer, is_local_reference, resolve_pointer, to_pointer

_METASCHEMA: Final = jsonschema.Draft202012Validator(jsonschema.Draft202012Validator.META_SCHEMA)
_HOLDERS: Final[Mapping[str, type]] = {
    **dict.fromkeys(schema_keywords.MANY, list),
    **dict.fromkeys(schema_keywords.NAMED, dict),
}


class SchemaCheck:
    """Checks the schemas of one document.

    `checked` collects the JSON pointers of the schemas, `notes` collects sentences on parts that are odd but legal.
    `check` is called for each schema of the operations, then `conclude` once. Both raise DocumentError.
    """

    def __init__(self, path: Path, contents: Any, annotations: frozenset[str]) -> None:
        self.checked: set[str] = set()
        self.notes: list[str] = []
        self._path, self._contents, self._annotations = path, contents, annotations
        # Schema to the schemas that judge the same instance.
        self._in_place: dict[str, list[str]] = {}
        # Schema to the names of its properties that no response may hold.
        self._write_only: dict[str, list[str]] = {}

    def check(self, pointer: str) -> None:
        """Raise DocumentError for the first part that could not be judged in a schema and all that it reaches."""
        waiting = [pointer]
        while waiting:
            at = waiting.pop()
            if at not in self.checked:
                self.checked.add(at)
                waiting += self._check_one(at, self._at(at))

    def conclude(self) -> tuple[Any, dict[str, Union]]:
        """Return the contents with writeOnly properties closed, and the unions by JSON pointer."""
        self._refuse_endless()
        self._contents = self._closed()
        # Only now does every reference in them lead somewhere, and to an end.
        found = {at: union for at in self._in_place if (union := self._union(at))}
        return self._contents, found

    def meant(self, pointer: str) -> dict[str, Any]:
        """Return the keywords of the schema that a place means; none if it is a boolean or its references fail.

        A failing reference is reported by `check`.
        """
        with suppress(LookupError, ValueError):
            value = follow_references(self._contents, pointer)[1]
            return value if isinstance(value, dict) else {}
        return {}

    def _at(self, pointer: str) -> Any:
        return resolve_pointer(self._contents, from_pointer(pointer))

    def _refusal(self, pointer: str, problem: str, fix: str) -> DocumentError:
        return DocumentError(self._path, pointer, problem, fix)

    def _check_one(self, at: str, schema: Any) -> Iterator[str]:
        """Check one schema by itself; yield the places of the schemas that it leads to."""
        if isinstance(schema, bool):
            return
        if not isinstance(schema, dict):
            raise self._refusal(at, "is no schema", "make it an object or a boolean")
        for keyword in schema:
            self._check_keyword(at, keyword, schema)
        own = {keyword: value for keyword, value in schema.items() if keyword in schema_keywords.ASSERTIONS}
        error = jsonschema.exceptions.best_match(_METASCHEMA.iter_errors(own))
        if error is not None:
            place = at + to_pointer(*error.absolute_path)
            raise self._refusal(place, f"is no value for this keyword: {error.message}", "see JSON Schema 2020-12")
        self._find_write_only(at, schema)
        self._in_place[at] = []
        for path, _ in schema_keywords.subschemas(schema):
            if path[0] != "properties" or path[1] not in self._write_only.get(at, ()):
                to = at + to_pointer(*path)
                if path[0] in schema_keywords.IN_PLACE:
                    self._in_place[at].append(to)
                yield to
        if "$ref" in schema:
            self._in_place[at].append(self._target(at, schema["$ref"]))
            yield self._in_place[at][-1]

    def _find_write_only(self, at: str, schema: dict[str, Any]) -> None:
        for name in schema.get("properties", ()):
            place = at + to_pointer("properties", name)
            if self.meant(place).get("writeOnly") is True:
                self.notes.append(f"{place} is writeOnly: no response may hold it")
                self._write_only.setdefault(at, []).append(name)

    def _closed(self) -> Any:
        """Return the contents with each writeOnly property `false` and not required.

        Such a property is never present in a response (JSON Schema 2020-12 Validation, section 9.4).
        """
        contents = self._contents
        for at, names in self._write_only.items():
            parts = from_pointer(at)
            schema: Any = resolve_pointer(contents, parts)
            closed = {**schema, "properties": {**schema["properties"], **dict.fromkeys(names, False)}}
            if "required" in schema:
                closed["required"] = [name for name in schema["required"] if name not in names]
            contents = _replaced(contents, parts, closed)
        for at in sorted(self.checked):
            try:
                resolve_pointer(contents, from_pointer(at))
            except LookupError:
                problem = "is referred to, and stands inside a writeOnly property"
                raise self._refusal(at, problem, "move it to components and refer to it there") from None
        return contents

    def _target(self, at: str, ref: Any) -> str:
        place = at + to_pointer("$ref")
        if not isinstance(ref, str) or not ref.startswith("#"):
            raise self._refusal(place, f"refers to another file: {ref}", "put the schema into this file")
        with suppress(LookupError, ValueError):
            self._at(ref)
            if is_local_reference(ref):
                return "#" + to_pointer(*from_pointer(ref))
        if not ref.startswith("#/"):
            raise self._refusal(
                place, f"refers to an anchor: {ref}", "write the JSON pointer of the schema, as #/components/..."
            )
        raise self._refusal(place, f"dangles: nothing stands at {ref}", "refer to a place that exists")

    def _check_keyword(self, at: str, keyword: str, schema: dict[str, Any]) -> None:
        place, value = at + to_pointer(keyword), schema[keyword]
        if keyword in schema_keywords.ELSEWHERE:
            problem = f"is a keyword that is not judged: {keyword}"
            raise self._refusal(place, problem, schema_keywords.ELSEWHERE[keyword])
        if keyword not in schema_keywords.KNOWN and keyword not in self._annotations and not keyword.startswith("x-"):
            fix = f"correct it, rename it x-{keyword}, or vouch that it asserts nothing by --annotation {keyword}"
            raise self._refusal(place, f"is an unknown keyword: {keyword}", fix)
        if keyword == "format" and isinstance(value, str) and value not in FORMATS:
            fix = f"use one of {', '.join(sorted(FORMATS))}, or a pattern"
            raise self._refusal(place, f"is a format that cannot be asserted: {value}", fix)
        if keyword == "format" and value == "byte":
            self.notes.append(f"{place} is byte: whether the text is base64 is not judged")
        if keyword in _HOLDERS and not isinstance(value, _HOLDERS[keyword]):
            raise self._refusal(place, "holds no schemas", "see JSON Schema 2020-12")
        if keyword == "$schema" and not schema_keywords.understood(value):
            raise self._refusal(place, f"is another dialect: {value}", "write JSON Schema 2020-12")
        patterns = {"pattern": [value], "patternProperties": value}
        for pattern in map(str, patterns.get(keyword, ())):
            if error := pattern_error(pattern):
                raise self._refusal(place, f"holds no pattern: {pattern} ({error})", "write it as ECMA-262 does")

    def _union(self, at: str) -> Union | None:
        schema = self._at(at)
        union = union_at(at, schema, lambda pointer: follow_references(self._contents, pointer), self._refusal)
        if union is None:
            if isinstance(schema, dict) and "discriminator" in schema:
                self.notes.append(f"{at}/discriminator has no oneOf or anyOf beside it: no branch is judged by it")
            return None
        mapping = schema["discriminator"].get("mapping", {})
        if any(isinstance(value, dict) for value in mapping.values()):
            self.notes.append(f"{at}/discriminator/mapping holds objects where OpenAPI 3.1 wants strings")
        loose = [
            branch.name for branch in union.tagged if union.tag not in self.meant(branch.target).get("required", ())
        ]
        if loose:
            count = f"{len(loose)} of {len(union.tagged)}"
            self.notes.append(f"{at}: {count} branches do not require the tag {union.tag!r}, so that it may be absent")
        return union

    def _refuse_endless(self) -> None:
        """Refuse a schema that reaches itself without going into the instance: judging it would never end."""
        try:
            graphlib.TopologicalSorter(self._in_place).prepare()
        except graphlib.CycleError as error:
            fix = "let it refer to a part of the instance"
            raise self._refusal(error.args[1][0], "refers back to itself endlessly", fix) from None


def _replaced(value: Any, parts: list[str], new: Any) -> Any:
    """Return the value with another at the place; only the containers on the way there are copied."""
    if not parts:
        return new
    copy = value.copy()
    part = int(parts[0]) if isinstance(value, list) else parts[0]
    copy[part] = _replaced(value[part], parts[1:], new)
    return copy
