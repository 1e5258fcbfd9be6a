"""The kinds of items that a run asks: known resources, statuses, classes of ids, what is drawn, methods, the self-test.

Every item knows its name, its operation and what to send. The answers are judged by whatever watches the session; an
item that raises nothing has sent all of its requests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

from contracts.openapi import Resource
from strategies.faults import MAX_FAULTS, self_test
from strategies.ids import path_values
from strategies.item import Asker, Item, Resources, spread, window


@dataclass(frozen=True, slots=True)
class KnownResources(Item):
    """Read every resource once in each round, so that a value that must last is seen to."""

    kind: ClassVar[str] = "known resources"
    known_here: ClassVar[int] = 1

    resources: Resources = ()
    rounds: int = 1

    @property
    def size(self) -> int:
        """How many requests it sends at most."""
        return self.rounds * len(self.resources)

    def cut_to(self, size: int, turn: int = 0) -> Item:
        """Return the item with fewer rounds or, where one is too many, with some of the resources."""
        rounds = max(1, size // len(self.resources))
        kept = self.resources if size >= len(self.resources) else window(self.resources, size, turn)
        span = self.detail.partition(", reads")[0]
        return replace(self, resources=kept, rounds=rounds, detail=f"{span}, {rounds * len(kept)} of {self.size}")

    def ask(self, asker: Asker) -> None:
        """Read the resources; one that hangs is left out."""
        for _ in range(self.rounds):
            for values in self.resources:
                if not asker.skips_hanging(self.operation, values):
                    asker.session.ask(self.operation, self.operation.bind(values))


class RememberedResources(KnownResources):
    """Read again the resources whose answers broke a promise in an earlier run."""

    kind: ClassVar[str] = "remembered resources"
    known_here: ClassVar[int] = 2
    is_whole: ClassVar[bool] = True


class KnownResourcesAgain(KnownResources):
    """Read the known resources once more after everything else was asked."""

    kind: ClassVar[str] = "known resources again"


@dataclass(frozen=True, slots=True)
class PreferredStatus(Item):
    """Prefer a documented status: mocks follow `Prefer: code=...`, real servers may ignore it (RFC 7240)."""

    kind: ClassVar[str] = "preferred status"
    is_whole: ClassVar[bool] = True

    values: Resource = ()

    def ask(self, asker: Asker) -> None:
        """Ask for one resource."""
        asker.session.ask(self.operation, self.operation.bind(self.values), {"Prefer": f"code={self.detail}"})


@dataclass(frozen=True, slots=True)
class SelfTest(Item):
    """Put every fault, or a sample of very many, before the judge; sends nothing."""

    kind: ClassVar[str] = "self-test"
    is_whole: ClassVar[bool] = True

    most: int = MAX_FAULTS
    """How many faults are tried at most; of more, a sample."""

    @property
    def size(self) -> int:
        """How many requests it sends at most: none."""
        return 0

    def ask(self, asker: Asker) -> None:
        """Raise AssertionError, with a line for each, if a fault was not noticed."""
        result = self_test(self.operation, self.most)
        total = result.caught + len(result.survivors)
        asker.note_self_test(result.caught, total, len(result.idle), result.left_out)
        if result.survivors:
            raise AssertionError("\n".join(map(str, result.survivors)))


@dataclass(frozen=True, slots=True)
class ClassesOfIds(Item):
    """Ask for one id of each class: near-misses of known ones, and those that have broken servers."""

    kind: ClassVar[str] = "classes of ids"

    values: tuple[Mapping[str, str], ...] = ()

    @property
    def size(self) -> int:
        """How many requests it sends at most."""
        return len(self.values)

    def cut_to(self, size: int, turn: int = 0) -> Item:
        """Return the item with some of the ids."""
        return replace(self, values=spread(self.values, size, turn))

    def ask(self, asker: Asker) -> None:
        """Ask for each of them once."""
        for values in self.values:
            asker.session.ask(self.operation, values)


@dataclass(frozen=True, slots=True)
class Drawn(Item):
    """Ask for what Hypothesis draws, the same for the same seed."""

    seed: int = 0
    examples: int = 1
    profile: str = "ci"

    @property
    def size(self) -> int:
        """How many requests it sends at most."""
        return self.examples

    def cut_to(self, size: int, turn: int = 0) -> Item:
        """Return the item with fewer examples; its seed differs from run to run."""
        return replace(self, examples=size)

    def draw(self, strategy: Any, use: Callable[[Any], object]) -> None:
        """Use every example that is drawn."""
        import hypothesis

        @hypothesis.seed(self.seed)
        @hypothesis.settings(hypothesis.settings.get_profile(self.profile), max_examples=self.examples)
        @hypothesis.given(strategy)
        def each(drawn: Any) -> None:
            use(drawn)

        each()


@dataclass(frozen=True, slots=True)
class DrawnIds(Drawn):
    """Ask for ids."""

    kind: ClassVar[str] = "drawn ids"

    known: Resources = field(default=(), repr=False)
    undecodable: bool = False

    def ask(self, asker: Asker) -> None:
        """Draw and ask."""
        # Hypothesis draws from the constants of all our modules that it finds. So that every process draws the same,
        # each has loaded all of them before it draws.
        assert asker.second_opinion is not None
        values = path_values(self.operation, self.known, undecodable=self.undecodable)
        self.draw(values, partial(asker.session.ask, self.operation))


class CasesOfSchemathesis(Drawn):
    """Send cases that Schemathesis draws of the document."""

    kind: ClassVar[str] = "cases of Schemathesis"

    def ask(self, asker: Asker) -> None:
        """Draw and send, by the guarded session as everything else."""
        opinion = asker.second_opinion
        cases = opinion.cases(self.operation)
        if cases is not None:
            self.draw(cases, lambda case: opinion.send(case, asker.session))


@dataclass(frozen=True, slots=True)
class UndocumentedMethod(Item):
    """Send a method that the document does not have, which may change or delete the resource."""

    kind: ClassVar[str] = "undocumented method"
    is_whole: ClassVar[bool] = True

    values: Resource = ()

    def ask(self, asker: Asker) -> None:
        """Send it once."""
        asker.session.ask(self.operation, self.operation.bind(self.values), method=self.detail)
