"""Compare unions: which branches and alternatives of two documents belong together, and which are new or gone.

Hides how branches find each other. In a tagged union they do so by their tag values, and where a value is new or gone,
by the schema's name; alternatives without a tag by what they say, then by their JSON types.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from contracts.changes.algebra import Surplus, surplus
from contracts.changes.nodes import Node, NotInlined, Part, Side
from contracts.changes.schema_difference import Found, Holder, Inner, SchemaDifference
from contracts.openapi import Branch, Union, from_pointer, text_of, to_pointer


class Comparer(Protocol):
    """What compares two nodes; see `Comparison`."""

    old: Side
    new: Side

    def is_same(self, old: Node, new: Node) -> bool:
        """Return whether both say the same."""

    def differences(self, holder: Holder) -> tuple[SchemaDifference, ...]:
        """Return every difference of what judges a value."""

    def as_a_whole(self, kind: str, holder: Holder, old: Node, new: Node) -> Iterator[SchemaDifference]:
        """Yield the difference of two nodes that are not taken apart, if there is one."""


def compare_unions(comparer: Comparer, holder: Holder, old: Union, new: Union) -> Iterator[Found]:
    """Yield the differences of two tagged unions that judge one value."""
    discriminators = old.pointer + to_pointer("discriminator"), new.pointer + to_pointer("discriminator")
    if old.tag != new.tag:
        yield SchemaDifference(
            "tag-name", holder, *discriminators, text_of(old.tag), text_of(new.tag), grows=True, shrinks=True
        )
        return
    beside = _beside(comparer.old, holder.old, old), _beside(comparer.new, holder.new, new)
    pairs = _Pairs(old, new)
    for ours, theirs, tags in pairs.together():
        inner = Holder(_node(ours), _node(theirs), old.tag, tags, tags, beside)
        moved = comparer.differences(inner) if pairs.has_moved(ours, theirs) else ()
        if moved:
            yield SchemaDifference(
                "mapping-moved", inner, *discriminators, text_of(ours.name), text_of(theirs.name),
                grows=_any(each.grows for each in moved), shrinks=_any(each.shrinks for each in moved),
                variant=text_of(tags), branch=tags[0], inner=moved, why=next((each.why for each in moved), ""),
            )  # fmt: skip
        else:
            # A value of the tag that is new or gone is told as that.
            yield Inner(inner, branch=tags[0], place=(old.tag,), variants=pairs.told)
    yield from _of_single_tags(pairs, holder, beside)
    yield from _untagged(comparer, holder, old, new)


def _of_single_tags(pairs: "_Pairs", holder: Holder, beside: tuple[Node, Node]) -> Iterator[SchemaDifference]:
    """Yield the tag values, and the branches, that one of the unions has."""
    old, new = pairs.old, pairs.new
    for ours, theirs, gone, added in pairs.renamed():
        yield SchemaDifference(
            "tag-value", Holder(_node(ours), _node(theirs), old.tag, (gone,), (added,), beside), ours.pointer,
            theirs.pointer, text_of(gone), text_of(added), grows=True, shrinks=True, variant=text_of([gone, added]),
            branch=added,
        )  # fmt: skip
    for branch, tag in pairs.added():
        kind = "tag-added" if branch.name in pairs.names(old) else "branch-added"
        inner = replace(holder, old=(), new=_node(branch), tag=new.tag, new_tags=(tag,), beside=((), beside[1]))
        yield SchemaDifference(
            kind, inner, old.pointer, branch.pointer, "", text_of(tag), grows=True, variant=text_of(tag), branch=tag
        )
    for branch, tag in pairs.removed():
        kind = "tag-removed" if branch.name in pairs.names(new) else "branch-removed"
        inner = replace(holder, old=_node(branch), new=(), tag=old.tag, old_tags=(tag,), beside=(beside[0], ()))
        yield SchemaDifference(
            kind, inner, branch.pointer, new.pointer, text_of(tag), "", shrinks=True, variant=text_of(tag), branch=tag
        )


def _untagged(comparer: Comparer, holder: Holder, old: Union, new: Union) -> Iterator[Found]:
    """Yield the differences of the branches that are no objects, such as null."""
    ours = [_node(branch) for branch in old.untagged]
    theirs = [_node(branch) for branch in new.untagged]
    yield from _alternatives(comparer, holder, ours, theirs, (Part(old.pointer),), (Part(new.pointer),))


class _Pairs:
    """The branches of two unions, by their tag values."""

    def __init__(self, old: Union, new: Union) -> None:
        self.old, self.new = old, new
        self._ours = {tag: branch for branch in old.tagged for tag in branch.tags}
        self._theirs = {tag: branch for branch in new.tagged for tag in branch.tags}

    @property
    def told(self) -> frozenset[str]:
        """The tag values that one of the unions has, as JSON texts."""
        return frozenset(text_of(tag) for tag in self._ours.keys() ^ self._theirs.keys())

    def names(self, union: Union) -> frozenset[str]:
        return frozenset(branch.name for branch in union.tagged)

    def together(self) -> Iterator[tuple[Branch, Branch, tuple[str, ...]]]:
        """Yield the branches that share tag values, with these."""
        shared: dict[tuple[Branch, Branch], list[str]] = {}
        for tag, branch in self._ours.items():
            if tag in self._theirs:
                shared.setdefault((branch, self._theirs[tag]), []).append(tag)
        yield from ((*pair, tuple(tags)) for pair, tags in shared.items())

    def has_moved(self, ours: Branch, theirs: Branch) -> bool:
        """Return whether a tag value means another of the schemas that both unions know."""
        known = ours.name in self.names(self.new) or theirs.name in self.names(self.old)
        return ours.name != theirs.name and known

    def renamed(self) -> list[tuple[Branch, Branch, str, str]]:
        """Return the branches of one name that have no tag value in common, with the first of each."""
        by_name = {branch.name: branch for branch in self.new.tagged}
        found = []
        for branch in self.old.tagged:
            other = by_name.get(branch.name)
            gone = [tag for tag in branch.tags if tag not in self._theirs]
            added = [tag for tag in other.tags if tag not in self._ours] if other else []
            if other and gone and added and not {*branch.tags} & {*other.tags}:
                found.append((branch, other, gone[0], added[0]))
        return found

    def added(self) -> Iterator[tuple[Branch, str]]:
        """Yield the tag values that NEW alone has, with their branches."""
        told = {added for _, _, _, added in self.renamed()}
        yield from ((each, tag) for tag, each in self._theirs.items() if tag not in self._ours and tag not in told)

    def removed(self) -> Iterator[tuple[Branch, str]]:
        """Yield the tag values that OLD alone has, with their branches."""
        told = {gone for _, _, gone, _ in self.renamed()}
        yield from ((each, tag) for tag, each in self._ours.items() if tag not in self._theirs and tag not in told)


def compare_alternatives(
    comparer: Comparer, holder: Holder, old: Node, new: Node, ours: Part | None, theirs: Part | None
) -> Iterator[Found]:
    """Yield the differences of unions without a tag; a node that has none is one alternative by itself."""
    first, second = _listed(comparer.old, old, ours), _listed(comparer.new, new, theirs)
    if first is None or second is None:
        yield from comparer.as_a_whole("alternatives", holder, old, new)
        return
    alone = ours is not None and theirs is not None
    wholes = ((ours,), (theirs,)) if alone and ours and theirs else (old, new)
    yield from _alternatives(comparer, holder, first, second, *wholes)


def _listed(side: Side, node: Node, part: Part | None) -> list[Node] | None:
    """Return the alternatives of a node; None if they cannot be told from what stands beside them."""
    if part is None:
        return [node] if node else None
    keyword = [word for word in ("anyOf", "oneOf") if word in side.keywords(part)]
    if len(keyword) > 1:
        return None
    every = range(len(side.keywords(part)[keyword[0]]))
    return [(Part(part.pointer + to_pointer(keyword[0], index)),) for index in every]


def _alternatives(
    comparer: Comparer, holder: Holder, old: Sequence[Node], new: Sequence[Node], ours: Node, theirs: Node
) -> Iterator[Found]:
    """Yield the differences of alternatives; `ours` and `theirs` are the whole unions."""
    paired, gone, added = _matched(comparer, list(old), list(new))
    for first, second in paired:
        yield Inner(Holder(first, second))
    for node in added:
        more = _not_in(comparer.new, node, comparer.old, ours)
        if more.exists is not False:
            yield _of_alternative("alternative-added", Holder((), node), ours, node, comparer.new, more)
    for node in gone:
        less = _not_in(comparer.old, node, comparer.new, theirs)
        if less.exists is not False:
            yield _of_alternative("alternative-removed", Holder(node, ()), node, theirs, comparer.old, less)


def _of_alternative(kind: str, holder: Holder, old: Node, new: Node, side: Side, rest: Surplus) -> SchemaDifference:
    is_new = kind == "alternative-added"
    text = text_of(side.document.schema((new if is_new else old)[0].pointer))
    pointers = old[0].pointer if old else "", new[0].pointer if new else ""
    return SchemaDifference(
        kind, holder, *pointers, "" if is_new else text, text if is_new else "",
        grows=is_new and rest.exists, shrinks=not is_new and rest.exists, more=rest.schema if is_new else None,
        less=None if is_new else rest.schema, why=rest.why, variant=side.written(new if is_new else old)[:80],
    )  # fmt: skip


def _not_in(side: Side, node: Node, other: Side, whole: Node) -> Surplus:
    try:
        return surplus(side.inlined(node), other.inlined(whole))
    except NotInlined as error:
        return Surplus(None, None, str(error))


def _matched(
    comparer: Comparer, old: list[Node], new: list[Node]
) -> tuple[list[tuple[Node, Node]], list[Node], list[Node]]:
    """Return the pairs of alternatives that differ, and those of OLD and of NEW that have none."""
    for node in tuple(old):
        same = next((other for other in new if comparer.is_same(node, other)), None)
        if same is not None:
            old.remove(node)
            new.remove(same)
    paired = []
    for key in (_name_of, _types_of):
        for node in tuple(old):
            mine = key(comparer.old, node)
            fitting = [other for other in new if mine is not None and key(comparer.new, other) == mine]
            if len(fitting) == 1 and sum(key(comparer.old, each) == mine for each in old) == 1:
                paired.append((node, fitting[0]))
                old.remove(node)
                new.remove(fitting[0])
    return paired, old, new


def _name_of(side: Side, node: Node) -> str | None:
    """Return the name of the component that an alternative is."""
    schema = side.document.schema(node[0].pointer) if len(node) == 1 else None
    return from_pointer(schema["$ref"])[-1] if isinstance(schema, dict) and {*schema} == {"$ref"} else None


def _types_of(side: Side, node: Node) -> str | None:
    """Return the JSON types that an alternative names."""
    named = [side.keywords(part)["type"] for part in side.flat(node) if "type" in side.keywords(part)]
    return text_of(sorted([named[0]] if isinstance(named[0], str) else named[0])) if named else None


def _beside(side: Side, node: Node, union: Union) -> Node:
    """Return what judges the union's value beside its branches."""
    keyword = frozenset({union.keyword})
    return tuple(
        Part(part.pointer, part.without | keyword) if part.pointer == union.pointer else part
        for part in side.flat(node)
    )


def _node(branch: Branch) -> Node:
    return (Part(branch.pointer),)


def _any(answers: Iterator[bool | None]) -> bool | None:
    every = list(answers)
    return True if True in every else None if None in every else False
