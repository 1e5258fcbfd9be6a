"""Judge every exchange of one process, compared with the earlier ones, and keep the tally."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from contracts.coverage import ClassReads
from contracts.http import Exchange, HangingResources, Response
from contracts.judge import History, Violation, consequences, excuse, judge, known_resource, parse_response
from contracts.openapi import Operation, Resource
from contracts.verdict import MatchWaiver, Redaction, Tally, WaiverMatch


class Observer:
    """Judges every exchange of one process, compared with the earlier ones, and keeps the tally.

    `second_opinion` says, in words, where another validator differs about an answer. Of the resources that were
    `discovered`, by operation, one that is refused may have vanished. Values that `redaction` takes out are judged and
    not kept. `history` is what is known of earlier answers; other processes may add to it. With `strict_refusals` the
    refusal of a strange id is a violation as that of an ordinary one is.
    """

    def __init__(
        self,
        second_opinion: Callable[[Exchange], Iterable[str]] = lambda exchange: (),
        discovered: Mapping[Operation, Iterable[Resource]] = MappingProxyType({}),
        waiver: MatchWaiver = lambda violation, resource: WaiverMatch(),
        redaction: Redaction = Redaction(),  # noqa: B008 - it is frozen
        history: History | None = None,
        *,
        strict_refusals: bool = False,
    ) -> None:
        self.tally = Tally()
        self.class_reads = ClassReads()
        self._waiver, self._redaction = waiver, redaction
        self._vanished = Vanished(discovered)
        self._hanging = HangingResources()
        self._history = history or History(redacted=redaction.as_rule)
        self._second_opinion, self._strict_refusals = second_opinion, strict_refusals
        self._last: tuple[Violation, ...] = ()

    def __call__(self, exchange: Exchange, *, comparable: bool = True) -> tuple[Violation, ...]:
        """Return the violations of the exchange, sorted; they are in the tally too.

        Its answer is compared with earlier ones only if it is `comparable` with them.
        """
        if exchange.is_late:
            return self._observe_late(exchange)
        if not exchange.request.is_read:
            self._last = judge(exchange.operation, exchange)
            self.tally.note(exchange, self._last, self._waiver)
            return self._last
        self._hanging.note(exchange)
        judged = self._vanished.judged(exchange)
        found = judge(judged.operation, judged)
        if found and not self._strict_refusals:
            refusal, left = excuse(exchange, found)
            if refusal:
                # An answer from before the operation is compared with nothing: it is not the operation's.
                self.tally.note_refusal(exchange, refusal, self._redaction)
                self._last = tuple(sorted(left))
                self.tally.note_violations(exchange, self._last, self._waiver, self._redaction)
                return self._last
        # A parameter may filter what an answer shows.
        return self._compare(judged, found, comparable=comparable and not exchange.request.made_up)

    def _compare(self, exchange: Exchange, alone: tuple[Violation, ...], *, comparable: bool) -> tuple[Violation, ...]:
        """Note the exchange with the violations that it has alone and after earlier ones; ask the second opinion."""
        found = {*alone, *self._vanished.note(exchange)}
        try:
            # What another resource was to be answered says nothing of this one.
            if comparable and not any(each.rule == "overlay.swapped" for each in found):
                found |= set(self._history.compare(exchange))
        finally:
            # The violations of the answer alone are noted, whether or not there is room to remember it.
            self._last = tuple(sorted(found - consequences(found)))
            shown = self.tally.note(exchange, self._last, self._waiver, self._redaction)
            if exchange.request.exists:
                self.class_reads.note(exchange, shown)
        if differences := tuple(self._second_opinion(exchange)):
            self.tally.differ(self._redaction.exchange(exchange), differences)
        return self._last

    def _observe_late(self, exchange: Exchange) -> tuple[Violation, ...]:
        """Note what only the bytes behind the response show; the exchange itself counts once."""
        found = tuple(each for each in judge(exchange.operation, exchange) if each.rule.startswith("framing."))
        known = {each.identity for each in self._last}
        late = tuple(each for each in found if each.identity not in known)
        self.tally.note_violations(exchange, late, self._waiver, self._redaction)
        return late

    def skips_hanging(self, operation: Operation, resource: Resource) -> bool:
        """Whether another read would only run out of time again; the tally notes that the resource was skipped."""
        hangs = self._hanging.is_hanging(operation.path, resource)
        if hangs:
            self.tally.skipped_hanging.add((operation.path, resource))
        return hangs

    def take(self) -> Tally:
        """Return the tally since the last time it was taken."""
        taken, self.tally = self.tally, Tally()
        taken.vanished = set(self._vanished.resources)
        return taken


class Vanished:
    """Tells resources that were discovered and are gone by now from resources that are wrongly refused.

    A refusal that may mean that the resource is gone (404, 410, or one that the document promises) is judged as if it
    were not known whether the resource exists, and kept: if a later read succeeds, the resource was there all along.
    """

    def __init__(self, discovered: Mapping[Operation, Iterable[Resource]]) -> None:
        self._discovered = {operation: frozenset(resources) for operation, resources in discovered.items()}
        self._refused: dict[tuple[str, Resource], Exchange] = {}

    def judged(self, exchange: Exchange) -> Exchange:
        """Return the exchange as it is to be judged: of a resource that may be gone it is not known that it exists."""
        gone = self._is_discovered(exchange) and _refuses(exchange)
        return replace(exchange, request=replace(exchange.request, exists=None)) if gone else exchange

    def note(self, exchange: Exchange) -> Iterator[Violation]:
        """Yield `status.known-resource` once a resource that was refused turns out to be there after all."""
        if not self._is_discovered(exchange):
            return
        key = (exchange.operation.path, exchange.request.parameter_values)
        if _refuses(exchange):
            self._refused.setdefault(key, exchange)
        elif isinstance(exchange.outcome, Response) and exchange.outcome.ok and key in self._refused:
            refused = self._refused.pop(key)
            assert isinstance(refused.outcome, Response)
            request = replace(refused.request, exists=True)
            parsed = parse_response(refused.operation, refused.outcome)
            yield from known_resource(refused.operation, request, parsed, refused.outcome)

    @property
    def resources(self) -> tuple[tuple[str, Resource], ...]:
        """Return the operation's path and the resource of all that are gone as far as was seen, sorted."""
        return tuple(sorted(self._refused))

    def _is_discovered(self, exchange: Exchange) -> bool:
        # A request that prefers another answer than the usual one learns nothing of what exists.
        request = exchange.request
        return (
            not request.headers
            and not request.made_up
            and request.parameter_values in self._discovered.get(exchange.operation, ())
        )


_ABOUT_THE_CALLER: Final = frozenset({401, 403, 407, 408, 429})
"""Refusals that say nothing of the resource (RFC 9110, section 15.5; RFC 6585, section 4)."""


def _refuses(exchange: Exchange) -> bool:
    """Whether the answer may mean that there is no such resource."""
    if not isinstance(exchange.outcome, Response):
        return False
    status = exchange.outcome.status
    promised_too = 400 <= status < 500 and exchange.operation.response_for(status) is not None
    return status in (404, 410) or (promised_too and status not in _ABOUT_THE_CALLER)
