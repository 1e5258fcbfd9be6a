"""Draw or enumerate values of path parameters: ordinary ones, near-misses of known ones, and hostile ones.

Hides the proportions of the three classes, and the shapes of ordinary ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from contracts.openapi import Document, Operation
from strategies.ids.hostile import HOSTILE, LENGTHS, UNDECODABLE
from strategies.ids.near_misses import NEAR
from strategies.ids.resources import LONGEST, as_text, sendable
from strategies.values import Scalar, Text, any_texts, covering_set, from_schema, walk_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def job_ids(
    operation: Operation, known: Iterable[str] = (), *, hostile: bool = True, undecodable: bool = False
) -> SearchStrategy[str]:
    """Return a strategy for ids of an operation with one path parameter, never one of `known`; see `parameter_values`.

    Raises ValueError for an operation with another number of them; `path_values` draws for those.
    """
    if len(operation.parameters) != 1:
        raise ValueError(f"{operation} has {len(operation.parameters)} path parameters; use path_values")
    pointer = operation.parameters[0].schema
    return parameter_values(operation.document, pointer, known, hostile=hostile, undecodable=undecodable)


def parameter_values(
    document: Document, pointer: str, known: Iterable[str] = (), *, hostile: bool = True, undecodable: bool = False
) -> SearchStrategy[str]:
    r"""Return a strategy for values of the path parameter whose schema stands at a JSON pointer, never one of `known`.

    Four in ten are ordinary (of the shape of known ids, or valid by the schema), three are near-misses of known ids,
    three are hostile; `hostile=False` leaves those out. All values survive the way in a path segment: they are never
    empty, `.` or `..`, hold no half of a surrogate pair, and have at most 8,000 characters. With `undecodable` some
    hostile ones are bytes that are not UTF-8, held as `surrogateescape` does (`"\udcff"` is sent as `%FF`).
    """
    from hypothesis import strategies as st

    known = tuple(known)
    barred = frozenset(known)
    ordinary = _ordinary(document, pointer, known)
    near = st.builds(
        lambda change, value, position: change(value, position),
        st.sampled_from(tuple(NEAR.values())),
        st.sampled_from(known) if known else ordinary,
        st.integers(0, 63),
    )
    # One drawn number chooses the class, because `one_of` would weigh the few known ids against endless text.
    kinds = [ordinary] * 4 + [near] * 3 + ([_hostile(undecodable)] * 3 if hostile else [])
    drawn = st.sampled_from(range(len(kinds))).flatmap(kinds.__getitem__)
    return drawn.filter(lambda value: sendable(value) and value not in barred)


def made_up(value: str) -> bool:
    """Return whether no resource has this id by chance, because of its characters, its length or its meaning."""
    return _ORDINARY.fullmatch(value) is None or value in _NEVER_IDS


_ORDINARY: Final = re.compile("[A-Za-z0-9_.:~-]{1,200}")

_NEVER_IDS: Final = frozenset("null None undefined NaN true -1 1e309 ... __proto__ constructor".split())


def path_values(
    operation: Operation, known: Iterable[Sequence[str]] = (), *, hostile: bool = True, undecodable: bool = False
) -> SearchStrategy[dict[str, str]]:
    """Return a strategy for all path parameters of an operation by name, never those of a known resource.

    Some of several parameters may be those of a known resource, so that the others are tried inside it.
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
    return st.tuples(*columns).filter(lambda values: not columns or values not in barred).map(operation.bind)


