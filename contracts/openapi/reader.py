"""Read an OpenAPI 3.1 document and its overlays, leaving out by JSON pointer all that could not be judged.

Hides the order of reading, references between OpenAPI's objects, and the rules of each object; `schema_check` has the
rules of schemas.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from contracts.errors import DocumentError
from contracts.openapi import files, overlay, schema_keywords, source
from contracts.openapi.closing import closed_if_asked
from contracts.openapi.credential import credentials
from contracts.openapi.document import TEMPLATE, Document, Header, LeftOut, Operation, ResponseSpec
from contracts.openapi.leaving_out import leave_out
from contracts.openapi.parameter import FRAMING_FIELDS, RESERVED_FIELDS, Parameter
from contracts.openapi.parameter_styles import DEFAULTS, STYLES
from contracts.openapi.pointer import follow_references, from_pointer, resolve_pointer, to_pointer
from contracts.openapi.schema_check import SchemaCheck
from contracts.openapi.selection import EVERYTHING, OperationName, Selection

PINNED: Final = Path(__file__).parent / "documents" / "sgp-v4.openapi.yaml"
"""The document this harness was made for."""

_METHODS: Final = ("get", "head", "options", "post", "put", "patch", "delete", "trace")
_NOUN: Final = {list: "array", dict: "object"}

_Holder = TypeVar("_Holder", list[Any], dict[str, Any])


def load(
    path: Path = PINNED, overlays: Iterable[Path] = (), annotations: Iterable[str] = (), chosen: Selection = EVERYTHING
) -> Document:
    """Read a document, the files beside it that it refers to, and its overlays.

    `annotations` are keywords that assert nothing, by the caller's word. What cannot be judged is left out by name (see
    `Document.left_out`). Raises DocumentError, with the place and the fix, if nothing is left, and ConfigurationError
    for a choice of no operation.
    """
    contents, sha256 = source.read_file(path)
    return _document(path, contents, sha256, overlays, annotations, chosen)


def load_contents(contents: Any, path: Path, overlays: Iterable[Path] = ()) -> Document:
    """Read a document that something else has parsed, as `load` reads a file; `contents` is left as it is.

    `path` names it in errors, and relative references lead to files beside it.
    """
    data = json.dumps(contents, default=str).encode()  # Parsers of YAML make dates of what JSON has as text.
    return _document(path, *source.parse_bytes(path, data), overlays, (), EVERYTHING)


def is_pinned(contents: Any) -> bool:
    """Return whether contents that something else has parsed are the pinned document's."""
    return bool(contents == source.read_file(PINNED)[0])


def _document(
    path: Path, contents: Any, sha256: str, overlays: Iterable[Path], annotations: Iterable[str], chosen: Selection
) -> Document:
    _refuse_other_versions(path, contents)
    loaded = tuple(overlay.load_overlay(file) for file in overlays)
    contents, idle = overlay.apply_overlays(loaded, contents)
    contents, others = files.with_other_files(path, contents)
    known = frozenset({*schema_keywords.declared_annotations(), *annotations})
    reader = _Reader(path, contents, known)
    makers, left_out, skipped = reader.operations(chosen)
    closed, unions, reasons = reader.schemas.conclude()
    info = contents.get("info") if isinstance(contents.get("info"), dict) else {}
    document = Document(
        path=path,
        sha256=source.joint_hash(sha256, others),
        title=str(info.get("title", path.name)),
        version=str(info.get("version", "")),
        contents=closed,
        written=contents,
        overlays=tuple(layer.path.name for layer in loaded),
        schemas=frozenset(reader.schemas.checked),
        unjudged=frozenset(reasons),
        unions=unions,
        annotations=known,
        notes=(*map(str, idle), *_on_dialect(contents), *reader.schemas.notes),
        credentials=credentials(path, contents),
        makers=makers,
        left_out=left_out,
        skipped=skipped,
        overlay_paths=tuple(layer.path for layer in loaded),
    )
    return chosen.checked(leave_out(closed_if_asked(document), reasons))


def _refuse_other_versions(path: Path, contents: Any) -> None:
    """Raise DocumentError unless the contents claim to be OpenAPI 3.1 or 3.2."""
    fix = "give an OpenAPI 3.1 or 3.2 document"
    if not isinstance(contents, dict) or not {"openapi", "swagger"} & contents.keys():
        raise DocumentError(path, "", "is not an OpenAPI document: it has no openapi field", fix)
    version = str(contents.get("openapi", contents.get("swagger")))
    if not re.fullmatch(r"3\.[12](\.\d+)?", version):
        field = "openapi" if "openapi" in contents else "swagger"
        fix = "convert it to OpenAPI 3.1 (its schemas mean something else there)"
        raise DocumentError(path, f"#/{field}", f"is version {version}", fix)


def _on_dialect(contents: Mapping[str, Any]) -> Iterator[str]:
    if not schema_keywords.understood(dialect := contents.get("jsonSchemaDialect")):
        yield f"#/jsonSchemaDialect is another dialect, {dialect}: schemas are read as JSON Schema 2020-12"


