"""Decide by its keywords whether a value satisfies a node, where that is plain: most schemas need no algebra.

The schema algebra is exact and costs a hundred times as much, because it takes in everything that a schema refers to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain
from typing import Any, Final

from contracts.openapi import Document, identity, json_type
from strategies.values.node import (
    HARD,
    OF_TYPE,
    Node,
    Part,
    inline,
    item_node,
    keyword_values,
    listed_values,
    pin,
    property_node,
    types,
    without,
)

_SCALARS: Final = frozenset(("null", "boolean", "integer", "number", "string"))

_OF_PARTS: Final = frozenset((*OF_TYPE["array"], *OF_TYPE["object"]))

_MORE: Final = HARD | {"contains", "minContains", "maxContains"}
"""The keywords that are left to the algebra, wherever they stand."""


class PlainSatisfiability:
    """Satisfiability of the nodes of one document, remembered.

    `flat` and `fits` are those of `Schemas`; `algebra` returns its verdict on a flat node, None if it has none.
    """

    def __init__(
        self,
        document: Document,
        flat: Callable[[Node], Node],
        fits: Callable[[Node], Callable[[Any], bool]],
        algebra: Callable[[Node], bool | None],
    ) -> None:
        self._unions = document.unions
        self._flat, self._fits, self._algebra = flat, fits, algebra
        self._known: dict[Node, bool | None] = {}
        self._values = cache(lambda node: _listed(flat(node)))
        self._kinds = cache(lambda node: _kinds_of(flat(node)))

    def of(self, node: Node) -> bool | None:
        """Return whether a value satisfies the node; None if that is not plain.

        Raises DocumentError for an unknown keyword.
        """
        flat = self._flat(node)
        if flat not in self._known:
            # A schema that has to hold itself is not plain.
            self._known[flat] = None
            self._known[flat] = self._decide(flat)
        return self._known[flat]

    def are_apart(self, one: Node, other: Node) -> bool:
        """Return whether it is plain that no value satisfies both nodes: by their types, or the values they list."""
        values, others = self._values(one), self._values(other)
        if values is not None and others is not None:
            return values.isdisjoint(others)
        return self._kinds(one).isdisjoint(self._kinds(other))

    def _decide(self, flat: Node) -> bool | None:
        if not flat:
            return True
        if any(part.schema is False for part in flat):
            return False
        if lists := listed_values(flat):
            return bool(_listed(flat)) and any(map(self._fits(flat), lists[0]))
        names, is_typed = types(flat), any("type" in part.schema for part in flat)
        if is_typed and not names:
            return False
        if any(_MORE & part.schema.keys() for part in flat):
            return None
        for part in flat:
            for keyword in ("oneOf", "anyOf"):
                if keyword in part.schema:
                    return self._of_alternatives(flat, part, keyword)
        if not is_typed:
            return True  # Null satisfies keywords that speak of other types.
        scalar = _SCALARS & {*names}
        verdicts = (self._of_type(flat, name) for name in names if name not in scalar)
        return _any_of([self._of_scalar(flat)] if scalar else [], verdicts)

    def _of_type(self, flat: Node, name: str) -> bool | None:
        return self._of_array(flat) if name == "array" else self._of_object(flat)

    def _of_alternatives(self, flat: Node, part: Part, keyword: str) -> bool | None:
        rest = without(flat, part, keyword)
        union = self._unions.get(part.pointer or "")
        branches = [part.child(keyword, index) for index in range(len(part.schema[keyword]))]
        if union and union.keyword == keyword:
            # A branch is taken by the values that claim it.
            pins = {branch.pointer: (inline(pin(union.tag, branch.tags)),) for branch in union.tagged}
            return _any_of(self.of((*rest, each, *pins.get(str(each.pointer), ()))) for each in branches)
        nodes = [(*rest, each) for each in branches]
        if keyword == "anyOf":
            return _any_of(map(self.of, nodes))
        return self._of_one(flat, nodes)

    def _of_one(self, flat: Node, nodes: list[Node]) -> bool | None:
        """Decide on `oneOf`, of whose nodes a value may fit only one."""
        possible = [(self._flat(node), verdict) for node in nodes if (verdict := self.of(node)) is not False]
        if not possible:
            return False
        fits = self._fits(flat)
        if any(fits(value) for each, _ in possible for values in listed_values(each)[:1] for value in values):
            return True
        for index, (own, verdict) in enumerate(possible):
            others = possible[:index] + possible[index + 1 :]
            if verdict and all(self.are_apart(own, other) for other, _ in others):
                return True
        return None

    def _of_scalar(self, flat: Node) -> bool | None:
        """Ask the algebra: of texts and numbers it knows everything, and at once."""
        own = (part.without(*_OF_PARTS) if _OF_PARTS & part.schema.keys() else part for part in flat)
        return self._algebra((*own, inline({"type": sorted(_SCALARS)})))

    def _of_array(self, flat: Node) -> bool | None:
        few = max(keyword_values(flat, "minItems"), default=0)
        if few > min(keyword_values(flat, "maxItems"), default=few):
            return False
        if not few:
            return True
        plain = not any({"prefixItems", "uniqueItems"} & part.schema.keys() for part in flat)
        return self.of(item_node(flat, 0)) if plain else None

    def _of_object(self, flat: Node) -> bool | None:
        required = {name for names in keyword_values(flat, "required") for name in names}
        few = max([len(required), *keyword_values(flat, "minProperties")])
        if few > min(keyword_values(flat, "maxProperties"), default=few):
            return False
        inside = [self.of(property_node(flat, name)) for name in sorted(required)]
        if False in inside:
            return False
        is_plain = few == len(required) and not (required and keyword_values(flat, "propertyNames"))
        return True if is_plain and None not in inside else None


def _listed(flat: Node) -> frozenset[Any] | None:
    """Return the identities of the values that all lists of a flat node have; None if it lists none."""
    lists = [frozenset(map(identity, values)) for values in listed_values(flat)]
    return frozenset.intersection(*lists) if lists else None


def _kinds_of(flat: Node) -> frozenset[str]:
    """Return the types that values of a flat node may have."""
    if lists := listed_values(flat):
        return frozenset(map(json_type, lists[0]))
    if not any("type" in part.schema for part in flat if part.schema is not False):
        return frozenset((*_SCALARS, "array", "object"))
    names = types(flat)
    return frozenset((*names, "integer") if "number" in names else names)


def _any_of(*verdicts: Iterable[bool | None]) -> bool | None:
    """Return True if one verdict is, False if all are, else None."""
    unsure = False
    for verdict in chain(*verdicts):
        if verdict:
            return True
        unsure = unsure or verdict is None
    return None if unsure else False
