"""The steps by which a value is built, as data: a choice, a leaf, a filter, an object or an array.

`build_plan` derives a step from a node; `walk` carries it out by the decisions of a chooser.
"""

from dataclasses import dataclass, field

from strategies.values.node import Node
from strategies.values.scalars import JSON, Fits, Leaf


@dataclass(frozen=True, slots=True)
class Fork:
    """A choice of one of several nodes.

    It is `strong` if the document itself offers the choice, as a union does, and not for the types of a value.
    """

    labels: tuple[str, ...]
    nodes: tuple[Node, ...]
    strong: bool


@dataclass(frozen=True, slots=True)
class Values:
    """A choice of one of several values; it is `strong` if an enum lists them."""

    values: tuple[JSON, ...]
    strong: bool


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf, and a test that its values have to pass besides (None: every value of the leaf fits)."""

    leaf: Leaf
    fits: Fits | None


@dataclass(frozen=True, slots=True)
class Guard:
    """Another node, of whose values only those count that fit."""

    node: Node
    fits: Fits


@dataclass(frozen=True, slots=True)
class Extra:
    """One kind of undeclared properties: the nodes of their names and of their values."""

    names: Node
    values: Node


@dataclass(frozen=True, slots=True)
class Object:
    """Properties by name, the required ones, and the least and greatest number of properties.

    `extras` is empty for a closed object. They are `listed` if the schema itself says something about undeclared
    properties, and then built as often as not.
    """

    properties: tuple[tuple[str, Node], ...]
    required: frozenset[str]
    fewest: int
    most: int | None
    extras: tuple[Extra, ...]
    listed: bool
    fits: Fits | None


@dataclass(frozen=True, slots=True)
class Array:
    """Items by index, the last of `items` for all further ones, and the lengths to choose from."""

    items: tuple[Node, ...]
    lengths: tuple[int, ...]
    unique: bool
    fits: Fits | None = field(compare=False)


Step = Fork | Values | Scalar | Guard | Object | Array
