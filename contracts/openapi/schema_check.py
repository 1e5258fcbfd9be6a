"""Check which schemas that a response or parameter can reach can be judged, and find the unions among them.

Hides the walk through `$ref`s and subschemas, and the rules by which a schema is refused. Nothing in the document is
changed: a copy takes the `false` schemas that keep writeOnly properties out of responses, and loses what is refused.
"""

import graphlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import jsonschema
import jsonschema_rs

from contracts.errors import DocumentError
from contracts.openapi import schema_keywords
from contracts.openapi.discriminator import Union, union_at
from contracts.openapi.files import unread_reference
from contracts.openapi.formats import FORMATS
from contracts.openapi.patterns import pattern_error
from contracts.openapi.pointer import (
    follow_references,
    from_pointer,
    is_local_reference,
    replaced,
    resolve_pointer,
    to_pointer,
)

_METASCHEMA: Final = jsonschema.Draft202012Validator(jsonschema.Draft202012Validator.META_SCHEMA)


def _is_plainly_legal(schema: dict[str, Any]) -> bool:
    """Return whether jsonschema_rs, a hundred times faster, finds nothing wrong; it takes plain JSON only."""
    try:
        return jsonschema_rs.meta.is_valid(schema)
    except ValueError:
        return False


_HOLDERS: Final[Mapping[str, type]] = {
    **dict.fromkeys(schema_keywords.MANY, list),
    **dict.fromkeys(schema_keywords.NAMED, dict),
}


