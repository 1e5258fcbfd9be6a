"""Describe one text or number that a schema asks for, as data, and give the samples at its edges.

Drawing from a leaf needs Hypothesis and stands in `hypothesis_values`; the samples need nothing, so that a covering set
is built without it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import Any, Final

JSON = Any
"""A JSON value as `json.loads` gives it."""

Fits = Callable[[JSON], bool]
"""Returns whether a value satisfies the schemas that it has to satisfy."""

LONG: Final = 300
"""How many characters the longest sample of a text without an upper bound has."""

WIDE: Final = 2**63
"""The bound of integers that have none: what fits into a signed 64-bit integer."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value."""


@dataclass(frozen=True, slots=True)
class Text:
    """Strings by length in code points, patterns and formats; `longest` is None if there is no bound."""

    shortest: int = 0
    longest: int | None = None
    patterns: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """Numbers between two bounds, which are None if absent; every step is a `multipleOf`.

    With `above` or `below`, the lower or upper bound itself is excluded.
    """

    whole: bool
    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    steps: tuple[float, ...] = ()

    def range(self) -> tuple[int, int]:
        """Return the first and last integer between the bounds; the first exceeds the last if there is none."""
        low = -WIDE if self.low is None else floor(self.low) + 1 if self.above else ceil(self.low)
        high = WIDE - 1 if self.high is None else ceil(self.high) - 1 if self.below else floor(self.high)
        # A single bound may lie beyond the default of the other.
        return (low if self.low is not None else min(low, high)), (high if self.high is not None else max(low, high))

    def holds(self, value: float) -> bool:
        """Return whether the value lies between the bounds."""
        after = self.low is None or (value > self.low if self.above else value >= self.low)
        return after and (self.high is None or (value < self.high if self.below else value <= self.high))

    @property
    def step(self) -> Fraction | None:
        """The least common multiple of all steps; None if there are none."""
        steps = [Fraction(str(step)) for step in self.steps]
        numerator, denominator = lcm(*(step.numerator for step in steps)), gcd(*(step.denominator for step in steps))
        return Fraction(numerator, denominator) if steps else None


Leaf = Anything | Text | Number


def samples(leaf: Leaf) -> tuple[JSON, ...]:
    """Return values at the leaf's edges, an ordinary one first; they may miss patterns (see `matching_texts`)."""
    found: dict[str, JSON] = {}
    for value in _candidates(leaf):
        found.setdefault(repr(value), value)
    return tuple(found.values())


def _candidates(leaf: Leaf) -> Iterator[JSON]:
    match leaf:
        case Anything():
            yield from ("any", None, True, 0, -1.5, "", [], {}, [1, ["two"]], {"key": {"inner": None}})
        case Text():
            for name in leaf.formats:
                yield from FORMAT_SAMPLES.get(name, ())
            yield from _texts(leaf)
        case Number():
            yield from filter(leaf.holds, _numbers(leaf))


def _texts(leaf: Text) -> Iterator[str]:
    longest = leaf.longest if leaf.longest is not None and leaf.longest <= 4096 else leaf.shortest + LONG
    yield of_length("text", leaf.shortest, longest)
    yield of_length("", leaf.shortest, longest)
    yield of_length("long " * (LONG // 5), longest, longest)
    yield of_length('Ünï–🙂 "\\/\n\u0000', leaf.shortest, longest)


def of_length(text: str, shortest: int, longest: int) -> str:
    """Return the text, cut or repeated so that its length lies between the two."""
    filler = text or "x"
    return (text + filler * (max(0, shortest - len(text)) // len(filler) + 1))[: max(shortest, min(len(text), longest))]


def _numbers(leaf: Number) -> Iterator[float]:
    low, high = leaf.range()
    wholes = (low, high, 0, 1, -1, low + 1, high - 1, 2**31, 2**53)
    if (step := leaf.step) is not None:
        yield from map(exact, sorted({-(-value // step) * step for value in wholes}, key=abs))
        return
    yield from sorted((value for value in wholes if low <= value <= high), key=abs)
    if not leaf.whole:
        ends = [end for end in (leaf.low, leaf.high) if end is not None]
        yield from (*ends, *(end + shift for end in ends for shift in (0.5, -0.5, 0.001, -0.001)))
        yield from (0.5, -1.5, 1e-9, 1e300)


def exact(value: Fraction | int) -> float:
    """Return the number as an integer if it is one."""
    return int(value) if value == int(value) else float(value)


FORMAT_SAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "date": ("2024-02-29", "0000-01-01", "9999-12-31"),
    # RFC 3339, section 5.6: letters of either case, any number of fraction digits, offsets, second 60; 4.3: -00:00.
    "date-time": (
        "2024-02-29T12:30:45Z",
        "1990-12-31T23:59:60Z",
        "1985-04-12t23:20:50z",
        "1985-04-12T23:20:50.520000001Z",
        "1996-12-19T16:39:57+05:30",
        "1990-06-30T15:59:60-08:00",
        "1937-01-01T12:00:27.87-00:00",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ),
    "duration": ("P1D", "PT0S", "P1Y2M3DT4H5M6S", "P4W"),
    "email": ("someone@example.com", "a+b.c@sub.example.org"),
    "hostname": ("example.com", "a", "xn--bcher-kva.example"),
    "idn-email": ("someone@example.com", "jürgen@bücher.example"),
    "idn-hostname": ("example.com", "bücher.example"),
    "ipv4": ("192.0.2.1", "1.0.0.0", "255.255.255.255"),
    "ipv6": ("2001:db8::1", "::", "::ffff:192.0.2.1"),
    "iri": ("https://example.com/a", "https://bücher.example/ü?q=🙂#f"),
    "iri-reference": ("/a/b", "", "../ü#f", "https://bücher.example/"),
    "json-pointer": ("/a/b", "", "/a~1b/~0/0"),
    "regex": ("^a+$", "", "[0-9]{2,3}|b"),
    "relative-json-pointer": ("1/a", "0#", "0"),
    "time": ("12:30:45Z", "23:59:60Z", "12:30:45.5+01:00"),
    "uri": ("https://example.com/a", "urn:isbn:0451450523", "mailto:a@example.com", "http://[2001:db8::1]:80/?q#f"),
    "uri-reference": ("/a/b", "", "../c?d#e", "https://example.com/"),
    "uri-template": ("/a/{b}", "", "/{+path}{?q,r*}"),
    "uuid": (
        "123e4567-e89b-12d3-a456-426614174000",
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF",
    ),
}
"""Format to legal texts, an ordinary one first; for a format that is not listed, every text is legal."""
