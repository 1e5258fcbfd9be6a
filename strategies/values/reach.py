"""Find out which schemas of a document hold themselves, and which hold one of these or a union, each looked at once.

Hides Tarjan's algorithm for strongly connected components (SIAM Journal on Computing 1:2, 1972), without recursion,
because documents nest deeper than Python's stack.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Visit:
    """A schema that is being looked at: the order in which it was met, and the earliest one that it leads back to."""

    pointer: str
    inner: Iterator[str]
    number: int
    earliest: int
    leads_to_marked: bool
    holds_itself: bool = False


@dataclass(slots=True)
class Reach:
    """What schemas lead to, by JSON pointer: `inner` returns the schemas directly inside one, and what it refers to.

    `is_marked` says of a schema whether `leads_to_marked` is to look for it, beside those that hold themselves.
    """

    inner: Callable[[str], Iterable[str]]
    is_marked: Callable[[str], bool]
    _recursive: dict[str, bool] = field(default_factory=dict)
    _leading: dict[str, bool] = field(default_factory=dict)

    def is_recursive(self, pointer: str) -> bool:
        """Return whether a schema holds itself, at any depth."""
        self._look(pointer)
        return self._recursive[pointer]

    def leads_to_marked(self, pointer: str) -> bool:
        """Return whether a schema, or one inside it at any depth, is marked or holds itself."""
        self._look(pointer)
        return self._leading[pointer]

    def _look(self, root: str) -> None:
        if root in self._recursive:
            return
        numbers: dict[str, int] = {}
        path: list[_Visit] = []
        open_ones: list[_Visit] = []

        def enter(pointer: str) -> None:
            numbers[pointer] = number = len(numbers)
            visit = _Visit(pointer, iter(self.inner(pointer)), number, number, self.is_marked(pointer))
            path.append(visit)
            open_ones.append(visit)

        enter(root)
        while path:
            visit = path[-1]
            for pointer in visit.inner:
                if pointer in self._recursive:
                    visit.leads_to_marked |= self._leading[pointer]
                elif pointer in numbers:
                    visit.earliest = min(visit.earliest, numbers[pointer])
                    visit.holds_itself = True
                else:
                    enter(pointer)
                    break
            else:
                self._leave(path, open_ones)

    def _leave(self, path: list[_Visit], open_ones: list[_Visit]) -> None:
        """End the last visit; if it leads back to none before it, all since then hold each other."""
        visit = path.pop()
        if visit.earliest == visit.number:
            group = [open_ones.pop()]
            while group[-1] is not visit:
                group.append(open_ones.pop())
            recursive = any(each.holds_itself for each in group)
            leading = recursive or any(each.leads_to_marked for each in group)
            for each in group:
                self._recursive[each.pointer] = recursive
                self._leading[each.pointer] = leading
        if path:
            path[-1].earliest = min(path[-1].earliest, visit.earliest)
            path[-1].leads_to_marked |= visit.leads_to_marked or self._leading.get(visit.pointer, False)
