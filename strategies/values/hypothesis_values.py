"""Draw leaves and choices by Hypothesis. No other module of this wing imports it before a strategy is made."""

import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache, lru_cache, partial
from typing import Any, Final, NoReturn, TypeVar

from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from contracts.openapi import matches_pattern
from strategies.values.node import Node
from strategies.values.patterns import portable, readable
from strategies.values.scalars import FORMAT_SAMPLES, JSON, WIDE, Anything, Fits, Leaf, Number, Text, exact
from strategies.values.walk import Kind, Place, Walk

T = TypeVar("T")

Draw = Callable[[st.SearchStrategy[Any]], Any]


class Chance:
    """A chooser that draws; the first option of every choice is the simplest."""

    attempts = 4
    is_full = False
    recursion = 2
    # Hypothesis mutates an example the more often the more similar parts it has, which favours large branches. Inside
    # a larger value this hardly shows.
    fair = True

    def __init__(self, draw: Draw) -> None:
        self.draw = draw

    def pick(self, kind: Kind, place: Place, options: Sequence[str]) -> int:
        """Return an index, all with the same probability."""
        # Hypothesis copies draws of one strategy over each other, which would tilt all choices towards the first.
        # Therefore every place has a strategy of its own with numbers of its own.
        first = zlib.crc32(place.name.encode())
        return int(self.draw(_index(len(options), first))) - first

    def leaf(self, place: Place, leaf: Leaf, fits: Fits | None) -> JSON:
        """Draw a value of the leaf that fits."""
        return self.draw(_fitting(leaf, fits))

    def rarely(self, place: Place) -> bool:
        """Return True once in sixteen times."""
        return bool(self.draw(_index(16)) == 15)

    def mark(self) -> None:
        """Return nothing, because a draw cannot be taken back."""

    def undo(self, mark: object) -> None:
        """Do nothing, because the next draw is another one."""

    def reject(self, place: Place) -> NoReturn:
        """Let Hypothesis start over."""
        reject()


def drawn(walk: Walk, node: Node) -> st.SearchStrategy[JSON]:
    """Return a strategy for values of the node that draws every choice and leaf when the walk comes to it."""

    @st.composite
    def values(draw: st.DrawFn) -> JSON:
        return walk.build(node, Chance(draw), Place())

    return values()


@lru_cache(maxsize=4096)
def _index(count: int, first: int = 0) -> st.SearchStrategy[int]:
    return st.sampled_from(range(first, first + count))


@cache
def _fitting(leaf: Leaf, fits: Fits | None) -> st.SearchStrategy[JSON]:
    return strategy(leaf) if fits is None else strategy(leaf).filter(fits)


def search_texts(leaf: Text, fits: Fits, count: int) -> tuple[str, ...]:
    """Return up to `count` distinct texts of a leaf that fit; see `walk.matching_texts`."""
    found = dict.fromkeys(search(strategy(leaf).filter(fits), max(30, 2 * count)))
    ordered = sorted(found, key=lambda text: (len(text), text))
    return tuple(dict.fromkeys([*ordered[:1], *ordered[-1:], *ordered]))[:count]


def search(values: st.SearchStrategy[T], count: int) -> list[T]:
    """Return up to `count` values that are drawn from the strategy, the same each time; fewer if it rejects many."""
    found: list[T] = []

    @settings(
        database=None,
        deadline=None,
        derandomize=True,
        max_examples=count,
        phases=(Phase.generate,),
        suppress_health_check=tuple(HealthCheck),
    )
    @given(values)
    def collect(value: T) -> None:
        found.append(value)

    with suppress(Unsatisfiable):
        collect()
    return found


@cache
def strategy(leaf: Leaf) -> st.SearchStrategy[JSON]:
    """Return a strategy for values of the leaf; they may miss a second pattern or format."""
    match leaf:
        case Text():
            return _text(leaf)
        case Number():
            return _number(leaf)
        case Anything():
            return _anything()


_CHARACTERS: Final = st.characters(exclude_categories=["Cs"])
"""The characters that UTF-8 has.

Named by their codec, each would be encoded once to find them: more than a second in every new checkout.
"""


def texts(shortest: int = 0, longest: int | None = None) -> st.SearchStrategy[str]:
    """Return a strategy for any text that UTF-8 has, of these lengths."""
    return st.text(_CHARACTERS, min_size=shortest, max_size=longest)


def _text(leaf: Text) -> st.SearchStrategy[str]:
    if leaf.formats:
        drawn = _FORMATS[leaf.formats[0]]()
    elif leaf.patterns:
        drawn = _of_pattern(leaf.patterns[0])
    else:
        return texts(leaf.shortest, leaf.longest)
    shortest, longest = leaf.shortest, leaf.longest
    if not shortest and longest is None:
        return drawn
    return drawn.filter(lambda text: len(text) >= shortest and (longest is None or len(text) <= longest))


def _of_pattern(pattern: str) -> st.SearchStrategy[str]:
    """Return a strategy for texts that match an ECMA-262 pattern; it draws nothing if Python cannot read any form."""
    form = portable(pattern).replace("$", r"\Z")
    # Python looks behind by a fixed width only. For drawing, looking ahead will do: Hypothesis writes the asserted text
    # out, and the pattern itself decides whether the whole matches.
    regex = readable(form) or readable(form.replace("(?<=", "(?:").replace("(?<!", "(?!"))
    if not regex:
        return st.nothing()
    return st.from_regex(regex, alphabet=_CHARACTERS).filter(partial(matches_pattern, pattern))


