"""A difference of two schemas as a value: where it stands, what each document writes there, and who admits more."""

from dataclasses import dataclass, field, replace
from typing import Any

from contracts.changes.nodes import Node


@dataclass(frozen=True, slots=True)
class Holder:
    """What judges one value in both documents: in a union's branch, objects that have one of the tag's values.

    `beside` are the schemas that judge the same value, and are compared elsewhere.
    """

    old: Node
    new: Node
    tag: str = ""
    old_tags: tuple[str, ...] = ()
    new_tags: tuple[str, ...] = ()
    beside: tuple[Node, Node] = ((), ())

    def node(self, *, new: bool) -> Node:
        """Return what judges the value in one document."""
        return (*self.beside[new], *(self.new if new else self.old))

    def tags(self, *, new: bool) -> tuple[str, ...]:
        """Return the tag values in one document of which the value has one; empty for a value without a tag."""
        return self.new_tags if new else self.old_tags


@dataclass(frozen=True, slots=True)
class Step:
    """One step down an answer: the name of a property or the index of an item, `*` for any, inside the holder.

    With a `pattern` it is any property whose name matches.
    """

    holder: Holder
    name: str
    is_item: bool = False
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class SchemaDifference:
    """One thing that two documents say differently of a value.

    `grows` says whether NEW admits a value that OLD refuses, `shrinks` the reverse; None where the algebra does not
    know it, and `why` has its reason. `old` and `new` are the JSON pointers of what each document writes, empty where
    it writes nothing, `before` and `after` its JSON texts. `more` and `less` describe, as schemas, values that NEW
    alone or OLD alone admits, as far as that is known. `variant` tells differences of one kind at one place apart.
    """

    kind: str
    holder: Holder
    old: str = ""
    new: str = ""
    before: str = ""
    after: str = ""
    grows: bool | None = False
    shrinks: bool | None = False
    more: Any = None
    less: Any = None
    why: str = ""
    variant: str = ""
    branch: str = ""
    steps: tuple[Step, ...] = ()
    is_guess: bool = False
    """Whether nothing but a witness speaks for it."""
    inner: tuple["SchemaDifference", ...] = field(default=(), repr=False)
    """Differences of which this one consists: a witness of one of them is one of this."""

    def below(self, steps: tuple[Step, ...], branch: str = "") -> "SchemaDifference":
        """Return the same difference seen from some steps further up, in a union's branch."""
        return replace(self, steps=(*steps, *self.steps), branch=self.branch or branch)

    @property
    def place(self) -> tuple[str, ...]:
        """The steps to the value, by name."""
        return tuple(step.name for step in self.steps)


@dataclass(frozen=True, slots=True)
class Inner:
    """A pair of schemas inside another pair: a part of the value behind `steps`, or a `branch` of a union.

    Of `place`, the differences of these `variants` are told elsewhere.
    """

    holder: Holder
    steps: tuple[Step, ...] = ()
    branch: str = ""
    place: tuple[str, ...] = ()
    variants: frozenset[str] = frozenset()

    def tells(self, difference: SchemaDifference) -> bool:
        """Return whether a difference inside is told as one of the pair."""
        return difference.variant not in self.variants or difference.place != self.place


Found = SchemaDifference | Inner
"""What a comparison of two schemas finds: a difference, or a pair of schemas that are compared by themselves."""
