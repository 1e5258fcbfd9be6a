"""The subject of an audit: a document, its schemas as written, and the two ways to prove what an answer comes to.

Hides that a value counts as judged only if both validators agree on it.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

from contracts.audit.finding import Correction, DocumentFinding, ShownAnswer
from contracts.judge import Violation, compiled
from contracts.openapi import (
    FILES,
    Document,
    DocumentError,
    Operation,
    ResponseSpec,
    from_pointer,
    resolve_pointer,
    sample_type,
    to_pointer,
)
from contracts.rules import NOTES, UNDECLARED

_WIDTH: Final = 200
"""The number of characters of a shown value that is read at a glance; a longer one is cut."""


class Samples(Protocol):
    """What finds values of schemas; strategies alone can make it, and a module serves."""

    def values(self, document: Document, places: Sequence[str], also: Any = True) -> tuple[Any, ...]:
        """Return a few values that satisfy the schemas at all places and another one; empty if none was found."""

    def is_impossible(self, document: Document, places: Sequence[str], also: Any = True) -> bool:
        """Return whether it is proved that no value satisfies the schemas at all places and another one."""


class Subject:
    """What the rules look at. With `closed` undeclared properties are findings, and not notes."""

    def __init__(self, document: Document, samples: Samples, overlays: Iterable[Path], *, closed: bool) -> None:
        self.document, self.overlays, self.closed = document, tuple(overlays), closed
        self._samples, self._validation = samples, compiled(document)

    def schemas(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the place of every schema that is judged and no boolean, with the schema as it was written."""
        for place in sorted(self.judged):
            schema = self.written(place)
            if isinstance(schema, dict) and isinstance(self.document.schema(place), dict):
                yield place, schema

    @cached_property
    def judged(self) -> frozenset[str]:
        """The places of the schemas that are judged, and reach nothing that is not."""
        return frozenset(
            place for place in self.document.schemas - self.document.unjudged if _is_there(self.document, place)
        )

    def written(self, place: str) -> Any:
        """Return what stands at a place of the document before anything of it was left out; None for nothing."""
        try:
            return resolve_pointer(self.document.written, from_pointer(place))
        except (LookupError, ValueError):
            return None

    def responses(self) -> Iterator[tuple[Operation, ResponseSpec, str, str | None]]:
        """Yield every JSON body that is judged: its operation, response, media type, and the place of its schema."""
        for operation in self.document.operations:
            for spec in operation.responses:
                for key, place in spec.content.items():
                    sample = sample_type(spec.content, key)
                    described = spec.pointer + to_pointer("content", key, "schema")
                    # A schema that is left out has no place any more.
                    if sample and sample.is_json and (place or self.written(described) is None):
                        yield operation, spec, key, place

    def bodies(self) -> tuple[str, ...]:
        """Return the places of the schemas of JSON bodies, references followed, each once."""
        found = (self.document.resolve(place)[0] for _, _, _, place in self.responses() if place)
        return tuple(dict.fromkeys(found))

    def verdict(self, place: str, value: Any) -> bool | None:
        """Return whether the value satisfies the schema at the place; None if the two validators differ."""
        exact = not self._validation.violations(place, value)
        quick = self._validation.opinion(place, value)
        return exact if quick in (None, exact) else None

    def violations(self, place: str, value: Any) -> list[Violation]:
        """Return what of the schema at the place a value violates."""
        return self._validation.violations(place, value)

    def values(self, *places: str, also: Any = True) -> Iterator[Any]:
        """Yield values that satisfy the schemas at all these places, by both validators, and look for another schema.

        That one is what the values are made for, and not judged here.
        """
        for value in self._samples.values(self.document, places, also):
            if all(self.verdict(place, value) for place in places):
                yield value

    def is_impossible(self, *places: str, also: Any = True) -> bool:
        """Return whether it is proved that no value satisfies the schemas at all these places and another one."""
        return self._samples.is_impossible(self.document, places, also)

    def can_be_changed(self, place: str) -> bool:
        """Return whether an overlay reaches the place: those in other files it does not."""
        return from_pointer(place)[:1] != [FILES]

    def refusal(self, place: str, problem: str, fix: str) -> DocumentError:
        """Return the error of a place of the document."""
        return DocumentError(self.document.path, place, problem, fix)

    def finding(
        self, rule: str, what: str, place: str, correction: Correction, shown: ShownAnswer | None = None
    ) -> DocumentFinding:
        """Return a finding of a rule at one place; without its actions where no overlay can carry them out."""
        if not self.can_be_changed(place):
            correction = Correction(correction.words)
        is_note = rule in NOTES and not (rule == UNDECLARED and self.closed)
        return DocumentFinding(rule, what, (place,), correction, shown, is_note)


def _is_there(document: Document, place: str) -> bool:
    """Return whether the schema is not inside one that was left out."""
    try:
        document.schema(place)
    except LookupError:
        return False
    return True


def shown(value: Any, why: str, *, passes: bool) -> ShownAnswer:
    """Return a JSON value as a shown answer."""
    text = json.dumps(value, ensure_ascii=False)
    return ShownAnswer(text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "...", passes, why)
