"""Ask for several resources at the same time, for a server that mixes their answers up."""

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from strategies.item import Asker, Item, Resources

IN_FLIGHT: Final = 8
"""How many requests are under way at the same time where answers that are mixed up are looked for."""

BURSTS: Final = 5
"""How many times one item asks for so many."""


@dataclass(frozen=True, slots=True)
class RequestsInFlight(Item):
    """Ask for several known resources at the same time, for a server that mixes their answers up."""

    kind: ClassVar[str] = "requests in flight"
    known_here: ClassVar[int] = 1

    resources: Resources = ()
    first: int = 0
    bursts: int = 1

    @property
    def size(self) -> int:
        """How many requests it sends at most."""
        return self.bursts * min(IN_FLIGHT, len(self.resources))

    def cut_to(self, size: int, turn: int = 0) -> Item:
        """Return the item with fewer bursts, but one at least."""
        return replace(self, bursts=max(1, size // IN_FLIGHT))

    def ask(self, asker: Asker) -> None:
        """Ask for as many as may be in flight, in turns; those that hang are left out."""
        resources = [each for each in self.resources if not asker.skips_hanging(self.operation, each)]
        size = min(IN_FLIGHT, len(resources))
        for number in range(self.first, self.first + self.bursts) if size > 1 else ():
            turned = [resources[(number * size + each) % len(resources)] for each in range(size)]
            asker.ask_together(self.operation, turned)