class SchemaCheck:
    """Checks the schemas of one document.

    `checked` collects the JSON pointers of the schemas, `notes` collects sentences on parts that are odd but legal.
    `check` is called for each schema of the operations, then `conclude` once.
    """

    def __init__(self, path: Path, contents: Any, annotations: frozenset[str]) -> None:
        self.checked: set[str] = set()
        self.notes: list[str] = []
        self._path, self._contents, self._annotations = path, contents, annotations
        # Schema to the schemas that it leads to, and to those of them that judge the same instance.
        self._leads: dict[str, list[str]] = {}
        self._in_place: dict[str, list[str]] = {}
        # Schema to the schema that its `$ref` means.
        self._target: dict[str, str] = {}
        # Schema to the names of its properties that no response may hold.
        self._write_only: dict[str, list[str]] = {}
        # Keyword or format that asserts nothing, with what to do about it, to the places of its uses.
        self._silent: dict[tuple[str, str], list[str]] = {}
        # Schema to what is refused of it: a keyword or, by the empty text, all of it.
        self._refused: dict[str, dict[str, DocumentError]] = {}

    def check(self, pointer: str) -> None:
        """Check a schema and all that it reaches; what cannot be judged is kept for `conclude`."""
        waiting = [pointer]
        while waiting:
            at = waiting.pop()
            if at not in self.checked:
                self.checked.add(at)
                self._leads[at] = list(self._check_one(at, self._at(at)))
                waiting += self._leads[at]

    def conclude(self) -> tuple[Any, dict[str, Union], dict[str, tuple[DocumentError, ...]]]:
        """Return the contents, the unions by JSON pointer, and why schemas cannot be judged, by JSON pointer.

        In the contents writeOnly properties are closed, and every keyword that is refused is missing, so that whatever
        reads the whole document can read it. A schema cannot be judged if any that it reaches cannot.
        """
        self._refuse_endless()
        closed = self._closed()
        # Only now does every reference in them lead somewhere, and to an end.
        self._contents = self._without_refused(self._without_silent(closed))
        self.checked = {at for at in self.checked if self._is_there(at)}
        found = self._unions()
        self._contents = self._without_silent(self._contents)
        self._note_silent()
        return self._contents, found, self._unjudged()

    def _unions(self) -> dict[str, Union]:
        found: dict[str, Union] = {}
        for at in (each for each in self._leads if each in self.checked):
            try:
                union = self._union(at)
            except DocumentError as error:
                words = f"{error.pointer} {error.problem}: the discriminator beside it"
                self._silence(at + to_pointer("discriminator"), words, f"{error.fix}, or leave it out")
            else:
                found |= {at: union} if union else {}
        return found

    def _unjudged(self) -> dict[str, tuple[DocumentError, ...]]:
        """Return every schema that reaches a refused one, with the reasons."""
        above: dict[str, list[str]] = {}
        for at, reached in self._leads.items():
            for to in reached:
                above.setdefault(to, []).append(at)
        reasons: dict[str, dict[DocumentError, None]] = {}
        for refused, errors in self._refused.items():
            waiting, seen = [refused], {refused}
            while waiting:
                at = waiting.pop()
                reasons.setdefault(at, {}).update(dict.fromkeys(errors.values()))
                new = set(above.get(at, ())) - seen
                seen |= new
                waiting += new
        return {at: tuple(found) for at, found in reasons.items()}

    def _silence(self, place: str, what: str, fix: str) -> None:
        """Read what stands at a place as an annotation: it is noted once, and no validator sees it."""
        self._silent.setdefault((what, fix), []).append(place)

    def _note_silent(self) -> None:
        formats = [what.removeprefix(_FORMAT) for what, _ in self._silent if what.startswith(_FORMAT)]
        for (what, fix), places in self._silent.items():
            if not what or (what.startswith(_FORMAT) and what != _FORMAT + formats[0]):
                continue  # An annotation as it should be, or a format that the note on the first one names.
            more = f" and {len(places) - 1} more" if len(places) > 1 else ""
            others = f", and so do {', '.join(formats[1:])}" if what.startswith(_FORMAT) and formats[1:] else ""
            self.notes.append(f"{what} asserts nothing ({places[0]}{more}){others}; {fix}")

    def _refuse(self, at: str, keyword: str, error: DocumentError) -> None:
        self._refused.setdefault(at, {}).setdefault(keyword, error)

    def _without_silent(self, contents: Any) -> Any:
        for place in (place for places in self._silent.values() for place in places):
            *holder, keyword = from_pointer(place)
            with suppress(LookupError, ValueError):
                schema: Any = resolve_pointer(contents, holder)
                kept = {name: value for name, value in schema.items() if name != keyword}
                contents = replaced(contents, holder, kept)
        return contents

    def _without_refused(self, contents: Any) -> Any:
        for at, errors in sorted(self._refused.items()):
            with suppress(LookupError):  # A part of a schema that is refused as a whole.
                schema: Any = resolve_pointer(contents, from_pointer(at))
                kept = {} if "" in errors else {name: value for name, value in schema.items() if name not in errors}
                contents = replaced(contents, from_pointer(at), kept)
        return contents

    def _is_there(self, at: str) -> bool:
        with suppress(LookupError):
            return isinstance(resolve_pointer(self._contents, from_pointer(at)), (dict, bool))
        return False

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
            self._refuse(at, "", self._refusal(at, "is no schema", "make it an object or a boolean"))
            return
        for keyword in schema:
            try:
                self._check_keyword(at, keyword, schema)
            except DocumentError as error:
                self._refuse(at, keyword, error)
        self._check_values(at, schema)
        self._find_write_only(at, schema)
        self._in_place[at] = []
        for path, _ in schema_keywords.subschemas(schema):
            if path[0] != "properties" or path[1] not in self._write_only.get(at, ()):
                to = at + to_pointer(*path)
                if path[0] in schema_keywords.IN_PLACE:
                    self._in_place[at].append(to)
                yield to
        if "$ref" in schema and "$ref" not in self._refused.get(at, ()):
            self._target[at] = "#" + to_pointer(*from_pointer(schema["$ref"]))
            self._in_place[at].append(self._target[at])
            yield self._target[at]

    def _check_values(self, at: str, schema: dict[str, Any]) -> None:
        """Refuse each keyword whose value is none that JSON Schema allows."""
        own = {
            keyword: value
            for keyword, value in schema.items()
            if keyword in schema_keywords.ASSERTIONS and not silent_words(keyword, value)
        }
        errors = [] if _is_plainly_legal(own) else list(_METASCHEMA.iter_errors(own))
        for keyword in {str(error.absolute_path[0]): None for error in errors if error.absolute_path}:
            of_it = (error for error in errors if error.absolute_path and error.absolute_path[0] == keyword)
            error = jsonschema.exceptions.best_match(of_it)
            assert error is not None
            place = at + to_pointer(*error.absolute_path)
            problem = f"is no value for this keyword: {error.message}"
            self._refuse(at, keyword, self._refusal(place, problem, "see JSON Schema 2020-12"))

    def _find_write_only(self, at: str, schema: dict[str, Any]) -> None:
        properties = schema.get("properties")
        for name in properties if isinstance(properties, dict) else ():
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
            if isinstance(schema.get("required"), list):
                closed["required"] = [name for name in schema["required"] if name not in names]
            contents = replaced(contents, parts, closed)
        self._refuse_references_into_closed(contents)
        return contents

    def _refuse_references_into_closed(self, contents: Any) -> None:
        for at, reached in self._leads.items():
            for to in reached:
                try:
                    resolve_pointer(contents, from_pointer(to))
                except LookupError:
                    problem = "is referred to, and stands inside a writeOnly property"
                    error = self._refusal(to, problem, "move it to components and refer to it there")
                    self._refuse(at, "$ref", error)

    def _check_keyword(self, at: str, keyword: str, schema: dict[str, Any]) -> None:
        place, value = at + to_pointer(keyword), schema[keyword]
        if keyword == "$ref":
            self._check_reference(place, value)
        if self._is_silent(at, keyword, value):
            return
        if keyword == "format" and value == "byte":
            self.notes.append(f"{place} is byte: whether the text is base64 is not judged")
        if keyword in _HOLDERS and not isinstance(value, _HOLDERS[keyword]):
            raise self._refusal(place, "holds no schemas", "see JSON Schema 2020-12")
        patterns = {"pattern": [value], "patternProperties": value}
        for pattern in map(str, patterns.get(keyword, ())):
            if error := pattern_error(pattern):
                raise self._refusal(place, f"holds no pattern: {pattern} ({error})", "write it as ECMA-262 does")

    def _is_silent(self, at: str, keyword: str, value: Any) -> bool:
        """Return whether the keyword asserts nothing, and note it then (JSON Schema 2020-12 Core, section 6.5)."""
        place, words = at + to_pointer(keyword), silent_words(keyword, value)
        if keyword == "contentSchema" or (keyword in self._annotations and keyword in schema_keywords.ELSEWHERE):
            self._silent.setdefault(("", ""), []).append(place)
        elif words and keyword not in self._annotations:
            self._silence(place, *words)
        return bool(words)

    def _check_reference(self, place: str, ref: Any) -> None:
        if not isinstance(ref, str):
            raise self._refusal(place, f"is no reference: {ref}", "name a place in this document")
        if not ref.startswith("#"):
            raise unread_reference(self._path, place, ref)
        if ref == "#":
            problem = "refers to the whole document, which is no schema"
            raise self._refusal(place, problem, "write the JSON pointer of the schema, as #/components/...")
        with suppress(LookupError, ValueError):
            self._at(ref)
            if is_local_reference(ref):
                return
        if not ref.startswith("#/"):
            fix = "write the JSON pointer of the schema, as #/components/..."
            raise self._refusal(place, f"refers to an anchor: {ref}", fix)
        raise self._refusal(place, f"dangles: nothing stands at {ref}", "refer to a place that exists")

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
        """Refuse schemas that reach themselves without going into the instance: judging them would never end."""
        while cycle := _cycle(self._in_place):
            # Only a reference leads back, so that every circle has one.
            at = next(each for each in cycle if self._target.get(each) in cycle)
            error = self._refusal(at, "refers back to itself endlessly", "let it refer to a part of the instance")
            self._refuse(at, "$ref", error)
            self._in_place[at].remove(self._target.pop(at))