def _number(leaf: Number) -> st.SearchStrategy[float]:
    low, high = leaf.range()
    step = leaf.step
    if step is not None:
        first, last = -(-low // step), high // step
        return st.integers(int(first), int(last)).map(lambda count: exact(count * step))
    if leaf.whole:
        return st.integers(low, high)
    floats = st.floats(
        min_value=leaf.low,
        max_value=leaf.high,
        exclude_min=leaf.above,
        exclude_max=leaf.below,
        allow_nan=False,
        allow_infinity=False,
    )
    return st.integers(low, high) | floats if low <= high else floats


@cache
def _anything(depth: int = 2) -> st.SearchStrategy[JSON]:
    scalars = (
        st.none(),
        st.booleans(),
        st.integers(-WIDE, WIDE - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        texts(),
    )
    if not depth:
        return st.one_of(*scalars)
    inner = _anything(depth - 1)
    return st.one_of(*scalars, st.lists(inner, max_size=3), st.dictionaries(texts(), inner, max_size=3))


@st.composite
def _date_times(draw: st.DrawFn) -> str:
    """Draw a date-time in every form of RFC 3339, section 5.6, with second 60 as section 5.7 allows it."""
    seconds, form = draw(_SECONDS), _FORMS[draw(_index(len(_FORMS)))]
    if form == "leap":
        return f"{seconds.year:04}-{'06-30' if seconds.month < 7 else '12-31'}T23:59:60Z"
    text = seconds.isoformat()
    if "fraction" in form:
        text += "." + draw(_DIGITS)
    if "offset" in form:
        text += draw(_OFFSETS)
    else:
        text += "-00:00" if form == "unknown" else "Z"
    return text.lower() if "lower" in form else text


# The first form is the simplest. In RFC 3339, section 4.3, -00:00 says that the local offset is unknown.
_FORMS: Final = ("utc", "lower", "fraction", "offset", "fraction offset", "lower fraction", "unknown", "leap")
_EPOCH: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the offset is drawn apart
# An instant is drawn as one number, because six would be drawn, and shrunk, six times as slowly.
_SECONDS: Final = st.integers(-63082281600, 252455615999).map(lambda count: _EPOCH + timedelta(seconds=count))
_DIGITS: Final = st.text("0123456789", min_size=1, max_size=12)
_OFFSETS: Final = st.integers(-1439, 1439).map(
    lambda minutes: f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
)


def _pointers() -> st.SearchStrategy[str]:
    step = texts().map(lambda text: "/" + text.replace("~", "~0").replace("/", "~1"))
    return st.lists(step, max_size=4).map("".join)


def _matching(pattern: str) -> Callable[[], st.SearchStrategy[str]]:
    return lambda: st.from_regex(pattern, fullmatch=True, alphabet=_CHARACTERS)


_LABEL: Final = "[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?"
_PATH: Final = r"(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2}){0,8}){0,3}"
_QUERY: Final = r"(\?[a-z0-9=&/?%20]{0,8})?(#[a-z0-9/?]{0,8})?"
_URI: Final = (
    rf"(https?|ftp)://{_LABEL}(\.{_LABEL}){{0,2}}(:[0-9]{{1,4}})?{_PATH}(\?[a-z0-9=&/?]{{0,8}})?(#[a-z0-9/?]{{0,8}})?"
)

_FORMATS: Final[dict[str, Callable[[], st.SearchStrategy[str]]]] = {
    "date": lambda: st.dates().map(str) | st.sampled_from(("0000-02-29", "9999-12-31", "2024-02-29")),
    "date-time": _date_times,
    "time": lambda: _date_times().map(lambda text: text[11:]),
    "duration": _matching(
        "P(([0-9]{1,4}Y)([0-9]{1,3}M([0-9]{1,3}D)?)?|[0-9]{1,4}W|[0-9]{1,4}D)|PT[0-9]{1,3}H([0-9]{1,3}M)?"
    ),
    "email": _matching(rf"[a-z0-9+_-]{{1,12}}(\.[a-z0-9]{{1,6}})?@{_LABEL}\.[a-z]{{2,6}}"),
    "hostname": _matching(rf"{_LABEL}(\.{_LABEL}){{0,3}}"),
    "idn-email": _matching(rf"[a-zäöüéñ0-9]{{1,12}}@{_LABEL}\.[a-z]{{2,6}}"),
    "idn-hostname": _matching(rf"[a-zäöüéñ]{{1,12}}(\.{_LABEL}){{0,2}}"),
    "ipv4": lambda: st.ip_addresses(v=4).map(str),
    "ipv6": lambda: st.ip_addresses(v=6).map(str),
    "iri": _matching(_URI.replace("[A-Za-z0-9", "[A-Za-z0-9äöü🙂")),
    "iri-reference": _matching(f"({_URI}|{_PATH})".replace("[A-Za-z0-9", "[A-Za-z0-9äöü🙂")),
    "json-pointer": _pointers,
    "regex": lambda: st.text("ab01.|").filter(lambda text: "||" not in text),
    "relative-json-pointer": lambda: st.tuples(st.integers(0, 99).map(str), st.just("#") | _pointers()).map("".join),
    "uri": _matching(_URI),
    "uri-reference": _matching(f"({_URI}|{_PATH})"),
    "uri-template": _matching(r"(/[a-z0-9]{1,6}|/\{[a-z]{1,6}\}){0,4}"),
    "uuid": lambda: st.uuids().map(str) | st.uuids().map(lambda uuid: str(uuid).upper()),
}

assert _FORMATS.keys() == FORMAT_SAMPLES.keys()
