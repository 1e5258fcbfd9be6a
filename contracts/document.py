"""An OpenAPI 3.1 document, read and found fit to be judged: its GET operations and what they promise.

Everything that the harness could not judge is refused here, by JSON pointer, before anything is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote, unquote

import jsonschema
import regress

from contracts import dialect, overlay, source
from contracts.discriminator import Union, UnionError, union_at
from contracts.errors import DocumentError
from contracts.formats import FORMATS
from contracts.pointer import find, join, split

PINNED: Final = Path(__file__).parent / "documents" / "sgp-v4.openapi.yaml"
"""The document this harness was made for."""

PINNED_OVERLAY: Final = Path(__file__).parent / "documents" / "sgp-v4.overlay.yaml"
"""What is known of the pinned document's API beyond its words."""

_TEMPLATE: Final = re.compile(r"\{([^{}]+)\}")
_POINTER: Final = re.compile("#(/|$)")
_METHODS: Final = ("get", "head", "options", "post", "put", "patch", "delete", "trace")
_NOUN: Final = {list: "array", dict: "object"}

_Holder = TypeVar("_Holder", list[Any], dict[str, Any])


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path parameter: its name, and where its schema stands in the document."""

    name: str
    schema: str


@dataclass(frozen=True, slots=True)
class Header:
    """A response header that the document declares."""

    name: str
    pointer: str
    required: bool
    schema: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Promise:
    """What one status is answered with: media type to the place of its schema (None: any content)."""

    status: str
    pointer: str
    content: Mapping[str, str | None]
    headers: tuple[Header, ...] = ()

    @property
    def succeeds(self) -> bool:
        """Whether this is the answer to a request that was understood and granted (RFC 9110, section 15.3)."""
        return self.status.startswith("2")


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One GET operation. Compared by identity: it belongs to its document."""

    document: Document = field(repr=False)
    path: str
    pointer: str
    parameters: tuple[Parameter, ...]
    promises: tuple[Promise, ...]
    methods: tuple[str, ...] = ("GET",)
    """Every method that the document has for the path."""

    def __str__(self) -> str:
        return f"GET {self.path}"

    def promise(self, status: int) -> Promise | None:
        """What the document says of a status: by its code, else its class (`4XX`), else `default`."""
        by_status = {promise.status: promise for promise in self.promises}
        return by_status.get(str(status)) or by_status.get(f"{status // 100}XX") or by_status.get("default")

    def url_path(self, values: Mapping[str, str]) -> str:
        r"""The path with its parameters filled in, each percent-encoded as one segment (RFC 3986, section 3.3).

        Bytes that are not UTF-8 are held as `surrogateescape` does: `"\udcff"` is sent as `%FF`.
        """
        return _TEMPLATE.sub(lambda name: quote(values[name[1]], safe="", errors="surrogateescape"), self.path)

    def match(self, url_path: str) -> dict[str, str] | None:
        """The path parameters that a request's path carries, decoded; None when it is another path."""
        literal = _TEMPLATE.split(self.path)
        pattern = "".join(re.escape(part) if i % 2 == 0 else "([^/?#]+)" for i, part in enumerate(literal))
        found = re.fullmatch(pattern, url_path)
        if found is None:
            return None
        raw = zip(literal[1::2], found.groups(), strict=True)
        return {name: unquote(text, errors="surrogateescape") for name, text in raw}