_FORMAT: Final = "the format "


def silent_words(keyword: str, value: Any) -> tuple[str, str] | None:
    """Return what asserts nothing about a keyword with this value, and the fix; None if it asserts what it should."""
    if keyword == "format":
        fix = "nothing is needed if it describes and does not assert; else add a pattern"
        return (f"{_FORMAT}{value}", fix) if isinstance(value, str) and value not in FORMATS else None
    if keyword in schema_keywords.ELSEWHERE:
        return f"the keyword {keyword}", schema_keywords.ELSEWHERE[keyword]
    if keyword in ("exclusiveMinimum", "exclusiveMaximum") and isinstance(value, bool):
        return f"a boolean {keyword}", "it is OpenAPI 3.0; in 3.1 write the limit itself"
    if keyword == "$schema" and not schema_keywords.understood(value):
        return f"the dialect {value}", "the schema is read as JSON Schema 2020-12"
    if keyword in schema_keywords.KNOWN or keyword.startswith("x-"):
        return None
    close = get_close_matches(keyword, schema_keywords.KNOWN, n=1, cutoff=0.75)
    meant = f"is {close[0]} meant? Otherwise " if close else ""
    return f"the unknown keyword {keyword}", f"{meant}silence this by --annotation {keyword}"


def _cycle(graph: Mapping[str, list[str]]) -> list[str]:
    """Return schemas that lead back to each other; none if there are no such."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []
