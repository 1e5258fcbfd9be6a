"""Prove a difference by an answer that one document admits and the other refuses; both judge it.

Hides how a value that shows the difference is put into a whole answer: the smallest sample of each object on the way to
its place is taken, and the part on the way replaced. What generates values is handed in.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Final, Protocol

from contracts.changes.change import Witness
from contracts.changes.nodes import Side, pin
from contracts.changes.schema_difference import Holder, SchemaDifference, Step
from contracts.http import Response
from contracts.judge import Violation, compiled, consequences, parse_response
from contracts.openapi import Document, Operation, text_of, to_pointer

CANDIDATES: Final = 4
"""How many values that show a difference are tried."""

SAMPLES: Final = 3
"""How many samples of each object around them are tried."""

SHRINKS: Final = 30
"""How many members a witness may lose, one after another."""

DRAWN: Final = 100
"""How many values are drawn where the algebra does not know of any."""


class Generator(Protocol):
    """Makes values of schemas; a module serves."""

    def values(self, document: Document, schema: Any, limit: int) -> Sequence[Any]:
        """Return some values of a schema whose references are places of the document, the same each time."""

    def drawn(self, document: Document, schema: Any, count: int) -> Sequence[Any]:
        """Return values drawn by chance, the same each time; none if there are none."""

    def header_fields(self, operation: Operation, status: str) -> Sequence[tuple[str, str]]:
        """Return the header fields that an answer of the documented status must have, without Content-Type."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What both documents say of one value or answer: the violations by the one that is to admit it, and the other.

    If there are any by the first, those by the other are not looked for.
    """

    admitting: tuple[Violation, ...]
    refusing: tuple[Violation, ...]
    response: Response | None
    text: str


class Judge(Protocol):
    """Has both documents judge a value."""

    def __call__(self, value: Any, by_new: bool, *, quick: bool = False) -> Judged:
        """Return what they say of it; NEW is to admit it, or else OLD. For `quick` see `parse_response`."""


class Witnesses:
    """Finds witnesses for the differences of two documents."""

    def __init__(self, old: Side, new: Side, generator: Generator) -> None:
        self._sides = (old, new)
        self._generator = generator
        self._samples = cache(self._samples_of)
        self._candidates: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def find(self, difference: SchemaDifference, judge: Judge, *, new: bool, prefix: str = "body") -> Witness | None:
        """Return the witness that NEW (or else OLD) admits and the other document refuses; None if none is found."""
        for inner in difference.inner:
            if found := self.find(_within(difference, inner), judge, new=new, prefix=prefix):
                return found
        if difference.inner:
            return None
        pointer = difference.old if new else difference.new
        for drawn in (False,) if difference.is_guess else (False, True):
            attempts = self._attempts(difference, new=new, drawn=drawn)
            if found := _best(attempts, judge, new=new, prefix=prefix, pointer=pointer):
                return found
        return None

    def _attempts(
        self, difference: SchemaDifference, *, new: bool, drawn: bool
    ) -> Iterator[tuple[Any, tuple[str, ...]]]:
        """Yield whole values with the steps to the place of the difference in each."""
        for value in self._values(difference, new=new, drawn=drawn):
            for turn in range(1 if drawn else SAMPLES):
                whole, path = self._put(value, difference.steps, turn, new=new)
                yield whole, path

    def _values(self, difference: SchemaDifference, *, new: bool, drawn: bool) -> tuple[Any, ...]:
        holder = difference.holder
        key = holder, difference.kind, difference.variant, difference.old, difference.new, new, drawn
        if key not in self._candidates:
            schema = self._schema(holder, None if drawn else _described(difference, new=new), new=new)
            side = self._sides[new]
            make = self._generator.drawn if drawn else self._generator.values
            count = DRAWN if drawn else CANDIDATES
            self._candidates[key] = tuple(sorted(make(side.document, schema, count), key=_length))
        return self._candidates[key]

    def _schema(self, holder: Holder, extra: Any, *, new: bool) -> dict[str, Any]:
        tags = holder.tags(new=new)
        every = [
            self._sides[new].schema_of(holder.node(new=new)),
            *([pin(holder.tag, tags)] if tags else ()),
            *([extra] if extra is not None else ()),
        ]
        return {"allOf": every}

    def _samples_of(self, holder: Holder, new: bool) -> tuple[Any, ...]:
        """Return values of what judges the holder in one document, the shortest first."""
        schema = self._schema(holder, None, new=new)
        values = self._generator.values(self._sides[new].document, schema, CANDIDATES)
        return tuple(sorted(values, key=_length))

    def _put(self, value: Any, steps: Sequence[Step], turn: int, *, new: bool) -> tuple[Any, tuple[str, ...]]:
        side = self._sides[new]
        path: list[str] = []
        for step in reversed(steps):
            kind = list if step.is_item else dict
            samples = [each for each in self._samples(step.holder, new) if isinstance(each, kind)]
            around = samples[turn % len(samples)] if samples else kind()
            value, name = (
                _with_item(around, step.name, value)
                if step.is_item
                else _with_member(around, self._name(side, step.pattern) or step.name, value)
            )
            path.append(name)
        return value, tuple(reversed(path))

    def _name(self, side: Side, pattern: str) -> str:
        """Return a name that matches the pattern; empty without one."""
        texts = self._generator.values(side.document, {"type": "string", "pattern": pattern}, 1) if pattern else ()
        return str(next(iter(texts), ""))


def _described(difference: SchemaDifference, *, new: bool) -> Any:
    """Return the schema of values that show the difference; None if it is no help in finding one."""
    claimed, schema = (difference.grows, difference.more) if new else (difference.shrinks, difference.less)
    # Of a pattern and the negation of another there may be no text, and searching for one takes seconds.
    return None if claimed is None and "pattern" in json.dumps(schema) else schema


def _length(value: Any) -> tuple[bool, int]:
    """Return a key by which values that are easy to read come first."""
    text = json.dumps(value, ensure_ascii=False)
    return not (text.isascii() and text.isprintable()), len(text)


def _with_item(around: Any, name: str, value: Any) -> tuple[list[Any], str]:
    index = min(int(name) if name.isdigit() else 0, len(around))
    return [*around[:index], value, *around[index + 1 :]], str(index)


def _with_member(around: Any, name: str, value: Any) -> tuple[dict[str, Any], str]:
    if name == "*":
        name = "undescribed"
        while name in around:
            name += "_"
    return {**around, name: value}, name


def _within(outer: SchemaDifference, inner: SchemaDifference) -> SchemaDifference:
    return inner.below(outer.steps)


def repeated(witness: Witness, judge: Judge) -> Witness | None:
    """Return the witness as another operation's answer; None if its documents do not judge it alike."""
    try:
        value = json.loads(witness.response.body if witness.response else witness.value)
    except ValueError:
        return None
    judged = judge(value, witness.by_new)
    known = {(each.rule, each.place) for each in witness.refusals}
    near = tuple(each for each in judged.refusing if (each.rule, each.place) in known)
    return None if judged.admitting or not near else Witness(witness.by_new, judged.response, near, judged.text)


def _best(
    attempts: Iterator[tuple[Any, tuple[str, ...]]], judge: Judge, *, new: bool, prefix: str, pointer: str
) -> Witness | None:
    """Return the witness among the values whose refusal is nearest to the difference; None if all are elsewhere.

    `pointer` is the place of the difference in the document that is to refuse the value.
    """

    def ranked(value: Any, path: Sequence[str], *, quick: bool) -> tuple[tuple[int, int], Witness] | None:
        return _ranked(judge(value, new, quick=quick), prefix + to_pointer(*path), pointer, new=new)

    best: tuple[tuple[int, int], Any, tuple[str, ...], Witness] | None = None
    for value, path in attempts:
        found = ranked(value, path, quick=True) and ranked(value, path, quick=False)
        if found and (best is None or found[0] < best[0]):
            best = found[0], value, path, found[1]
        if found and found[0][0] == 0 and found[0][1] == len(found[1].refusals):
            break
    if best is None:
        return None
    rank, value, path, witness = best

    def still(smaller: Any) -> bool:
        again = ranked(smaller, path, quick=True)
        return again is not None and again[0] <= rank

    last = ranked(_shrunk(value, path, still), path, quick=False)
    return last[1] if last and last[0] <= rank else witness


def _shrunk(value: Any, path: Sequence[str], still: Callable[[Any], bool]) -> Any:
    """Return the value without members that it does not need."""
    for member in list(islice(_members(value, path), SHRINKS)):
        try:
            smaller = _without(value, member)
        except (LookupError, TypeError):
            continue  # It went with another one.
        if still(smaller):
            value = smaller
    return value