def operation_at(operations: Iterable[Operation], url_path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a request's path is for, and its path parameters, decoded; None where there is none.

    OpenAPI 3.1.0, "Paths Object": concrete paths are matched before their templated counterparts.
    """
    matches = [(each, values) for each in operations if (values := each.match(url_path)) is not None]
    return min(matches, key=lambda match: len(match[1]), default=None)


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A document that can be judged. `contents` has every overlay applied and must not be changed."""

    path: Path
    sha256: str
    title: str
    version: str
    contents: Mapping[str, Any] = field(repr=False)
    overlays: tuple[str, ...]
    operations: tuple[Operation, ...]
    unions: Mapping[str, Union] = field(repr=False)
    annotations: frozenset[str] = field(repr=False)
    notes: tuple[str, ...]

    def schema(self, pointer: str) -> Any:
        """The schema, or anything else, at a place of the document."""
        return find(self.contents, split(pointer))

    def resolve(self, pointer: str) -> tuple[str, Any]:
        """The place and schema that a place means, `$ref` without siblings followed to its end."""
        return _resolve(self.contents, pointer)


def load(path: Path = PINNED, overlays: Iterable[Path] = (), annotations: Iterable[str] = ()) -> Document:
    """Read a document and its overlays.

    `annotations` are keywords that the caller vouches assert nothing. Raises DocumentError, with the place and the
    mend, for whatever could not be judged.
    """
    contents, sha256 = source.read(path)
    _refuse_other_versions(path, contents)
    loaded = tuple(overlay.load(file) for file in overlays)
    contents, notes = overlay.apply(loaded, contents)
    reader = _Reader(path, contents, {*dialect.annotations(), *annotations})
    operations = reader.operations()
    info = contents.get("info") if isinstance(contents.get("info"), dict) else {}
    document = Document(
        path=path,
        sha256=sha256,
        title=str(info.get("title", path.name)),
        version=str(info.get("version", "")),
        contents=contents,
        overlays=tuple(layer.path.name for layer in loaded),
        operations=operations,
        unions=reader.unions,
        annotations=frozenset(reader.annotations),
        notes=(*notes, *reader.notes),
    )
    for operation in operations:
        object.__setattr__(operation, "document", document)
    return document


def _refuse_other_versions(path: Path, contents: Any) -> None:
    mend = "give an OpenAPI 3.1 document"
    if not isinstance(contents, dict) or not {"openapi", "swagger"} & contents.keys():
        raise DocumentError(path, "", "is not an OpenAPI document: it has no openapi field", mend)
    version = str(contents.get("openapi", contents.get("swagger")))
    if not re.fullmatch(r"3\.1(\.\d+)?", version):
        field = "openapi" if "openapi" in contents else "swagger"
        mend = "convert it to OpenAPI 3.1 (its schemas mean something else there)"
        raise DocumentError(path, f"#/{field}", f"is version {version}", mend)
    if not dialect.understood(contents.get("jsonSchemaDialect")):
        problem = f"is another dialect: {contents['jsonSchemaDialect']}"
        raise DocumentError(path, "#/jsonSchemaDialect", problem, "write JSON Schema 2020-12, as OpenAPI 3.1 has it")


def _resolve(contents: Any, pointer: str, beside: Iterable[str] = ()) -> tuple[str, Any]:
    """What the place means; raises LookupError where references lead nowhere. `beside` a `$ref` may stand."""
    seen = set()
    while True:
        if pointer in seen or not _POINTER.match(pointer):
            raise LookupError(pointer)
        seen.add(pointer)
        parts = split(pointer)
        value = find(contents, parts)
        if not (isinstance(value, dict) and isinstance(value.get("$ref"), str) and {*value} <= {"$ref", *beside}):
            return "#" + join(*parts), value
        pointer = value["$ref"]


class _Reader:
    """Reads the operations of one document, and checks every schema that an answer can be judged by."""

    def __init__(self, path: Path, contents: dict[str, Any], annotations: set[str]) -> None:
        self.path, self.contents, self.annotations = path, contents, annotations
        self.unions: dict[str, Union] = {}
        self.notes: list[str] = []
        self._checked: set[str] = set()
        self._in_place: dict[str, set[str]] = {}

    def refuse(self, pointer: str, problem: str, mend: str) -> DocumentError:
        return DocumentError(self.path, pointer, problem, mend)

    def operations(self) -> tuple[Operation, ...]:
        paths = self.contents.get("paths")
        if not isinstance(paths, dict):
            raise self.refuse("#/paths", "is missing", "describe at least one path with a get operation")
        found = []
        for path in (name for name in paths if name[:2] != "x-"):
            at, item = self.follow("#" + join("paths", path), "path item")
            if "get" in item:
                found.append(self.operation(path, at, item))
        if not found:
            raise self.refuse("#/paths", "has no get operation", "describe at least one; only reads are judged")
        self.refuse_endless()
        # Only now does every reference in them lead somewhere, and to an end.
        for at in self._in_place:
            self.find_union(at)
        return tuple(found)

    def follow(self, pointer: str, kind: str) -> tuple[str, dict[str, Any]]:
        """The object at the place or, through references, at another."""
        try:
            at, value = _resolve(self.contents, pointer, ("summary", "description"))
        except LookupError:
            ref = find(self.contents, [*split(pointer), "$ref"])
            raise self.refuse(pointer, f"leads nowhere: {ref}", "refer to a place in this file") from None
        if not isinstance(value, dict):
            raise self.refuse(at, f"is no {kind}", "make it an object")
        if "$ref" in value:
            raise self.refuse(at, "has other fields beside its $ref", "write them where it refers to")
        return at, value

    def member(self, pointer: str, holder: dict[str, Any], name: str, kind: type[_Holder]) -> _Holder:
        """What stands under the name; nothing of its kind when it is absent."""
        value = holder.get(name)
        if value is not None and not isinstance(value, kind):
            raise self.refuse(pointer + join(name), f"is no {_NOUN[kind]}", "see OpenAPI 3.1.0")
        return value or kind()

    def operation(self, path: str, item_at: str, item: dict[str, Any]) -> Operation:
        if path[:1] != "/":
            raise self.refuse(item_at, f"is no path: {path}", "begin it with a slash")
        at, get = self.follow(item_at + join("get"), "operation")
        # Operation parameters override those of the path item (OpenAPI 3.1.0, "Path Item Object").
        merged: dict[tuple[str, str], Parameter | None] = {}
        for owner, holder in ((item_at, item), (at, get)):
            for index in range(len(self.member(owner, holder, "parameters", list))):
                merged |= self.parameter(owner + join("parameters", index))
        parameters = {parameter.name: parameter for parameter in merged.values() if parameter}
        for name in _TEMPLATE.findall(path):
            if name not in parameters:
                raise self.refuse(at, f"declares no path parameter {name!r}", "add it to its parameters")
        responses = get.get("responses")
        statuses = [status for status in responses if status[:2] != "x-"] if isinstance(responses, dict) else []
        if not statuses:
            raise self.refuse(at + join("responses"), "promises no answer", "document at least one status")
        promises = tuple(self.promise(status, at + join("responses", status)) for status in statuses)
        ordered = tuple(parameters[name] for name in dict.fromkeys(_TEMPLATE.findall(path)))
        # The document is known only once all its operations are read; `load` puts it in.
        methods = tuple(name.upper() for name in _METHODS if name in item)
        return Operation(None, path, at, ordered, promises, methods)  # type: ignore[arg-type]

    def parameter(self, pointer: str) -> dict[tuple[str, str], Parameter | None]:
        at, raw = self.follow(pointer, "parameter")
        name, place = str(raw.get("name")), str(raw.get("in"))
        if place != "path":
            if raw.get("required"):
                raise self.refuse(at, f"is a required {place} parameter", "only path parameters are filled in")
            return {(name, place): None}
        if "schema" not in raw or raw.get("style", "simple") != "simple":
            raise self.refuse(at, "is not in the simple style with a schema", "describe it with style: simple")
        schema = at + join("schema")
        self.check(schema)
        if {"array", "object"} & {*_as_list(self.meant(schema).get("type"))}:
            raise self.refuse(schema, "is an array or an object", "only single values fit into a path segment")
        return {(name, place): Parameter(name, schema)}

    def meant(self, pointer: str) -> dict[str, Any]:
        """The keywords of the schema that a place means; none where references end nowhere, which is refused later."""
        with suppress(LookupError):
            value = _resolve(self.contents, pointer)[1]
            return value if isinstance(value, dict) else {}
        return {}

    def promise(self, status: str, pointer: str) -> Promise:
        if not re.fullmatch(r"[1-5](\d\d|XX)|default", status):
            raise self.refuse(pointer, "is no status", "write a code, a class such as 4XX, or default")
        at, raw = self.follow(pointer, "response")
        content = {}
        for media_type in self.member(at, raw, "content", dict):
            place, holder = self.follow(at + join("content", media_type), "media type")
            content[media_type] = place + join("schema") if "schema" in holder else None
            if "schema" in holder:
                self.check(place + join("schema"))
        headers = tuple(
            self.header(name, at + join("headers", name))
            for name in self.member(at, raw, "headers", dict)
            if name.lower() != "content-type"  # OpenAPI 3.1.0, "Response Object": it SHALL be ignored.
        )
        return Promise(status, pointer, content, headers)

    def header(self, name: str, pointer: str) -> Header:
        at, raw = self.follow(pointer, "header")
        schema = at + join("schema") if "schema" in raw else None
        if schema:
            self.check(schema)
        return Header(name, at, raw.get("required") is True, schema)

    def check(self, pointer: str) -> None:
        """Refuse whatever could not be judged in a schema and all that it reaches."""
        waiting = [pointer]
        while waiting:
            at = waiting.pop()
            if at not in self._checked:
                self._checked.add(at)
                waiting += self.check_one(at, find(self.contents, split(at)))

    def check_one(self, at: str, schema: Any) -> Iterator[str]:
        """Check one schema by itself; yields the places it leads to."""
        if isinstance(schema, bool):
            return
        if not isinstance(schema, dict):
            raise self.refuse(at, "is no schema", "make it an object or a boolean")
        for keyword in schema:
            self.check_keyword(at, keyword, schema)
        own = {keyword: value for keyword, value in schema.items() if keyword in dialect.ASSERTIONS}
        error = jsonschema.exceptions.best_match(_METASCHEMA.iter_errors(own))
        if error is not None:
            place = at + join(*error.absolute_path)
            raise self.refuse(place, f"is no value for this keyword: {error.message}", "see JSON Schema 2020-12")
        self.shut_out(at, schema)
        self._in_place[at] = set()
        for path, _ in dialect.children(schema):
            yield self.lead(at, at + join(*path), path[0])
        if "$ref" in schema:
            yield self.lead(at, self.target(at, schema["$ref"]), "$ref")

    def shut_out(self, at: str, schema: dict[str, Any]) -> None:
        """Close the properties that are never present in an answer (JSON Schema 2020-12 Validation, section 9.4)."""
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            return
        for name in properties:
            place = at + join("properties", name)
            if self.meant(place).get("writeOnly") is True:
                self.notes.append(f"{place} is writeOnly: no answer may hold it")
                properties[name] = False
                if name in schema.get("required", ()):
                    schema["required"] = [other for other in schema["required"] if other != name]

    def lead(self, at: str, to: str, keyword: str) -> str:
        if keyword in dialect.IN_PLACE:
            self._in_place[at].add(to)
        return to

    def target(self, at: str, ref: Any) -> str:
        place = at + join("$ref")
        if not isinstance(ref, str) or not ref.startswith("#"):
            raise self.refuse(place, f"refers to another file: {ref}", "put the schema into this file")
        try:
            stands = _POINTER.match(ref) is not None
            find(self.contents, split(ref))
        except (LookupError, ValueError):
            stands = False
        if not stands:
            raise self.refuse(place, f"dangles: nothing stands at {ref}", "refer to a place that exists")
        return "#" + join(*split(ref))

    def check_keyword(self, at: str, keyword: str, schema: dict[str, Any]) -> None:
        place = at + join(keyword)
        if keyword in dialect.ELSEWHERE:
            raise self.refuse(place, f"is a keyword that is not judged: {keyword}", dialect.ELSEWHERE[keyword])
        if keyword not in dialect.KNOWN and keyword not in self.annotations and not keyword.startswith("x-"):
            mend = f"correct it, rename it x-{keyword}, or vouch that it asserts nothing by --annotation {keyword}"
            raise self.refuse(place, f"is an unknown keyword: {keyword}", mend)
        if keyword == "format" and isinstance(schema["format"], str) and schema["format"] not in FORMATS:
            mend = f"use one of {', '.join(sorted(FORMATS))}, or a pattern"
            raise self.refuse(place, f"is a format that cannot be asserted: {schema['format']}", mend)
        holders = {**dict.fromkeys(dialect.MANY, list), **dict.fromkeys(dialect.NAMED, dict)}
        if keyword in holders and not isinstance(schema[keyword], holders[keyword]):
            raise self.refuse(place, "holds no schemas", "see JSON Schema 2020-12")
        if keyword == "$schema" and not dialect.understood(schema[keyword]):
            raise self.refuse(place, f"is another dialect: {schema[keyword]}", "write JSON Schema 2020-12")
        patterns = {"pattern": [schema[keyword]], "patternProperties": schema[keyword]}
        for pattern in patterns.get(keyword, ()):
            self.check_pattern(place, pattern)

    def check_pattern(self, pointer: str, pattern: Any) -> None:
        try:
            regress.Regex(str(pattern), "u")
        except regress.RegressError as error:
            raise self.refuse(pointer, f"holds no pattern: {pattern} ({error})", "write it as ECMA-262 does") from None

    def find_union(self, at: str) -> None:
        schema: Any = find(self.contents, split(at))
        try:
            union = union_at(at, schema, lambda pointer: _resolve(self.contents, pointer))
        except UnionError as error:
            raise self.refuse(error.pointer, error.problem, error.mend) from None
        if union is None:
            return
        self.unions[at] = union
        mapping = schema["discriminator"].get("mapping", {})
        if any(isinstance(value, dict) for value in mapping.values()):
            self.notes.append(f"{at}/discriminator/mapping holds objects where OpenAPI 3.1 wants strings")
        loose = [
            branch.name for branch in union.tagged if union.tag not in self.meant(branch.target).get("required", ())
        ]
        if loose:
            count = f"{len(loose)} of {len(union.tagged)}"
            self.notes.append(f"{at}: {count} branches do not require the tag {union.tag!r}, so that it may be absent")

    def refuse_endless(self) -> None:
        """A schema that reaches itself without going into the instance would be judged for ever."""
        done: set[str] = set()
        for start in self._in_place:
            trail: list[tuple[str, Iterator[str]]] = [(start, iter(self._in_place[start]))]
            open_ = {start}
            while trail:
                at, rest = trail[-1]
                to = next(rest, None)
                if to is None:
                    trail.pop()
                    open_.discard(at)
                    done.add(at)
                elif to in open_:
                    raise self.refuse(to, "refers back to itself endlessly", "let it refer to a part of the instance")
                elif to not in done:
                    open_.add(to)
                    trail.append((to, iter(self._in_place.get(to, ()))))


_METASCHEMA: Final = jsonschema.Draft202012Validator(jsonschema.Draft202012Validator.META_SCHEMA)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
