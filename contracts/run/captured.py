"""Judge answers that were captured elsewhere: the same observer, criteria and verdict, and nothing is sent.

Hides which operation a captured request belongs to, how much of what was captured is left aside, and that other
processes may have seen a part of it.
"""

import datetime
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl

from contracts.captures import Capture, OperationFinder, Unread, path_of, without_secrets
from contracts.http import Exchange, Request
from contracts.judge import History, Violation
from contracts.openapi import ConfigurationError, ContractError, Document, Operation
from contracts.reports import Recorder, visible
from contracts.run.alike import AlikeAnswers
from contracts.run.observer import Observer
from contracts.run.settings import Settings
from contracts.verdict import RecheckResult, RunFacts, Tally, Waivers

NAMED: Final = 5
"""How many requests that are no operation, and how many reasons for which captures cannot be judged, are named."""

MAX_OTHERS: Final = 1000
"""How many different requests that are no operation are counted by themselves: a path may hold any id."""

_OF_A_CACHE: Final = (304,)
"""Answers that have no body because the client has it (RFC 9110, section 15.4.5): they show nothing of it."""


class CapturedAnswers:
    """What captured answers show: takes the place of asking in a run, as the shards of one do."""

    def __init__(
        self, settings: Settings, server: str = "", *, compares: bool = True, server_option: str = "--server"
    ) -> None:
        """Prepare for answers of the server, or of any server if that is empty; `server_option` names it.

        With `compares` False each answer is judged alone: tests of a service begin with other data each time.
        """
        self._settings = settings
        self._server_option = server_option
        self._started = datetime.datetime.now(datetime.UTC)
        self._clock = time.monotonic()
        self._finder = OperationFinder(settings.document, server)
        self._match = Waivers(settings.violation_waivers, self._started.date()).match
        history = History(redacted=settings.redaction.as_rule)
        self._observer = Observer(
            waiver=self._match, redaction=settings.redaction, history=history, strict_refusals=settings.strict_refusals
        )
        self._alike = AlikeAnswers(history, settings.redaction)
        self._compares = compares
        self._recorder: Recorder | None = None
        self._elsewhere = Tally()
        self._seen: set[str] = set()
        self._others: Counter[str] = Counter()
        self._others_count = 0
        self._unread: dict[str, tuple[str, int]] = {}
        self._unread_count = 0
        self.incident = ""
        """What ended the reading early, if anything did."""
        self.faults: list[tuple[str, Exception]] = []
        """The first captures that a fault of the harness kept from being judged, each with the error."""

    def record(self, recorder: Recorder) -> None:
        """Keep every exchange by the recorder, for the reports."""
        self._recorder = recorder

    def take(self, captures: Iterable[Capture | Unread]) -> None:
        """Judge every answer of an operation, and count all else."""
        try:
            for each in captures:
                try:
                    self._take_one(each)
                except ContractError:
                    raise
                except Exception as error:  # noqa: BLE001 - what was judged before it, and the rest, is not lost
                    if len(self.faults) < NAMED:
                        self.faults.append((visible(each.where), error))
        except KeyboardInterrupt:
            self.incident = "the run was interrupted"

    def _take_one(self, each: Capture | Unread) -> None:
        if isinstance(each, Unread):
            self._leave_aside(each)
        elif each.status in _OF_A_CACHE:
            self._leave_aside(Unread(each.where, "it is an answer of a cache (304)"))
        elif (found := self._operation_of(each)) is None:
            self._note_other(f"{each.method} {path_of(each.url) if each.url else '(path not known)'}")
        else:
            self.judge(each, *found)

    def judge(self, capture: Capture, operation: Operation, values: Mapping[str, str]) -> tuple[Violation, ...]:
        """Judge one answer of the operation; returns its violations, sorted, but those that a waiver covers."""
        comparable = _is_comparable(operation, capture.url, values)
        self._seen.add(operation.path)
        # What is recorded has to be made, and no short way leads around it.
        may_be_alike = self._compares and not self._recorder
        if may_be_alike and self._alike.count(operation, values, capture, comparable=comparable):
            return ()
        url = without_secrets(capture.url, self._settings.document)
        made_up = self._compares and not comparable and not _is_described(operation, url, values)
        request = Request(url, tuple(values.items()), made_up=made_up, negotiated=capture.negotiated)
        exchange = Exchange(operation, request, capture.response, capture.seconds, capture.at)
        if self._recorder:
            self._recorder(self._settings.redaction.exchange(exchange))
        found = self._observer(exchange, comparable=self._compares and comparable)
        if not found:
            self._alike.learn(exchange)
        return tuple(each for each in found if not self._match(each, request.parameter_values).waiver)

    def merge(self, tally: Tally) -> None:
        """Take in what another process judged; its tally must not be used any more."""
        self._seen.update(tally.operations)
        self._elsewhere.merge(tally)

    def _operation_of(self, capture: Capture) -> tuple[Operation, Mapping[str, str]] | None:
        """Return the operation that a capture answers, with its path parameters; None if it is none of the document."""
        operations = self._settings.document.operations
        if capture.url:
            return self._finder.find(capture.method, capture.url, capture.mount)
        return (operations[0], {}) if len(operations) == 1 else None  # Which resource it is of is not known.

    def _note_other(self, request: str) -> None:
        self._others_count += 1
        if request in self._others or len(self._others) < MAX_OTHERS:
            self._others[request] += 1

    def _leave_aside(self, unread: Unread) -> None:
        self._unread_count += 1
        if unread.why in self._unread or len(self._unread) < NAMED:
            first, count = self._unread.get(unread.why, (unread.where, 0))
            self._unread[unread.why] = first, count + 1

    def refuse_if_empty(self) -> None:
        """Raise ConfigurationError, in one line, if nothing could be judged."""
        if not self._seen and not self.incident and not self.faults:
            reasons = "; ".join(self._notes())
            fix = "name other captures"
            if any(each.startswith("GET ") for each in self._others):
                fix = "name the server's URL by --server, or the path by --path"
            elif self._others:
                fix = "only answers to GET are judged"
            raise ConfigurationError(f"nothing could be judged{': ' if reasons else ''}{reasons}; {fix}")

    def tally(self) -> Tally:
        """Return what the answers showed since the last time."""
        taken, self._elsewhere = self._elsewhere, Tally()
        taken.merge(self._observer.take())
        taken.merge(self._alike.take())
        return taken

    def facts(self, document: Document) -> RunFacts:
        """Return the facts of the run; of the document, the operations that were captured are promised."""
        captured = document.only(self._seen)
        return RunFacts(
            target=self._settings.target,
            document=captured,
            profile=self._settings.profile.name,
            started=self._started,
            seconds=time.monotonic() - self._clock,
            seed="",
            incident=self.incident,
            server_option=self._server_option,
            was_captured=True,
            notes=tuple(self._notes()),
            partial=True,
        )

    def recheck(self, violation: Violation) -> RecheckResult | None:
        """Return None: nothing is asked again."""
        return None

    def _notes(self) -> Iterator[str]:
        rest = len(self._settings.document.operations) - len(self._seen)
        if rest and self._seen:
            yield f"{rest} of {rest + len(self._seen)} operations are not in what was captured, and not required"
        if self._others:
            named = _named(self._others, is_cut=self._others_count > self._others.total())
            yield f"{_answers(self._others_count)} of no operation of the document: {named}"
        for why, (first, count) in self._unread.items():
            more = f" and {count - 1} more" if count > 1 else ""
            yield f"{count} could not be judged: {visible(first)}{more}: {visible(why)}"
        if rest := self._unread_count - sum(count for _, count in self._unread.values()):
            yield f"{rest} more could not be judged, for other reasons"


def _is_comparable(operation: Operation, url: str, values: Mapping[str, str]) -> bool:
    """Return whether it is known which resource was asked for, and no query may have filtered what it shows."""
    return "?" not in url and bool(values or not operation.parameters)


def _is_described(operation: Operation, url: str, values: Mapping[str, str]) -> bool:
    """Return whether the document describes every parameter of a request."""
    names = {each.name for each in operation.other_parameters if each.place == "query"}
    asked = {name.partition("[")[0] for name, _ in parse_qsl(url.partition("?")[2], keep_blank_values=True)}
    return asked <= names and bool(values or not operation.parameters)


def _answers(count: int) -> str:
    return "1 answer is" if count == 1 else f"{count} answers are"


def _named(counts: Mapping[str, int], *, is_cut: bool) -> str:
    every = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    more = f", and {len(every) - NAMED}{' or' if is_cut else ''} more" if len(every) > NAMED else ""
    return ", ".join(f"{visible(name)} {count}" for name, count in every[:NAMED]) + more