def _members(value: Any, path: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the members of objects that are not on the path, outer ones first."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), value)]
    while waiting:
        at, holder = waiting.pop(0)
        parts = holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ()
        for name, inner in parts:
            here = (*at, str(name))
            if isinstance(holder, dict) and tuple(path[: len(here)]) != here:
                yield here
            waiting.append((here, inner))


def _without(value: Any, member: Sequence[str]) -> Any:
    copy = value.copy()
    step: Any = int(member[0]) if isinstance(value, list) else member[0]
    if len(member) == 1:
        del copy[step]
    else:
        copy[step] = _without(value[step], member[1:])
    return copy


def _ranked(judged: Judged, place: str, pointer: str, *, new: bool) -> tuple[tuple[int, int], Witness] | None:
    """Return the witness that a judged value is, if it is one, with how far its refusal is from the difference."""
    if judged.admitting or not judged.refusing:
        return None
    far = [_distance(violation, place, pointer) for violation in judged.refusing]
    if min(far) >= _ELSEWHERE:
        return None
    near = tuple(each for each, away in zip(judged.refusing, far, strict=True) if away == min(far))
    return (min(far), len(far)), Witness(new, judged.response, near, judged.text)


_ELSEWHERE: Final = 3


def _distance(found: Violation, place: str, pointer: str) -> int:
    """Return 0 for a violation of what the document says there, 1 for another at or below it, 2 for one above it."""
    if _is_within(found.place, place):
        return 0 if pointer and _is_within(found.pointer, pointer) else 1
    return 2 if _is_within(place, found.place) else _ELSEWHERE


def _is_within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith(outer + "/")


def judge_answers(
    old: Operation, new: Operation, code: int, fields: Sequence[Sequence[tuple[str, str]]], *, as_json: bool = True
) -> Judge:
    """Return what judges bodies of answers of a status, with the header fields that OLD's and NEW's have."""

    def judged(value: Any, by_new: bool, *, quick: bool = False) -> Judged:
        body = json.dumps(value, ensure_ascii=False) if as_json else str(value)
        response = Response(code, tuple(fields[by_new]), body.encode(errors="replace"))
        return judge_response(old, new, response, by_new=by_new, quick=quick)

    return judged


def judge_response(old: Operation, new: Operation, response: Response, *, by_new: bool, quick: bool = False) -> Judged:
    """Have both documents judge a response; NEW is to admit it, or else OLD."""
    first, second = (new, old) if by_new else (old, new)
    if admitting := set(parse_response(first, response, quick=quick).violations):
        return Judged(tuple(sorted(admitting)), (), response, "")
    refusing = set(parse_response(second, response, quick=quick).violations)
    # Of violations with one cause the most telling one is shown, as in a verdict.
    return Judged((), tuple(sorted(refusing - consequences(refusing))), response, "")


def judge_values(old: tuple[Document, str], new: tuple[Document, str], place: str) -> Judge:
    """Return what judges values of a parameter, whose schemas stand at these places of the documents."""

    def violations(side: tuple[Document, str], value: Any) -> tuple[Violation, ...]:
        document, pointer = side
        return tuple(compiled(document).violations(pointer, value, place=place)) if pointer else ()

    def judged(value: Any, by_new: bool, *, quick: bool = False) -> Judged:
        first, second = (new, old) if by_new else (old, new)
        admitting = violations(first, value)
        return Judged(admitting, () if admitting else violations(second, value), None, text_of(value))

    return judged