def covering_job_ids(
    document: Document, pointer: str, known: Iterable[str] = (), *, hostile: bool = True
) -> tuple[str, ...]:
    """Return ids of every class, the same each time: ordinary, near-misses of the first known one, hostile."""
    known = tuple(known)
    ordinary = _ordinary_samples(document, pointer)
    target = next(iter(known or ordinary), "id")
    found = [*ordinary, *(change(target, len(target) // 2) for change in NEAR.values())]
    if hostile:
        found += [*HOSTILE, *LENGTHS]
    return tuple(dict.fromkeys(value for value in found if sendable(value) and value not in known))


TARGETS: Final = 5
"""For how many known resources every near-miss is asked: some careless comparisons fail on some ids only."""


def covering_path_values(
    operation: Operation, known: Iterable[Sequence[str]] = (), *, undecodable: bool = False
) -> Iterator[dict[str, str]]:
    """Yield resources with every class of path parameters, the same each time, by parameter name.

    Every hostile text comes first; then some known resources, each followed by its near-misses.
    """
    resources = [tuple(values) for values in known]
    barred = set(resources)
    hostile = [*HOSTILE, *LENGTHS, *(UNDECODABLE if undecodable else ())]
    first = next(iter(resources), ("0",) * len(operation.parameters))
    for index in range(len(first)):
        yield from _variants(operation, first, index, hostile, barred)
    for target in resources[:: -(-len(resources) // TARGETS) or 1]:
        yield operation.bind(target)
        for index, value in enumerate(target):
            changed = dict.fromkeys(change(value, len(value) // 2) for change in NEAR.values())
            yield from _variants(operation, target, index, changed, barred)


def _variants(
    operation: Operation, target: tuple[str, ...], index: int, values: Iterable[str], barred: set[tuple[str, ...]]
) -> Iterator[dict[str, str]]:
    for value in values:
        resource = (*target[:index], value, *target[index + 1 :])
        if sendable(value) and resource not in barred:
            yield operation.bind(resource)


def _sometimes_known(strange: SearchStrategy[str], column: tuple[str, ...]) -> SearchStrategy[str]:
    from hypothesis import strategies as st

    return st.booleans().flatmap(lambda known: st.sampled_from(column) if known else strange)


def _ordinary(document: Document, pointer: str, known: tuple[str, ...]) -> SearchStrategy[str]:
    from hypothesis import strategies as st

    if not _any_text(document, pointer):
        return from_schema(document, pointer).map(as_text)
    shapes = known or _SHAPES
    # An id takes one number, because Hypothesis copies parts of values of many draws until it draws little else.
    return st.builds(_of_its_shape, st.sampled_from(shapes), st.integers(0, 2**64 - 1))


def _of_its_shape(value: str, number: int) -> str:
    """Return the value with every letter and digit replaced by one that the number chooses; separators stay."""
    groups = _HEX if re.fullmatch("[0-9a-f-]*[a-f][0-9a-f-]*", value) else _GROUPS
    found = ""
    for char in value:
        alphabet = next((group for group in groups if char in group), char)
        number, index = divmod(number, len(alphabet))
        found += alphabet[index]
    return found


def _ordinary_samples(document: Document, pointer: str) -> list[str]:
    if _any_text(document, pointer):
        return ["id-999999", "123e4567-e89b-12d3-a456-426614174999", "999999"]
    return [as_text(value) for value in covering_set(document, pointer)]


def _any_text(document: Document, pointer: str) -> bool:
    walk = walk_of(document)
    return walk.step(walk.node(pointer)) == Scalar(Text(), None)


def _hostile(undecodable: bool) -> SearchStrategy[str]:
    from hypothesis import strategies as st

    text = any_texts(1)
    control = st.text(st.characters(categories=("Cc", "Cf", "Zs", "Zl", "Zp")), min_size=1, max_size=20)
    # A long text repeats one piece, because Hypothesis takes too long to draw thousands of characters.
    long = st.builds(lambda piece, size: (piece * size)[:size], any_texts(1, 5), st.integers(1_000, LONGEST))
    kinds = [st.sampled_from(UNDECODABLE)] if undecodable else []
    kinds += [st.sampled_from(HOSTILE), text, control, st.builds(str.__add__, st.sampled_from(HOSTILE), text), long]
    return st.sampled_from(range(len(kinds))).flatmap(kinds.__getitem__)


_GROUPS: Final = ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789")

_HEX: Final = ("0123456789abcdef",)

_SHAPES: Final = ("id-0a1b2c3d", "123e4567-e89b-12d3-a456-426614174000", "Ab3xY9", "1234567")
"""Shapes of ids if none is known."""
