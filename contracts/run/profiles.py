"""How much a run asks: a few seconds' worth on every change, more every night, the most before a release."""

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to run, chosen by Hypothesis's own `--hypothesis-profile`.

    `examples` is how many inputs each strategy draws; they are the same each time if the profile is `repeatable`.
    `reads` is how often known resources are read in all, at least. `retries` is how often a request is sent again that
    was not answered, or put off; with 0 every failure is a finding.
    """

    name: str
    examples: int
    repeatable: bool
    reads: int = 200
    """A defect in one answer of fifty shows in 49 runs of 50."""
    class_reads: int = 20_000
    """How many requests, at most, see to classes of known resources that were read too little."""
    slow: float = math.inf
    """Seconds of one such request from which on there are none."""
    bursts: int = 0
    """How often several known resources are asked for at the same time."""
    retries: int = 0
    parts: int = 10
    """Into how many items drawing is cut, each with a seed of its own, for workers and shards to share."""
    plan_requests: int | None = None
    """How many requests to plan at most, shared over all operations; None for no bound."""
    requires: tuple[str, ...] = ()
    """What must be seen, as `--require` words it, beside a success of every operation."""
    strict: bool = False
    """Whether a waiver that covers nothing any more fails the run, and the validators have to agree."""

    def rounds(self, known: int) -> int:
        """Return how often each of the known resources is read: twice at least, to see that values last."""
        return max(2, -(-self.reads // known))


PROFILES: Final = {
    profile.name: profile
    for profile in (
        # An answer of 5 ms, and what it costs to send its request and to judge it.
        Profile("ci", examples=100, repeatable=True, class_reads=2_000, slow=0.008, plan_requests=20_000),
        Profile("nightly", examples=1_000, repeatable=False, bursts=50, retries=2, parts=40, requires=("answers=100",)),
        Profile(
            "prerelease",
            examples=2_000,
            repeatable=False,
            bursts=100,
            retries=2,
            parts=80,
            requires=("all",),
            strict=True,
        ),
    )
}
