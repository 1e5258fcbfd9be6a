"""Find the operations that cannot be asked or answered, with the reasons, so that a run leaves them out by name.

Hides what is proved by the schema algebra, and what only shows when a value is looked for.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from contracts.openapi import Document, DocumentError, Operation, Union
from strategies.answers import catalogue
from strategies.inputs import Given, required_inputs
from strategies.values import Walk, inline, pin, walk_of

Reasons = dict[str, tuple[DocumentError, ...]]
"""The place of a schema, or of an operation, to why it cannot be judged."""


class Wanted(Protocol):
    """What a run is to ask: its settings."""

    @property
    def document(self) -> Document:
        """The document to ask about."""

    @property
    def asks(self) -> bool:
        """Whether anything is sent."""

    @property
    def base_url(self) -> str | None:
        """Where the server is; None for the embedded mock."""

    @property
    def parameters(self) -> Mapping[str, Given]:
        """By the operation's path, the values that the user gives for parameters."""

    @property
    def credential_names(self) -> Iterable[tuple[str, str]]:
        """The place and name of everything that the session sends by itself."""


def unsatisfiable(document: Document) -> Reasons:
    """Return the schemas of parameters and responses of which it is proved that no value satisfies them."""
    found: Reasons = {}
    walk = walk_of(document)
    for operation in document.operations:
        for place in _places(operation):
            if place not in found and (error := _unsatisfied(walk, place)):
                found[place] = (error,)
    return found


def unanswered(wanted: Wanted) -> Reasons:
    """Return the operations of which no request can be made or, on the embedded mock, no answer."""
    found: Reasons = {}
    for operation in wanted.document.operations if wanted.asks else ():
        try:
            required_inputs(operation, wanted.parameters.get(operation.path, {}), wanted.credential_names)
            if not wanted.base_url:
                catalogue(operation)
        except DocumentError as error:
            found[operation.pointer] = (error,)
    return found


def _places(operation: Operation) -> Iterator[str]:
    yield from (each.schema for each in (*operation.parameters, *operation.other_parameters) if each.schema)
    for spec in operation.responses:
        yield from (header.schema for header in spec.headers if header.schema)
        yield from filter(None, spec.content.values())


def _unsatisfied(walk: Walk, place: str) -> DocumentError | None:
    node = walk.node(place)
    if not walk.schemas.feasible(node):
        closed = _closed_beside_parts(walk, place)
        return walk.schemas.refuse(node, _UNSEEN, _EVALUATED, closed) if closed else walk.schemas.refuse(node)
    meant = walk.schemas.document.resolve(place)[0]
    union = walk.schemas.document.unions.get(meant)
    return _indistinct(walk, union) if union and union.keyword == "oneOf" else None


_UNSEEN: Final = (
    "is satisfied by no value: additionalProperties does not see into the allOf or $ref beside it "
    "(JSON Schema 2020-12 Core, 10.3.2.3)"
)
_EVALUATED: Final = "write unevaluatedProperties: false in its place"


def _closed_beside_parts(walk: Walk, place: str) -> str:
    """Return the place of an `additionalProperties: false` beside schemas that it does not see into, if any."""
    for pointer in sorted({place, *walk.schemas.reach(place)}):
        schema: Any = walk.schemas.at(pointer).schema
        if isinstance(schema, dict) and schema.get("additionalProperties") is False and {"allOf", "$ref"} & {*schema}:
            return f"{pointer}/additionalProperties"
    return ""


def _indistinct(walk: Walk, union: Union) -> DocumentError | None:
    """Return the error of a union if every value of every branch fits another one too, which `oneOf` forbids."""
    branches, schemas = (*union.tagged, *union.untagged), walk.schemas
    unheard_of = inline(pin(union.tag, ("zz-unheard-of",)))
    if not all(schemas.feasible((unheard_of, schemas.at(branch.target))) for branch in union.tagged):
        return None  # A branch that fixes its tag tells itself apart; the algebra is slow on many branches.
    for branch in branches:
        own = inline(pin(union.tag, branch.tags)) if branch.tags else inline(True)
        others = (inline({"not": {"$ref": other.target}}) for other in branches if other is not branch)
        if schemas.feasible((own, schemas.at(branch.target), *others)):
            return None
    names = " and ".join(branch.name for branch in branches)
    fix = "give the tag a const in each, or write anyOf"
    return schemas.refuse((schemas.at(union.pointer),), f"is satisfied by no value: {names} take the same ones", fix)
