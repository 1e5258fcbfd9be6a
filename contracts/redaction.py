"""What of an answer nobody may read later: values at places that the user names, taken out of whatever is kept.

Judged is the answer as it came. Kept, and so told, reported or sent between processes, is only what comes from here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from contracts.errors import ConfigurationError
from contracts.exchange import Exchange, Response
from contracts.features import Feature
from contracts.json_text import UNREADABLE, parse, text_of
from contracts.pointer import split
from contracts.violation import CHANGES, Violation

MASK: Final = "[redacted]"
ANY: Final = "*"
"""Stands for any item of an array and any member of an object."""

# Rules whose actual value is words of ours about the kind of the one that came, or its name alone.
_NO_VALUE: Final = frozenset({"json.depth", "json.duplicate-name", "json.not-finite"})

Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Redaction:
    """The places, as JSON pointers split into steps, whose values are replaced by MASK."""

    places: tuple[Steps, ...] = ()

    @classmethod
    def at(cls, pointers: Iterable[str]) -> Redaction:
        """Of JSON pointers into bodies (RFC 6901), with `*` for any step; raises ConfigurationError for others."""
        found = []
        for pointer in pointers:
            if pointer and not pointer.startswith("/"):
                raise ConfigurationError(f"--redact {pointer!r} is no JSON pointer; write it as /name/*/name")
            found.append(tuple(split(pointer)))
        return cls(tuple(dict.fromkeys(found)))

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange with such values taken out of its answers."""
        if not self.places:
            return exchange
        outcome, *earlier = (
            replace(each, body=self._body(each.body)) if isinstance(each, Response) else each
            for each in (exchange.outcome, *exchange.earlier)
        )
        return replace(exchange, outcome=outcome, earlier=tuple(earlier))

    def violation(self, violation: Violation) -> Violation:
        """The violation without values that stand, or stood, at such a place."""
        if not self.places or not violation.place.startswith("body"):
            return violation
        if violation.place.startswith("body@"):
            # A text that cannot be read has no places; what is told of it quotes it.
            return replace(violation, actual=text_of(MASK)) if violation.rule == "json.malformed" else violation
        at = tuple(split(violation.place.removeprefix("body").partition("@")[0]))
        if any(_covers(place, at) for place in self.places):
            cause = violation.cause if violation.rule == "schema.type" else violation.cause and MASK
            masked = replace(violation, cause=cause, nearest="")
        else:
            masked = violation
        actual = violation.actual if violation.rule in _NO_VALUE else self._text(violation.actual, at)
        expected = self._text(violation.expected, at) if violation.rule in CHANGES else violation.expected
        return replace(masked, actual=actual, expected=expected)

    def hides(self, feature: Feature) -> bool:
        """Whether the feature is of a value that is taken out, or of a part of it."""
        at = tuple(split(re.sub(r"\[[^\]]*\]", "", feature.place)))
        return any(_covers(place, at, both=True) for place in self.places)

    def _body(self, body: bytes) -> bytes:
        if not body:
            return body
        value, flaws = parse(body)
        if value is UNREADABLE:
            return f"{MASK}: {len(body)} bytes that are not JSON".encode()
        masked = self._value(value, ())
        # Of names that repeat only the last is looked at.
        return body if masked is value and not flaws else json.dumps(masked, ensure_ascii=True).encode()

    def _text(self, text: str, at: Steps) -> str:
        if not text:
            return text
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text_of(MASK)
        masked = self._value(value, at)
        return text if masked is value else text_of(masked)

    def _value(self, value: Any, at: Steps) -> Any:
        """The value that stands there, with MASK inside it where due; the same one where nothing is."""
        if any(_covers(place, at) for place in self.places):
            return MASK
        below = [place for place in self.places if _covers(at, place[: len(at)], both=True)]
        if not below or not isinstance(value, (dict, list)):
            return value
        pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        masked = [(name, self._value(item, (*at, str(name)))) for name, item in pairs]
        if all(new is old for (_, new), (_, old) in zip(masked, pairs, strict=True)):
            return value
        return dict(masked) if isinstance(value, dict) else [item for _, item in masked]


def _covers(place: Steps, at: Steps, *, both: bool = False) -> bool:
    """Whether `at` is the place or inside it; `both`: either may have steps for any name."""
    return len(at) >= len(place) and all(
        one in (ANY, other) or (both and other == ANY) for one, other in zip(place, at, strict=False)
    )
