"""Compare what two documents say of one value: keyword by keyword, then part by part.

Hides how schemas are taken apart. A keyword of OLD refuses values that NEW admits exactly if the algebra finds a value
that NEW's keywords of the value itself admit and that one keyword refuses; the parts of a value are compared by
themselves. Each pair of schemas is compared once, so that recursion ends and the cost grows with the document.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from contracts.changes.algebra import Surplus, surplus
from contracts.changes.facets import (
    Keywords,
    declared_names,
    facet_of,
    first_pointer,
    item_node,
    listed_values,
    name_patterns,
    pattern_node,
    pointer_of,
    pointer_of_value,
    prefix_length,
    property_node,
    required_names,
    types_of,
    words_of,
)
from contracts.changes.nodes import Node, NotInlined, Part, Side
from contracts.changes.schema_difference import Found, Holder, Inner, SchemaDifference, Step
from contracts.changes.unions import compare_alternatives, compare_unions
from contracts.openapi import identity, text_of

PAIRS: Final = 200
"""Of how many pairs of schemas one value is compared at every place: alternatives of alternatives multiply."""

ANY_NAME: Final = "*"
"""Stands in a place for any item, or for a property that is not named."""

_FACETS: Final[Mapping[str, tuple[str, ...]]] = {
    "type": ("type",),
    "values": ("enum", "const"),
    "range": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    "multiple": ("multipleOf",),
    "length": ("minLength", "maxLength"),
    "pattern": ("pattern",),
    "format": ("format",),
    "item-count": ("minItems", "maxItems"),
    "unique-items": ("uniqueItems",),
    "contains": ("contains", "minContains", "maxContains"),
    "property-count": ("minProperties", "maxProperties"),
    "required": ("required",),
    "dependent": ("dependentRequired", "dependentSchemas"),
    "property-names": ("propertyNames",),
    "not": ("not",),
    "condition": ("if", "then", "else"),
}
"""Kind of change to the keywords that mean something together, of those that judge a value by itself."""

_PARTS: Final = frozenset("properties patternProperties additionalProperties items prefixItems".split())
"""Keywords that judge the parts of a value."""

_UNIONS: Final = ("anyOf", "oneOf")


class Comparison:
    """Compares the schemas of two documents."""

    def __init__(self, old: Side, new: Side) -> None:
        self.old, self.new = old, new
        self._numbers: dict[Holder, int] = {}
        self._known: dict[int, tuple[tuple[Found, int], ...]] = {}
        self._whole: dict[int, tuple[SchemaDifference, ...]] = {}

    def is_same(self, old: Node, new: Node) -> bool:
        """Return whether both say the same, perhaps in other words; False if that takes a comparison to see."""
        return self.old.written(old) == self.new.written(new)

    def differences(self, holder: Holder) -> tuple[SchemaDifference, ...]:
        """Return every difference of what judges a value, at each place that has it, those of few steps first.

        Of a value with more than `PAIRS` pairs of schemas, each further pair is compared at one place.
        """
        number = self._number(holder)
        if number not in self._whole:
            self._whole[number] = tuple(self._walk(Inner(holder), number))
        return self._whole[number]

    def _walk(self, root: Inner, first: int) -> Iterator[SchemaDifference]:
        waiting: deque[tuple[Inner, int, tuple[Inner, ...], frozenset[int]]] = deque()
        waiting.append((root, first, (), frozenset({first})))
        met, pairs = {first}, 0
        while waiting:
            inner, at, way, around = waiting.popleft()
            pairs += 1
            for each, number in self._local(inner.holder, at):
                if isinstance(each, SchemaDifference):
                    if all(above.tells(_seen_from(above, inner, each)) for above in way):
                        yield each.below(inner.steps, inner.branch)
                elif number not in (around if pairs < PAIRS else met):
                    met.add(number)
                    further = replace(each, steps=(*inner.steps, *each.steps), branch=each.branch or inner.branch)
                    ways = (*way, further) if each.variants else way
                    waiting.append((further, number, ways, around | {number}))

    def _number(self, holder: Holder) -> int:
        """Return the number of a pair of schemas, which stands for it wherever it is met."""
        key = replace(holder, old=self.old.flat(holder.old), new=self.new.flat(holder.new), beside=((), ()))
        return self._numbers.setdefault(key, len(self._numbers))

    def _local(self, holder: Holder, number: int) -> tuple[tuple[Found, int], ...]:
        """Return the differences of one pair of schemas, and the pairs inside it, each with its number."""
        if number not in self._known:
            found = tuple(self._found(holder))
            numbers = (self._number(each.holder) for each in found)
            self._known[number] = tuple(zip(found, numbers, strict=True))
        return self._known[number]

    def _found(self, holder: Holder) -> Iterator[Found]:
        old, new = self.old.flat(holder.old), self.new.flat(holder.new)
        if any(map(_is_opaque, (self.old, self.new), (old, new))):
            yield from self.as_a_whole("schema", holder, old, new)
            return
        ours, theirs = _union_parts(self.old, old), _union_parts(self.new, new)
        if len(ours) > 1 or len(theirs) > 1:
            yield from self.as_a_whole("schema", holder, old, new)
            return
        if ours or theirs:
            yield from self._of_unions(holder, old, new, next(iter(ours), None), next(iter(theirs), None))
            if bool(ours) != bool(theirs):
                return
        rest = replace(holder, old=_without_unions(old), new=_without_unions(new), beside=holder.beside)
        yield from (replace(each, holder=holder) for each in self._facets(rest))
        yield from self._parts(holder, rest.old, rest.new)

    def _of_unions(
        self, holder: Holder, old: Node, new: Node, ours: Part | None, theirs: Part | None
    ) -> Iterator[Found]:
        tagged = [side.union(part) if part else None for side, part in ((self.old, ours), (self.new, theirs))]
        if ours and theirs and self.is_same(_union_alone(self.old, ours), _union_alone(self.new, theirs)):
            return
        if tagged[0] and tagged[1]:
            yield from compare_unions(self, holder, tagged[0], tagged[1])
        elif tagged[0] or tagged[1]:
            alone = (old, new) if bool(ours) != bool(theirs) else (_alone(ours), _alone(theirs))
            yield from self.as_a_whole("tags", holder, *alone)
        else:
            yield from compare_alternatives(self, holder, old, new, ours, theirs)

    def as_a_whole(self, kind: str, holder: Holder, old: Node, new: Node) -> Iterator[SchemaDifference]:
        """Yield the difference of two nodes that are not taken apart, if there is one."""
        grows, shrinks = self.between(old, new)
        if grows.exists is not False or shrinks.exists is not False:
            yield SchemaDifference(
                kind, holder, first_pointer(old), first_pointer(new),
                self._text(self.old, old), self._text(self.new, new),
                grows.exists, shrinks.exists, grows.schema, shrinks.schema, grows.why or shrinks.why,
            )  # fmt: skip

    def between(self, old: Node, new: Node) -> tuple[Surplus, Surplus]:
        """Return what NEW's node admits more than OLD's, and the reverse, by the algebra alone."""
        try:
            ours, theirs = self.old.inlined(old), self.new.inlined(new)
        except NotInlined as error:
            unknown = Surplus(None, None, str(error))
            # Without a schema every value is allowed.
            return (unknown if old else Surplus(False)), (unknown if new else Surplus(False))
        return surplus(theirs, ours), surplus(ours, theirs)

    def _text(self, side: Side, node: Node) -> str:
        every = [side.document.schema(part.pointer) for part in node]
        return text_of(every[0] if len(every) == 1 else {"allOf": every} if every else {})

    def _facets(self, holder: Holder) -> Iterator[SchemaDifference]:
        """Yield what the keywords of the value itself say differently."""
        for kind, keywords in _FACETS.items():
            old, new = facet_of(self.old, holder.old, keywords), facet_of(self.new, holder.new, keywords)
            if identity([value for _, value in old]) == identity([value for _, value in new]) and kind not in _NESTED:
                continue
            if kind == "required":
                yield from self._required(holder, old, new)
            elif kind == "values" and listed_values(old) is not None and listed_values(new) is not None:
                yield from self._listed(holder, old, new)
            else:
                yield from self._facet(kind, holder, keywords, old, new)

    def _facet(
        self, kind: str, holder: Holder, keywords: tuple[str, ...], old: Keywords, new: Keywords
    ) -> Iterator[SchemaDifference]:
        try:
            ours, theirs = self._own(self.old, holder.old, keywords), self._own(self.new, holder.new, keywords)
            if ours == theirs:
                return
            grows = surplus(self._own(self.new, holder.new), ours)
            shrinks = surplus(self._own(self.old, holder.old), theirs)
        except NotInlined as error:
            grows = shrinks = Surplus(None, None, str(error))
        if grows.exists is not False or shrinks.exists is not False:
            yield SchemaDifference(
                kind, holder, pointer_of(old, holder.old), pointer_of(new, holder.new), words_of(old), words_of(new),
                grows.exists, shrinks.exists, grows.schema, shrinks.schema, grows.why or shrinks.why,
            )  # fmt: skip

    def _own(self, side: Side, node: Node, keywords: Iterable[str] = ()) -> Any:
        """Return what the node asserts of the value itself, or these keywords of it, as a schema for the algebra."""
        wanted = frozenset(keywords) or frozenset(word for each in _FACETS.values() for word in each)
        kept = []
        for part in node:
            others = frozenset(side.keywords(part)) - wanted
            if others < side.keywords(part).keys():
                kept.append(Part(part.pointer, part.without | others))
        return side.inlined(tuple(kept))

    def _required(self, holder: Holder, old: Keywords, new: Keywords) -> Iterator[SchemaDifference]:
        ours, theirs = required_names(old), required_names(new)
        for name in dict.fromkeys((*ours, *theirs)):
            if (name in ours) == (name in theirs):
                continue
            became = name in theirs
            absent = {"type": "object", "properties": {name: False}}
            own = self._own(self.old if became else self.new, holder.old if became else holder.new)
            missing = surplus(own, {"required": [name]})
            yield SchemaDifference(
                "required" if became else "optional", holder,
                pointer_of(old, holder.old), pointer_of(new, holder.new),
                *(("optional", "required") if became else ("required", "optional")),
                grows=not became and missing.exists, shrinks=became and missing.exists,
                more=None if became else absent, less=absent if became else None, why=missing.why, variant=name,
            )  # fmt: skip

    def _listed(self, holder: Holder, old: Keywords, new: Keywords) -> Iterator[SchemaDifference]:
        """Yield each value that one document lists and the other does not."""
        ours, theirs = listed_values(old) or {}, listed_values(new) or {}
        for key in dict.fromkeys((*ours, *theirs)):
            if (key in ours) == (key in theirs):
                continue
            is_new = key in theirs
            value = (theirs if is_new else ours)[key]
            places = (
                (pointer_of(old, holder.old), pointer_of_value(new, key))
                if is_new
                else (pointer_of_value(old, key), pointer_of(new, holder.new))
            )
            own = self._own(self.new if is_new else self.old, holder.new if is_new else holder.old)
            known = surplus({"allOf": [own, {"const": value}]}, False)
            yield SchemaDifference(
                "value-added" if is_new else "value-removed", holder,
                *places, "" if is_new else text_of(value), text_of(value) if is_new else "",
                grows=is_new and known.exists, shrinks=not is_new and known.exists,
                more={"const": value} if is_new else None, less=None if is_new else {"const": value},
                why=known.why, variant=text_of(value),
            )  # fmt: skip

    def _parts(self, holder: Holder, old: Node, new: Node) -> Iterator[Found]:
        """Yield the differences of the properties and items of the value."""
        kinds = types_of(self.old, old), types_of(self.new, new)
        if all("object" in each for each in kinds):
            yield from self._properties(holder, old, new)
        if all("array" in each for each in kinds):
            yield from self._items(holder, old, new)

    def _properties(self, holder: Holder, old: Node, new: Node) -> Iterator[Found]:
        ours, theirs = declared_names(self.old, old), declared_names(self.new, new)
        for name in dict.fromkeys((*ours, *theirs)):
            inner = property_node(self.old, old, name), property_node(self.new, new, name)
            step = Step(holder, name)
            if (name in ours) == (name in theirs):
                yield Inner(Holder(*inner), (step,))
            else:
                yield from self._added_or_removed(step, *inner, is_new=name in theirs)
        patterns = dict.fromkeys((*name_patterns(self.old, old), *name_patterns(self.new, new)))
        for pattern in patterns:
            inner = pattern_node(self.old, old, pattern), pattern_node(self.new, new, pattern)
            step = Step(holder, ANY_NAME, pattern=pattern)
            if all(pattern in name_patterns(side, node) for side, node in ((self.old, old), (self.new, new))):
                yield Inner(Holder(*inner), (step,))
            else:
                found = self.as_a_whole("named-properties", Holder(*inner), *inner)
                yield from (replace(each, variant=text_of(pattern)).below((step,)) for each in found)
        other = Holder(property_node(self.old, old, None), property_node(self.new, new, None))
        yield from self._undescribed(Step(holder, ANY_NAME), other)

    def _undescribed(self, step: Step, other: Holder) -> Iterator[Found]:
        """Yield the difference of properties that no document names."""
        closed = self.old.written(other.old), self.new.written(other.new)
        if _FALSE not in closed:
            yield Inner(other, (step,))
        elif closed[0] != closed[1]:
            kind = "opened" if closed[0] == _FALSE else "closed"
            found = self.differences(other)[:1]
            pointers = first_pointer(other.old), first_pointer(other.new)
            yield from (replace(each, kind=kind, old=pointers[0], new=pointers[1]).below((step,)) for each in found)

    def _added_or_removed(self, step: Step, old: Node, new: Node, *, is_new: bool) -> Iterator[SchemaDifference]:
        """Yield the difference of a property that one document declares."""
        grows, shrinks = self.between(old, new)
        pointer = first_pointer(new if is_new else old)
        side, node = (self.new, new) if is_new else (self.old, old)
        text = self._text(side, node)
        yield SchemaDifference(
            "property-added" if is_new else "property-removed", Holder(old, new),
            "" if is_new else pointer, pointer if is_new else "", "" if is_new else text, text if is_new else "",
            grows.exists, shrinks.exists, grows.schema, shrinks.schema, grows.why or shrinks.why, steps=(step,),
        )  # fmt: skip

    def _items(self, holder: Holder, old: Node, new: Node) -> Iterator[Found]:
        first = max(prefix_length(self.old, old), prefix_length(self.new, new))
        for index in (*range(first), None):
            inner = Holder(item_node(self.old, old, index), item_node(self.new, new, index))
            step = Step(holder, ANY_NAME if index is None else str(index), is_item=True)
            yield Inner(inner, (step,))


def _seen_from(above: Inner, inner: Inner, difference: SchemaDifference) -> SchemaDifference:
    """Return a difference inside `inner` with its steps from a pair further up."""
    return difference.below(inner.steps[len(above.steps) :])


_NESTED: Final = frozenset({"contains", "dependent", "property-names", "not", "condition"})
"""Kinds whose keywords hold schemas, which may differ although the keywords read the same."""

_FALSE: Final = "false"


def _is_opaque(side: Side, node: Node) -> bool:
    return any({"unevaluatedProperties", "unevaluatedItems"} & side.keywords(part).keys() for part in node)


def _union_parts(side: Side, node: Node) -> list[Part]:
    return [part for part in node if {*_UNIONS} & side.keywords(part).keys()]


def _without_unions(node: Node) -> Node:
    return tuple(Part(part.pointer, part.without | {*_UNIONS}) for part in node)


def _alone(part: Part | None) -> Node:
    return (part,) if part else ()


def _union_alone(side: Side, part: Part) -> Node:
    return _only(side, (part,), frozenset(_UNIONS))


def _only(side: Side, node: Node, keywords: frozenset[str]) -> Node:
    return tuple(Part(part.pointer, part.without | (frozenset(side.keywords(part)) - keywords)) for part in node)
