"""The differences between other validators and the judge that are known, with their reasons: `settled.yaml`."""

import re
from dataclasses import dataclass
from importlib.resources import files

import yaml

from contracts.judge import Violation


@dataclass(frozen=True, slots=True)
class Settled:
    """A difference that is known, its reason and the source of the reason.

    Either `rule` is one that our judge alone reports, limited to violations whose `expected` and `actual` match these
    Python patterns. Or `theirs` is what another validator alone reports, the title of a failure of Schemathesis or a
    keyword of jsonschema; with `number`, only for texts with a number too large for Python's json module, with `empty`
    only for answers without a body.
    """

    why: str
    source: str
    rule: str = ""
    expected: str = ""
    actual: str = ""
    theirs: str = ""
    number: bool = False
    empty: bool = False

    def covers(self, violation: Violation) -> bool:
        """Return whether this violation is one that our judge alone reports, on purpose."""
        limits = (self.expected, violation.expected), (self.actual, violation.actual)
        return violation.rule == self.rule and all(re.search(pattern, text) for pattern, text in limits)


def settled() -> tuple[Settled, ...]:
    """Return the settled differences."""
    raw = yaml.safe_load(files("strategies").joinpath("settled.yaml").read_text("utf-8"))
    return tuple(Settled(**each) for each in raw)
