"""What can be asked for: path parameters that are ordinary, all but the same as known ones, or hostile yet sendable."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from contracts.document import Document, Operation
from strategies.hostile import HOSTILE, LENGTHS, UNDECODABLE
from strategies.leaves import Text
from strategies.near_misses import NEAR
from strategies.resources import LONGEST, as_text, sendable
from strategies.steps import Scalar
from strategies.walk import Walk

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def job_ids(
    operation: Operation, known: Iterable[str] = (), *, hostile: bool = True, undecodable: bool = False
) -> SearchStrategy[str]:
    """Ids to ask an operation of one path parameter for, never one of `known`; see `parameter_values`.

    Raises ValueError for an operation that has not exactly one: `path_values` draws for those.
    """
    if len(operation.parameters) != 1:
        raise ValueError(f"{operation} has {len(operation.parameters)} path parameters; use path_values")
    pointer = operation.parameters[0].schema
    return parameter_values(operation.document, pointer, known, hostile=hostile, undecodable=undecodable)


def parameter_values(
    document: Document,
    pointer: str,
    known: Iterable[str] = (),
    *,
    hostile: bool = True,
    undecodable: bool = False,
) -> SearchStrategy[str]:
    r"""Values of the path parameter whose schema stands at the pointer, never one of `known`.

    Four in ten are ordinary (the shape of known ids, or what the schema asks for), three are near-misses of known ids,
    three are hostile; `hostile=False` leaves those out. All are text that survives the trip in a path segment: never
    empty, `.` or `..`, no half of a surrogate pair, at most 8,000 characters. With `undecodable` some hostile ones are
    bytes that are no UTF-8, held as `surrogateescape` does (`"\udcff"` is sent as `%FF`).
    """
    from hypothesis import strategies as st

    known = tuple(known)
    barred = frozenset(known)
    ordinary = _ordinary(document, pointer, known)
    near = st.builds(
        lambda change, value, position: change(value, position),
        st.sampled_from(NEAR),
        st.sampled_from(known) if known else ordinary,
        st.integers(0, 63),
    )
    # One drawn number decides: `one_of` would weigh the few known ids against endless text.
    kinds = [ordinary] * 4 + [near] * 3 + ([_hostile(undecodable)] * 3 if hostile else [])
    drawn = st.sampled_from(range(len(kinds))).flatmap(kinds.__getitem__)
    return drawn.filter(lambda value: sendable(value) and value not in barred)


def made_up(value: str) -> bool:
    """Whether an id that nobody named is none that a resource has by chance: by its characters, length or meaning."""
    return _ORDINARY.fullmatch(value) is None or value in _NOBODYS


_ORDINARY: Final = re.compile("[A-Za-z0-9_.:~-]{1,200}")

_NOBODYS: Final = frozenset(
    {"null", "None", "undefined", "NaN", "true", "-1", "1e309", "...", "__proto__", "constructor"}
)


def path_values(
    operation: Operation,
    known: Iterable[Sequence[str]] = (),
    *,
    hostile: bool = True,
    undecodable: bool = False,
) -> SearchStrategy[dict[str, str]]:
    """All path parameters of an operation by name, never those of a known resource.

    Of several parameters some may be those of a known resource, so that the others are tried inside it.
    """
    from hypothesis import strategies as st

    resources = tuple(tuple(values) for values in known)
    barred = frozenset(resources)
    columns = []
    for index, parameter in enumerate(operation.parameters):
        column = tuple(dict.fromkeys(values[index] for values in resources))
        strange = parameter_values(
            operation.document, parameter.schema, column, hostile=hostile, undecodable=undecodable
        )
        columns.append(_sometimes_known(strange, column) if len(operation.parameters) > 1 and column else strange)
    names = [parameter.name for parameter in operation.parameters]
    return (
        st.tuples(*columns)
        .filter(lambda values: not names or values not in barred)
        .map(lambda values: dict(zip(names, values, strict=True)))
    )


def covering_job_ids(
    document: Document, pointer: str, known: Iterable[str] = (), *, hostile: bool = True
) -> tuple[str, ...]:
    """One id of each class, the same each time: ordinary, every near-miss of the first known, every hostile text."""
    known = tuple(known)
    ordinary = _ordinary_samples(document, pointer)
    target = next(iter(known or ordinary), "id")
    found = [*ordinary, *(change(target, len(target) // 2) for change in NEAR)]
    if hostile:
        found += [*HOSTILE, *LENGTHS]
    return tuple(dict.fromkeys(value for value in found if sendable(value) and value not in known))


TARGETS: Final = 5
"""Of how many known resources every near-miss is asked for: some careless comparisons see only some ids."""


def covering_path_values(
    operation: Operation, known: Iterable[Sequence[str]] = (), *, undecodable: bool = False
) -> Iterator[dict[str, str]]:
    """Resources that between them show every class of path parameter, the same each time.

    Every hostile text; then every near-miss of some known resources, each behind the resource it misses.
    """
    resources = [tuple(values) for values in known]
    barred = set(resources)
    names = [parameter.name for parameter in operation.parameters]
    hostile = [*HOSTILE, *LENGTHS, *(UNDECODABLE if undecodable else ())]
    for index in range(len(names)):
        yield from _variants(names, next(iter(resources), ("0",) * len(names)), index, hostile, barred)
    for target in resources[:: -(-len(resources) // TARGETS) or 1]:
        yield dict(zip(names, target, strict=True))
        for index, value in enumerate(target):
            changed = dict.fromkeys(change(value, len(value) // 2) for change in NEAR)
            yield from _variants(names, target, index, changed, barred)


def _variants(
    names: list[str], target: tuple[str, ...], index: int, values: Iterable[str], barred: set[tuple[str, ...]]
) -> Iterator[dict[str, str]]:
    for value in values:
        resource = (*target[:index], value, *target[index + 1 :])
        if sendable(value) and resource not in barred:
            yield dict(zip(names, resource, strict=True))


def _sometimes_known(strange: SearchStrategy[str], column: tuple[str, ...]) -> SearchStrategy[str]:
    from hypothesis import strategies as st

    return st.booleans().flatmap(lambda known: st.sampled_from(column) if known else strange)


def _ordinary(document: Document, pointer: str, known: tuple[str, ...]) -> SearchStrategy[str]:
    from hypothesis import strategies as st

    from strategies.from_schema import from_schema

    if not _any_text(document, pointer):
        return from_schema(document, pointer).map(as_text)
    shapes = known or _SHAPES
    # One number each: Hypothesis copies parts of what takes many draws, until hardly anything else is drawn.
    return st.builds(_of_its_shape, st.sampled_from(shapes), st.integers(0, 2**64 - 1))


def _of_its_shape(value: str, number: int) -> str:
    """Other letters for letters and other digits for digits, as the number says; separators stay."""
    groups = _HEX if re.fullmatch("[0-9a-f-]*[a-f][0-9a-f-]*", value) else _GROUPS
    found = ""
    for char in value:
        alphabet = next((group for group in groups if char in group), char)
        number, index = divmod(number, len(alphabet))
        found += alphabet[index]
    return found


def _ordinary_samples(document: Document, pointer: str) -> list[str]:
    from strategies.covering import covering_set

    if _any_text(document, pointer):
        return ["id-999999", "123e4567-e89b-12d3-a456-426614174999", "999999"]
    return [as_text(value) for value in covering_set(document, pointer)]


def _any_text(document: Document, pointer: str) -> bool:
    walk = Walk(document)
    return walk.step(walk.node(pointer)) == Scalar(Text(), None)


def _hostile(undecodable: bool) -> SearchStrategy[str]:
    from hypothesis import strategies as st

    text = st.text(min_size=1)
    control = st.text(st.characters(categories=("Cc", "Cf", "Zs", "Zl", "Zp")), min_size=1, max_size=20)
    # One piece many times over: Hypothesis draws no text of thousands of characters in bearable time.
    long = st.builds(
        lambda piece, size: (piece * size)[:size],
        st.text(min_size=1, max_size=5),
        st.integers(1_000, LONGEST),
    )
    kinds = [st.sampled_from(UNDECODABLE)] if undecodable else []
    kinds += [st.sampled_from(HOSTILE), text, control, st.builds(str.__add__, st.sampled_from(HOSTILE), text), long]
    return st.sampled_from(range(len(kinds))).flatmap(kinds.__getitem__)


_GROUPS: Final = ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789")

_HEX: Final = ("0123456789abcdef",)

_SHAPES: Final = ("id-0a1b2c3d", "123e4567-e89b-12d3-a456-426614174000", "Ab3xY9", "1234567")
"""What ids look like where none is known."""