class _Reader:
    def __init__(self, path: Path, contents: dict[str, Any], annotations: frozenset[str]) -> None:
        self._path, self._contents = path, contents
        self.schemas = SchemaCheck(path, contents, annotations)

    def operations(
        self, chosen: Selection
    ) -> tuple[tuple[Callable[[Document], Operation], ...], tuple[LeftOut, ...], int]:
        """Read the chosen operations; return a maker of each, those that cannot be read, and how many were not chosen.

        A maker is called once the document that the operation belongs to is there.
        """
        paths = self._contents.get("paths")
        if not isinstance(paths, dict):
            raise self._refusal("#/paths", "is missing", "describe at least one path with a get operation")
        makers, left_out, names, skipped = [], [], [], 0
        for path in (name for name in paths if name[:2] != "x-"):
            try:
                at, item = self._follow("#" + to_pointer("paths", path), "path item")
                if "get" not in item:
                    continue
                name = OperationName(path, _operation_id(item["get"]))
                names.append(name)
                if not chosen.takes(name):
                    skipped += 1
                    continue
                makers.append(self._operation(path, at, item))
            except DocumentError as error:
                left_out.append(LeftOut(path, "", (error,)))
        chosen.check(names)
        if not makers and not left_out:
            raise self._refusal("#/paths", "has no get operation", "describe at least one; only reads are judged")
        return tuple(makers), tuple(left_out), skipped

    def _refusal(self, pointer: str, problem: str, fix: str) -> DocumentError:
        return DocumentError(self._path, pointer, problem, fix)

    def _follow(self, pointer: str, kind: str) -> tuple[str, dict[str, Any]]:
        """Return the object at the place or, through references, at another, with its place."""
        try:
            at, value = follow_references(self._contents, pointer, ("summary", "description"))
        except (LookupError, ValueError):
            ref = resolve_pointer(self._contents, [*from_pointer(pointer), "$ref"])
            if isinstance(ref, str) and not ref.startswith("#"):
                raise files.unread_reference(self._path, pointer, ref) from None
            raise self._refusal(pointer, f"leads nowhere: {ref}", "refer to a place in this file") from None
        if not isinstance(value, dict):
            raise self._refusal(at, f"is no {kind}", "make it an object")
        if "$ref" in value:
            raise self._refusal(at, "has other fields beside its $ref", "write them where it refers to")
        return at, value

    def _member(self, pointer: str, holder: dict[str, Any], name: str, kind: type[_Holder]) -> _Holder:
        """Return the array or object under the name; an empty one if it is absent."""
        value = holder.get(name)
        if value is not None and not isinstance(value, kind):
            raise self._refusal(pointer + to_pointer(name), f"is no {_NOUN[kind]}", "see OpenAPI 3.1.0")
        return value or kind()

    def _operation(self, path: str, item_at: str, item: dict[str, Any]) -> Callable[[Document], Operation]:
        if path[:1] != "/":
            raise self._refusal(item_at, f"is no path: {path}", "begin it with a slash")
        at, get = self._follow(item_at + to_pointer("get"), "operation")
        # Operation parameters override those of the path item (OpenAPI 3.1.0, "Path Item Object").
        merged: dict[tuple[str, str], Parameter | None] = {}
        for owner, holder in ((item_at, item), (at, get)):
            for index in range(len(self._member(owner, holder, "parameters", list))):
                merged |= self._parameter(owner + to_pointer("parameters", index))
        parameters = {each.name: each for each in merged.values() if each and each.place == "path"}
        names = tuple(dict.fromkeys(TEMPLATE.findall(path)))
        for name in names:
            if name not in parameters:
                raise self._refusal(at, f"declares no path parameter {name!r}", "add it to its parameters")
        self._refuse_required_body(at, get)
        responses = get.get("responses")
        statuses = [status for status in responses if status[:2] != "x-"] if isinstance(responses, dict) else []
        if not statuses:
            raise self._refusal(at + to_pointer("responses"), "describes no response", "document at least one status")
        return partial(
            Operation,
            path=path,
            pointer=at,
            parameters=tuple(parameters[name] for name in names),
            responses=tuple(self._response(status, at + to_pointer("responses", status)) for status in statuses),
            methods=tuple(name.upper() for name in _METHODS if name in item),
            operation_id=_operation_id(get),
            other_parameters=tuple(each for each in merged.values() if each and each.place != "path"),
        )

    def _parameter(self, pointer: str) -> dict[tuple[str, str], Parameter | None]:
        at, raw = self._follow(pointer, "parameter")
        name, place = str(raw.get("name")), str(raw.get("in"))
        is_required = raw.get("required") is True or place == "path"
        if place == "header" and name.lower() in RESERVED_FIELDS:
            return {(name, place): None}
        try:
            return {(name, place): self._sent_parameter(at, raw, name, place, is_required=is_required)}
        except DocumentError:
            if is_required:
                raise
            return {(name, place): None}  # Requests leave it out: nothing of the operation depends on it.

    def _sent_parameter(self, at: str, raw: dict[str, Any], name: str, place: str, *, is_required: bool) -> Parameter:
        """Return the parameter; raise DocumentError if it cannot be sent, or its schema not be judged."""
        if problem := _unsendable(name, place):
            fix = "describe it as a path, query, header or cookie parameter of its own"
            raise self._refusal(at, f"is a required {place} parameter that cannot be sent: {problem}", fix)
        style = str(raw.get("style", DEFAULTS[place]))
        if style not in STYLES[place]:
            fix = f"write one of {', '.join(sorted(STYLES[place]))}"
            raise self._refusal(at + to_pointer("style"), f"is no style of a {place} parameter: {style}", fix)
        schema, holder, is_json = self._described(at, raw)
        if not schema and place == "path":
            raise self._refusal(at, "is a path parameter without a schema", "give it a schema")
        meant = self.schemas.meant(schema) if schema else {}
        types = meant.get("type")
        return Parameter(
            name,
            schema,
            place,
            style,
            explode=raw.get("explode", style in ("form", "cookie")) is True,
            required=is_required,
            is_json=is_json,
            allow_reserved=raw.get("allowReserved") is True,
            pointer=at,
            candidates=tuple(_candidates(holder, meant)),
            is_composite=any(each in ("array", "object") for each in (types if isinstance(types, list) else [types])),
        )

    def _described(self, at: str, raw: dict[str, Any]) -> tuple[str, dict[str, Any], bool]:
        """Return the pointer of the parameter's schema, who gives examples, and whether it is sent as JSON text."""
        content = self._member(at, raw, "content", dict)
        key = next(iter(content), "")
        if key:
            at, raw = self._follow(at + to_pointer("content", key), "media type")
        if "schema" not in raw:
            return "", raw, False
        schema = at + to_pointer("schema")
        self.schemas.check(schema)
        return schema, raw, key.partition(";")[0].strip().lower().endswith(("/json", "+json"))

    def _refuse_required_body(self, at: str, get: dict[str, Any]) -> None:
        """Raise DocumentError if requests must carry a body: none is sent, for one of GET has no defined meaning."""
        if "requestBody" in get:
            place, body = self._follow(at + to_pointer("requestBody"), "request body")
            if body.get("required") is True:
                raise self._refusal(place, "is a required body of a GET, which is not sent", "make it optional")

    def _response(self, status: str, pointer: str) -> ResponseSpec:
        if not re.fullmatch(r"[1-5](\d\d|XX)|default", status):
            raise self._refusal(pointer, "is no status", "write a code, a class such as 4XX, or default")
        at, raw = self._follow(pointer, "response")
        content = {}
        for media_type in self._member(at, raw, "content", dict):
            place, holder = self._follow(at + to_pointer("content", media_type), "media type")
            content[media_type] = self._schema_of(place, holder)
        headers = tuple(
            self._header(name, at + to_pointer("headers", name))
            for name in self._member(at, raw, "headers", dict)
            if name.lower() != "content-type"  # OpenAPI 3.1.0, "Response Object": it SHALL be ignored.
        )
        return ResponseSpec(status, pointer, content, headers)

    def _header(self, name: str, pointer: str) -> Header:
        at, raw = self._follow(pointer, "header")
        return Header(name, at, raw.get("required") is True, self._schema_of(at, raw), raw.get("explode") is True)

    def _schema_of(self, pointer: str, holder: dict[str, Any]) -> str | None:
        """Check the schema of a media type or header, and return its place; None if it has none."""
        if "schema" not in holder:
            return None
        schema = pointer + to_pointer("schema")
        self.schemas.check(schema)
        return schema


def _operation_id(operation: Any) -> str:
    return str(operation.get("operationId", "")) if isinstance(operation, dict) else ""


def _unsendable(name: str, place: str) -> str:
    """Return why no request can carry a parameter; empty if one can."""
    if place not in DEFAULTS:
        return "its place is none that is filled in"
    if place in ("header", "cookie") and not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        return "its name is no token (RFC 9110, section 5.6.2)"
    return "the client writes this field itself" if place == "header" and name.lower() in FRAMING_FIELDS else ""


def _candidates(holder: dict[str, Any], schema: dict[str, Any]) -> Iterator[Any]:
    """Yield the values that the document gives for a parameter, the ones meant for it first."""
    if "example" in holder:
        yield holder["example"]
    named = holder.get("examples")
    for each in named.values() if isinstance(named, dict) else ():
        if isinstance(each, dict) and "value" in each:
            yield each["value"]
    yield from (schema[name] for name in ("example",) if name in schema)
    yield from examples if isinstance(examples := schema.get("examples"), list) else ()
    yield from (schema[name] for name in ("default", "const") if name in schema)
    yield from values if isinstance(values := schema.get("enum"), list) else ()
