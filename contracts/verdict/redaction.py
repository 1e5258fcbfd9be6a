"""Take values out of exchanges and violations before they are kept.

Hides where the values stand: at JSON pointers that the user names. A response is judged as it came; only its redacted
form is kept, printed, reported or sent to another process.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from contracts.coverage import Feature
from contracts.http import Exchange, Response
from contracts.judge import CHANGES, Violation
from contracts.openapi import UNREADABLE, ConfigurationError, from_pointer, parse_json, text_of

MASK: Final = "[redacted]"
ANY: Final = "*"
"""A step that matches any item of an array and any member of an object."""

# The actual value of these rules describes the kind of value that came, or is its name, and so reveals no value.
_NO_VALUE: Final = frozenset({"json.depth", "json.duplicate-name", "json.not-finite"})

Steps = tuple[str, ...]
"""A JSON pointer, split into its decoded steps."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """Replaces the values at certain places of a body by MASK."""

    places: tuple[Steps, ...] = ()

    @classmethod
    def at(cls, pointers: Iterable[str]) -> Redaction:
        """Return the redaction of these JSON pointers into bodies (RFC 6901), with `*` for any step.

        Raise ConfigurationError for other texts.
        """
        places = []
        for pointer in pointers:
            if pointer and not pointer.startswith("/"):
                raise ConfigurationError(f"--redact {pointer!r} is no JSON pointer; write it as /name/*/name")
            places.append(tuple(from_pointer(pointer)))
        return cls(tuple(dict.fromkeys(places)))

    @property
    def as_rule(self) -> Callable[[Violation], Violation] | None:
        """Return `violation` as a function; None if it would change nothing."""
        return self.violation if self.places else None

    def exchange(self, exchange: Exchange) -> Exchange:
        """Return the exchange with the values replaced in all its responses."""
        if not self.places:
            return exchange
        outcome, *previous = (
            replace(attempt, body=self._body(attempt.body)) if isinstance(attempt, Response) else attempt
            for attempt in (exchange.outcome, *exchange.previous_attempts)
        )
        return replace(exchange, outcome=outcome, previous_attempts=tuple(previous))

    def violation(self, violation: Violation) -> Violation:
        """Return the violation with the values replaced, those of an earlier response included."""
        if not self.places or not violation.place.startswith("body"):
            return violation
        if violation.place.startswith("body@"):
            # Text that cannot be parsed has no places to compare with, and the violation quotes it.
            return replace(violation, actual=text_of(MASK)) if violation.rule == "json.malformed" else violation
        at = tuple(from_pointer(violation.place.removeprefix("body").partition("@")[0]))
        masked = violation
        if any(_covers(place, at) for place in self.places):
            variant = violation.variant if violation.rule == "schema.type" else violation.variant and MASK
            masked = replace(violation, variant=variant, suggestion="")
        actual = violation.actual if violation.rule in _NO_VALUE else self._text(violation.actual, at)
        expected = self._text(violation.expected, at) if violation.rule in CHANGES else violation.expected
        return replace(masked, actual=actual, expected=expected)

    def hides(self, feature: Feature) -> bool:
        """Return whether the feature's name could reveal a redacted value: it is of such a value, or inside one."""
        at = tuple(from_pointer(re.sub(r"\[[^\]]*\]", "", feature.location)))
        return any(_covers(place, at, both=True) for place in self.places)

    def _body(self, body: bytes) -> bytes:
        if not body:
            return body
        value, flaws = parse_json(body)
        if value is UNREADABLE:
            return f"{MASK}: {len(body)} bytes that are not JSON".encode()
        masked = self._value(value, ())
        # The parser keeps only the last of several members of one name, so that the others would not be redacted.
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
        """Return the value at a place with its redacted parts replaced; the same object if no part is redacted."""
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
    """Return whether `at` is the place or inside it; with `both`, either may have steps that match any name."""
    return len(at) >= len(place) and all(
        one in (ANY, other) or (both and other == ANY) for one, other in zip(place, at, strict=False)
    )
