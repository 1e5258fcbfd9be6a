"""Compare two documents, from their operations to the words that say the same.

Hides what could not be compared, and the search for differences that no keyword shows by itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.changes.change import Change, Classification, Direction
from contracts.changes.nodes import Part, Side
from contracts.changes.not_compared import not_compared
from contracts.changes.operations import OperationComparison, matched
from contracts.changes.prover import Prover
from contracts.changes.schema_comparison import Comparison
from contracts.changes.security import security_changes
from contracts.changes.servers import own_server_changes, server_changes
from contracts.changes.witnesses import Generator
from contracts.openapi import ANNOTATIONS, Document, Operation, from_pointer, text_of, to_pointer


@dataclass(frozen=True, slots=True)
class Compared:
    """What the comparison of two documents comes to.

    `operations` is the number of those that both have. `not_compared` says in words what was left out, and why.
    """

    old: Document
    new: Document
    changes: tuple[Change, ...]
    operations: int
    not_compared: tuple[str, ...]


def compare_documents(
    old: Document, new: Document, generator: Generator, lines: tuple[Mapping[str, int], Mapping[str, int]]
) -> Compared:
    """Return every change from OLD to NEW, the most serious first; `lines` are the lines of both files' pointers."""
    comparison = Comparison(Side(old), Side(new))
    prover = Prover(comparison, generator, lines)
    left_out = {each.path for document in (old, new) for each in document.left_out if not each.part}
    found: list[Change] = []
    both: list[tuple[Operation, Operation]] = []
    left_aside: list[str] = []
    for ours, theirs in matched(old, new):
        if ours and theirs:
            both.append((ours, theirs))
            comparison_of_both = OperationComparison(prover, ours, theirs)
            found += comparison_of_both.changes()
            found += [*security_changes(prover, ours, theirs), *own_server_changes(prover, ours, theirs)]
            left_aside += comparison_of_both.not_compared
        elif (each := ours or theirs) and each.path not in left_out:
            found.append(_one_sided(prover, each.path, each.pointer, is_new=ours is None))
    found += [*server_changes(prover, old, new), *_renamed(comparison, prover)]
    found += _annotated(comparison, prover)
    if not found and _plain(old) != _plain(new):
        found.append(_equivalent("rewritten", "", "", ""))
    left_aside += not_compared(old, new, both)
    left_aside += [
        f"GET {each.path} {each.part}".rstrip() + f" of {name}: {error.reason}"
        for name, document in (("OLD", old), ("NEW", new))
        for each in document.left_out
        for error in each.reasons
    ]
    return Compared(old, new, tuple(sorted(found, key=_order)), len(both), tuple(left_aside))


_SEVERITY: Final = {each: number for number, each in enumerate(Classification)}


def _order(change: Change) -> tuple[Any, ...]:
    return (
        _SEVERITY[change.classification],
        change.operation,
        change.status,
        change.place,
        change.kind,
        change.variant,
    )


def _one_sided(prover: Prover, path: str, pointer: str, *, is_new: bool) -> Change:
    return Change(
        "operation-added" if is_new else "operation-removed",
        Classification.WIDENING if is_new else Classification.BREAKING,
        Direction.REQUESTS,
        path,
        "request",
        old=None if is_new else prover.spot(pointer, new=False),
        new=prover.spot(pointer, new=True) if is_new else None,
    )


def _equivalent(kind: str, place: str, before: str, after: str, **more: Any) -> Change:
    return Change(
        kind, Classification.EQUIVALENT, Direction.ANSWERS, "", place, before=before, after=after, variant=place, **more
    )


def _renamed(comparison: Comparison, prover: Prover) -> Iterator[Change]:
    """Yield the components that are called otherwise and say the same."""
    ours, theirs = _components(comparison.old), _components(comparison.new)
    gone = [(name, pointer) for name, pointer in ours.items() if name not in theirs]
    added = {_written(comparison.new, pointer): pointer for name, pointer in theirs.items() if name not in ours}
    for name, pointer in gone:
        if same := added.get(_written(comparison.old, pointer)):
            spots = {"old": prover.spot(pointer, new=False), "new": prover.spot(same, new=True)}
            yield _equivalent("renamed", name, text_of(name), text_of(from_pointer(same)[-1]), **spots)


def _written(side: Side, pointer: str) -> str:
    """Return the text of a component; one of its own for a component that cannot be judged."""
    try:
        return side.written((Part(pointer),))
    except LookupError:
        return f"{id(side)} {pointer}"


def _components(side: Side) -> dict[str, str]:
    """Return the names of the schemas that operations use, with their pointers."""
    pointers = (pointer for pointer in sorted(side.document.schemas) if pointer.count("/") == _COMPONENT)
    return {from_pointer(pointer)[-1]: pointer for pointer in pointers}


_COMPONENT: Final = 3
"""How many steps lead to a component: `#/components/schemas/NAME`."""


def _annotated(comparison: Comparison, prover: Prover) -> Iterator[Change]:
    """Yield the schemas whose annotations differ, of those that stand at the same place of both documents."""
    old, new = comparison.old.document, comparison.new.document
    for pointer in sorted(old.schemas & new.schemas):
        try:
            first, second = old.schema(pointer), new.schema(pointer)
        except LookupError:  # It was left out.
            continue
        if isinstance(first, dict) and isinstance(second, dict) and first is not second:
            words = [
                word for word in sorted(_SAID & (first.keys() | second.keys())) if first.get(word) != second.get(word)
            ]
            for word in words:
                at = pointer + to_pointer(word)
                texts = [text_of(schema[word]) if word in schema else "" for schema in (first, second)]
                spots = {"old": prover.spot(at, new=False), "new": prover.spot(at, new=True)}
                yield _equivalent("annotation", at, texts[0], texts[1], **spots)


_SAID: Final = ANNOTATIONS - {"discriminator", "definitions"}


def _plain(document: Document) -> str:
    return text_of(dict(document.contents))
