"""Send each optional parameter of an operation with a legal value, which the rest of a run leaves out."""

from dataclasses import dataclass, replace
from typing import ClassVar

from contracts.openapi import Inputs, Resource
from strategies.item import Asker, Item, spread


@dataclass(frozen=True, slots=True)
class OptionalParameters(Item):
    """Send each optional parameter once, and each further value that the user gives, with a resource known to exist."""

    kind: ClassVar[str] = "optional parameters"

    values: Resource = ()
    inputs: tuple[Inputs, ...] = ()

    @property
    def size(self) -> int:
        """How many requests it sends at most."""
        return len(self.inputs)

    def cut_to(self, size: int, turn: int = 0) -> Item:
        """Return the item with some of the parameters."""
        return replace(self, inputs=spread(self.inputs, size, turn))

    def ask(self, asker: Asker) -> None:
        """Ask once for each of them."""
        for each in self.inputs:
            asker.session.ask(self.operation, self.operation.bind(self.values), inputs=each)
