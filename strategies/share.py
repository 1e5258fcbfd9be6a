"""Share a bounded number of requests fairly over operations, the same way in each turn.

Hides how much of each item is left: an operation that needs less than its share leaves the rest to the others, and of
one that needs more every item is cut by the same proportion. What is sent for one status, and what broke a promise
before, is kept whole.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Final

from contracts.openapi import Operation
from strategies.item import Item

TURN: Final = (5**0.5 - 1) / 2
"""How much of a request each turn shifts what is rounded up by; with this ratio turns fall evenly between others."""


def shared(items: Sequence[Item], most: int | None, turn: int = 0) -> tuple[Item, ...]:
    """Return the items cut so that they send about `most` requests in all; as they are if that suffices or is None.

    What one turn leaves out, later ones ask.
    """
    planned = _sizes(items)
    if most is None or sum(planned.values()) <= most:
        return tuple(items)
    shares = _fair(planned, most)
    debts = dict.fromkeys(planned, (turn * TURN + 0.5) % 1 - 0.5)
    return tuple(_cut(items, planned, shares, debts, turn))


def share_words(planned: Iterable[Item], kept: Iterable[Item]) -> str:
    """Return how many of the planned requests are asked, in words; empty if all are."""
    before, after = _sizes(planned), _sizes(kept)
    if before == after:
        return ""
    cut = [operation for operation in before if after.get(operation, 0) < before[operation]]
    asked, wanted = (round(median(sizes.get(each, 0) for each in cut)) for sizes in (after, before))
    of = "each operation" if len(cut) == len(before) > 1 else f"{len(cut)} of {len(before)} operations"
    whose = "its" if len(before) == 1 else f"of {of}"
    about = (
        f"{asked} of {wanted} planned requests {whose}" if len(before) > 1 else f"{asked} of {wanted} planned requests"
    )
    return f"asked {about}, shared fairly; --plan-requests N asks for more or, with 0, for all"


def _sizes(items: Iterable[Item]) -> dict[Operation, int]:
    found: dict[Operation, int] = {}
    for item in items:
        found[item.operation] = found.get(item.operation, 0) + item.size
    return found


def _fair(planned: Mapping[Operation, int], most: int) -> dict[Operation, int]:
    """Return how many requests each operation gets: as many as it needs, or as many as every other one that is cut."""
    found, left = {}, most
    for position, operation in enumerate(sorted(planned, key=lambda each: planned[each])):
        found[operation] = min(planned[operation], left // (len(planned) - position))
        left -= found[operation]
    return found


def _cut(
    items: Iterable[Item],
    planned: Mapping[Operation, int],
    shares: Mapping[Operation, int],
    debts: dict[Operation, float],
    turn: int,
) -> Iterator[Item]:
    for item in items:
        operation = item.operation
        # What one item is rounded by, the next one makes good.
        debts[operation] += item.size * shares[operation] / max(1, planned[operation])
        if item.is_whole or planned[operation] <= shares[operation]:
            yield item
            debts[operation] -= item.size
        elif (size := round(debts[operation])) > 0:
            yield item.cut_to(min(size, item.size), turn)
            debts[operation] -= min(size, item.size)
