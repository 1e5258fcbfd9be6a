"""Make changes of differences: each is proved by a witness, or said to be unknown with the reason.

Hides in which direction a witness is needed, and that equal pairs of schemas are judged once for all operations.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.changes.change import Change, Classification, Direction, Spot, Witness, classify
from contracts.changes.nodes import Node, Part
from contracts.changes.schema_comparison import Comparison
from contracts.changes.schema_difference import Holder, SchemaDifference
from contracts.changes.witnesses import Generator, Judge, Witnesses, repeated
from contracts.openapi import line_of, to_pointer

NOT_FOUND: Final = "no value was found that one document admits and the other refuses"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two schemas that judge the same part of answers or requests, and where that part is.

    `place` is the beginning of places in it. A pointer is empty where any value is allowed.
    """

    direction: Direction
    operation: str
    status: str
    media_type: str
    place: str
    old: str
    new: str

    @property
    def holder(self) -> Holder:
        """What judges the part in both documents."""
        return Holder(_node(self.old), _node(self.new))


class Prover:
    """Turns differences into changes."""

    def __init__(
        self, comparison: Comparison, generator: Generator, lines: tuple[Mapping[str, int], Mapping[str, int]]
    ) -> None:
        self.comparison = comparison
        self.generator = generator
        self._lines = lines
        self._known: dict[tuple[Any, ...], Witness | None] = {}
        self._witnesses = Witnesses(comparison.old, comparison.new, generator)

    def changes(self, pair: Pair, judge: Judge) -> list[Change]:
        """Return the changes of a pair of schemas; `judge` has both documents judge what they describe."""
        differences = self.comparison.differences(pair.holder)
        found = [change for each in differences if (change := self._proved(pair, each, judge)) is not None]
        if not self.comparison.is_same(pair.holder.old, pair.holder.new):
            found += self._missed(pair, found, judge)
        return found

    def _missed(self, pair: Pair, found: list[Change], judge: Judge) -> Iterator[Change]:
        """Yield a change of the whole value if a sample shows what no keyword does.

        The algebra may be wrong, and where several branches of a `oneOf` fit, one keyword's change is another's.
        """
        told = {each.witness.by_new for each in found if each.witness}
        settled = any(each.classification == Classification.BREAKING or each.may_break for each in found)
        for new in () if settled else {True, False} - told:
            whole = SchemaDifference(
                "schema", pair.holder, pair.old, pair.new, grows=new, shrinks=not new, is_guess=True
            )
            if change := self._proved(pair, whole, judge):
                yield change

    def _proved(self, pair: Pair, difference: SchemaDifference, judge: Judge) -> Change | None:
        """Return the change, None if a value is admitted by both or neither."""
        found: dict[bool, Witness | None] = {}
        # What breaks clients is looked for first: if it is proved, the other direction says nothing more.
        breaking = pair.direction == Direction.ANSWERS
        for new in (breaking, not breaking):
            claimed = difference.grows if new else difference.shrinks
            found[new] = self._witness(pair, difference, judge, new=new) if claimed is not False else None
            if found[new]:
                break
        if difference.is_guess and not any(found.values()):
            return None  # What the algebra says of whole values takes long, and would change nothing.
        answers = {new: True if found[new] else self._without_witness(pair, difference, new=new) for new in found}
        grows, shrinks = answers.get(True, difference.grows), answers.get(False, difference.shrinks)
        meaning, may_break = classify(pair.direction, difference.kind, grows=grows, shrinks=shrinks)
        if meaning == Classification.EQUIVALENT:
            return None
        reason = (
            f"{difference.why or 'other parts may rule it out'}; {NOT_FOUND}"
            if meaning == Classification.UNKNOWN
            else ""
        )
        return Change(
            kind=difference.kind,
            classification=meaning,
            direction=pair.direction,
            operation=pair.operation,
            place=pair.place + to_pointer(*difference.place),
            status=pair.status,
            media_type=pair.media_type,
            branch=difference.branch,
            old=self.spot(difference.old, new=False),
            new=self.spot(difference.new, new=True),
            before=difference.before,
            after=difference.after,
            variant=difference.variant,
            witness=found.get(breaking) or found.get(not breaking),
            reason=reason,
            may_break=may_break,
        )

    def _witness(self, pair: Pair, difference: SchemaDifference, judge: Judge, *, new: bool) -> Witness | None:
        """Return a witness; the one of an equal pair of schemas serves again if both documents judge it alike."""
        flat = self.comparison.old.flat(pair.holder.old), self.comparison.new.flat(pair.holder.new)
        about = difference.kind, difference.old, difference.new, difference.variant, difference.branch, difference.place
        key = (*flat, pair.place, *about, new)
        if key not in self._known:
            self._known[key] = self._witnesses.find(difference, judge, new=new, prefix=pair.place)
            return self._known[key]
        known = self._known[key]
        if known is None:
            return None
        return repeated(known, judge) or self._witnesses.find(difference, judge, new=new, prefix=pair.place)

    def _without_witness(self, pair: Pair, difference: SchemaDifference, *, new: bool) -> bool | None:
        """Return False if it is proved that no whole value shows the difference, else None."""
        if (difference.grows if new else difference.shrinks) is False:
            return False
        holder = pair.holder
        more, less = self.comparison.between(holder.old, holder.new)
        return False if (more if new else less).exists is False else None

    def spot(self, pointer: str, *, new: bool) -> Spot | None:
        """Return a place in one of the documents; None for none."""
        return Spot(pointer, line_of(self._lines[new], pointer)) if pointer else None


def _node(pointer: str) -> Node:
    return (Part(pointer),) if pointer else ()
