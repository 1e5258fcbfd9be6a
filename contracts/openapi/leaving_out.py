"""Leave out what cannot be judged of a document, by name, so that the rest is judged.

Hides what follows from a refused schema. An operation is left out if one of its parameters, or every schema of its
success responses, is refused; of another response only the part is left out that has the schema. Each has its reasons,
and the Overlay actions after which it would be judged.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from contracts.errors import DocumentError
from contracts.openapi.document import Document, LeftOut, Operation, ResponseSpec
from contracts.openapi.parameter import Parameter
from contracts.openapi.pointer import from_pointer, replaced, resolve_pointer, to_json_path

Reasons = Mapping[str, tuple[DocumentError, ...]]
"""The place of a schema, or of an operation, to why it cannot be judged."""


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    reasons: tuple[DocumentError, ...]


def leave_out(document: Document, reasons: Reasons) -> Document:
    """Return the document without what cannot be judged; raise NothingLeft if that is every operation."""
    if not reasons and document.makers:
        return document
    makers: list[Callable[[Document], Operation]] = []
    left_out = list(document.left_out)
    for operation in document.operations:
        parameters, responses, parts = _kept(operation, reasons)
        whole = tuple(_of_all(operation, responses, parts, reasons))
        if whole:
            left_out.append(LeftOut(operation.path, "", whole))
            continue
        left_out += [LeftOut(operation.path, part.name, part.reasons) for part in parts]
        makers.append(partial(_limited, operation, parameters, responses))
    contents = _without_schemas(document.contents, set(_described_by(document)) & reasons.keys())
    changed = replace(document, contents=contents, makers=tuple(makers), left_out=tuple(sorted(left_out, key=_is_part)))
    if not makers:
        raise NothingLeft(changed)
    return changed


def _is_part(left_out: LeftOut) -> bool:
    return bool(left_out.part)  # Operations come before parts.


def _described_by(document: Document) -> Iterator[str]:
    """Yield the places of the schemas of media types and headers."""
    for spec in (spec for operation in document.operations for spec in operation.responses):
        yield from filter(None, spec.content.values())
        yield from (header.schema for header in spec.headers if header.schema)


def _without_schemas(contents: Any, places: Iterable[str]) -> Any:
    """Return the contents without the schemas that media types and headers have at these places.

    Whatever else reads the document, such as another validator, judges no more than we do.
    """
    for place in places:
        *holder, last = from_pointer(place)
        with suppress(LookupError, ValueError):
            value: Any = resolve_pointer(contents, holder)
            if isinstance(value, dict) and last in value:
                contents = replaced(contents, holder, {name: item for name, item in value.items() if name != last})
    return contents


def _limited(
    operation: Operation, parameters: tuple[Parameter, ...], responses: tuple[ResponseSpec, ...], document: Document
) -> Operation:
    return replace(operation, document=document, other_parameters=parameters, responses=responses)


def _kept(
    operation: Operation, reasons: Reasons
) -> tuple[tuple[Parameter, ...], tuple[ResponseSpec, ...], list[_Part]]:
    """Return the parameters and responses of which everything can be judged, and the parts that cannot."""
    parameters = tuple(each for each in operation.other_parameters if each.required or each.schema not in reasons)
    responses, parts = [], []
    for spec in operation.responses:
        content = {key: None if place in reasons else place for key, place in spec.content.items()}
        bad = [(f"{spec.status} {key}", place) for key, place in spec.content.items() if place in reasons]
        headers = tuple(replace(each, schema=None) if each.schema in reasons else each for each in spec.headers)
        bad += [(f"{spec.status} header {each.name}", each.schema) for each in spec.headers if each.schema in reasons]
        parts += [_Part(name, reasons[place]) for name, place in bad if place]
        responses.append(replace(spec, content=content, headers=headers) if bad else spec)
    return parameters, tuple(responses), parts


def _of_all(
    operation: Operation, responses: tuple[ResponseSpec, ...], parts: Iterable[_Part], reasons: Reasons
) -> Iterator[DocumentError]:
    """Yield why the operation as a whole cannot be judged; nothing if it can."""
    found: dict[DocumentError, None] = dict.fromkeys(reasons.get(operation.pointer, ()))
    for parameter in (*operation.parameters, *operation.other_parameters):
        if parameter.required:
            found |= dict.fromkeys(reasons.get(parameter.schema, ()))
    main = [spec for spec in operation.responses if spec.is_success] or [
        spec for spec in operation.responses if spec.status == "default"
    ]
    places = {place for spec in main for place in spec.content.values() if place}
    if places and places <= reasons.keys():
        found |= dict.fromkeys(error for place in sorted(places) for error in reasons[place])
    if found:
        # Whatever else is wrong with it is said in one go.
        found |= dict.fromkeys(error for part in parts for error in part.reasons)
    yield from found


class NothingLeft(DocumentError):
    """Nothing of a document can be judged; the text says of every operation why."""

    def __init__(self, document: Document) -> None:
        first = document.left_out[0].reasons[0]
        super().__init__(document.path, first.pointer, first.problem, first.fix)
        self.left_out = document.left_out

    def __str__(self) -> str:
        every = [str(error) for error in dict.fromkeys(error for each in self.left_out for error in each.reasons)]
        more = f" · and {len(every) - MAX_REASONS} more problems" if len(every) > MAX_REASONS else ""
        return " · ".join(dict.fromkeys(every[:MAX_REASONS])) + more


MAX_REASONS: Final = 8
"""How many problems an error lists; more would be no line that anybody reads."""


def overlay_action(error: DocumentError) -> dict[str, Any]:
    """Return the Overlay action (Overlay 1.0, "Action Object") after which the document can be judged there."""
    return dict(error.action) or {"target": to_json_path(error.removes or error.pointer), "remove": True}
