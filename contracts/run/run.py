"""One run, from its settings to its exit code; the page reads in the order in which a run lives.

    settings -> configure -> ask -> observe -> conclude -> recheck -> report -> exit code

A driver (pytest, `contract verify`, the tests) says when each step is taken and how it came to its end. The run knows
neither pytest nor strategies: what it asks, the mock, the second opinion and the memory are handed in.
"""

import datetime
import functools
import gc
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any, Final

from contracts.coverage import ClassReads
from contracts.errors import EXIT_FAILED
from contracts.http import AllRejected, BudgetSpent, CallerRejected, Exchange, GuardedSession, SharedStateError
from contracts.judge import History
from contracts.openapi import Operation, Resource, TargetError
from contracts.reports import EXCHANGES
from contracts.run.changes_since import DocumentChanges
from contracts.run.collector import BY_ANSWERS, OTHERWISE, Collector, Ending, ItemResult
from contracts.run.credentials import taken_out
from contracts.run.handed_in import Found, Item, SeenElsewhere, Strategies
from contracts.run.knowledge import Knowledge, listed, look, recall, reveal_rejection
from contracts.run.notes import notes_on
from contracts.run.observer import Observer
from contracts.run.outputs import Outputs, Show, print_verdict_line
from contracts.run.recheck import Recheck, Round, recheckable, results
from contracts.run.sessions import Sessions
from contracts.run.settings import Settings
from contracts.run.signals import Signals
from contracts.run.workers import RunFolder
from contracts.sdk import sdk_words
from contracts.verdict import (
    FAILED_OTHERWISE,
    AcceptanceCriteria,
    Finding,
    Outcome,
    RecheckResult,
    RunFacts,
    Tally,
    Verdict,
    Waivers,
    conclude,
    explained_by,
)

STOPS: Final = (TargetError, BudgetSpent, CallerRejected, SharedStateError)
"""The errors that end a run before its end."""


class BrokenPromise(Exception):
    """Answers to an item broke promises; the text names the rules."""


class Run:
    """One run, in the process that leads it or in one of its workers."""

    # Configure.

    def __init__(
        self,
        settings: Settings,
        strategies: Strategies,
        folder: RunFolder,
        signals: Signals,
        show: Show = print_verdict_line,
    ) -> None:
        """Take the settings; raises ContractError, in one line, where nothing could be asked or judged.

        `show` prints a line of the verdict, with the outcome beside the headline.
        """
        self._clock = time.monotonic()
        self._stack = ExitStack()
        self._changes = DocumentChanges(settings, strategies, leads=folder.leads)
        self._stack.callback(self._changes.close)
        settings = settings.without(strategies.unsatisfiable(settings.document))
        settings = settings.without(strategies.unanswered(settings))
        self.settings, self.folder, self.signals = settings, folder, signals
        self._strategies = strategies
        self._sessions = Sessions(settings, strategies, folder, self.known, signals.sleep)
        self._stack.callback(self._sessions.close)
        # A process that starts workers keeps the key, for them to inherit; nothing else carries it to them.
        asks = folder.alone or folder.worker
        self._hidden = self._stack.enter_context(taken_out(settings.secret_variables if asks else ()))
        self._memories = strategies.memories(
            settings.document.operations, settings.example_database if folder.leads else ""
        )
        self.collector = Collector()
        self._elsewhere: SeenElsewhere | None = None
        self._outputs = Outputs(settings, self._memories, show, opens_ledger=folder.leads)
        self.errors = self._outputs.errors
        if folder.leads and settings.report_dir:
            # What a run that crashed left there is not part of this one.
            shutil.rmtree(settings.report_dir / EXCHANGES, ignore_errors=True)

    def close(self) -> None:
        """Close everything but the folder; a second time changes nothing."""
        self._stack.close()

    def prepare(self, handed_on: str = "", *, asks: bool = True, shown: Found | None = None) -> None:
        """Find out what is known: whether the target answers, which resources are remembered, which it lists.

        A worker gets it from the process that leads, as text. Raises ContractError, in one line, for a target that does
        not answer. With `asks` False nothing is sent. `shown` are the resources that an earlier report shows to exist;
        the target is not asked for others then.
        """
        settings = self.settings
        if handed_on:
            self.knowledge = Knowledge.from_text(handed_on, settings.document)
            return
        remembered = recall(self._memories, undecodable_ids=settings.undecodable_ids)
        self.knowledge = Knowledge(datetime.datetime.now(datetime.UTC), remembered, {}, self._outputs.turn())
        if asks:
            self._changes.compare(self.knowledge.started, self.errors)
        if not asks or not settings.base_url:
            return
        self._sessions.begin_target(self._hidden)
        seen: list[Exchange] = []
        with self._sessions.open_unjudged(seen.append) as session:
            look(session, settings)
            if shown is not None:
                self.knowledge = replace(self.knowledge, discovered=shown)
                return
            discovered, notes = listed(session, settings)
            self.knowledge = replace(self.knowledge, discovered=discovered, notes=notes)
        with suppress(*STOPS):
            reveal_rejection(seen, self._sessions.rejections, settings.document, self.known, lambda: self.session)

    @functools.cache  # noqa: B019 - a process has one run
    def known(self, operation: Operation) -> tuple[Resource, ...]:
        """Return the resources known to exist: those of the user and the target or, on the mock, its catalogue.

        Raises DocumentError for a document of which no value is found.
        """
        if not self.settings.base_url:
            return self._strategies.known_to_mock(operation)
        discovered = self.knowledge.discovered.get(operation, ())
        return tuple(dict.fromkeys((*self.settings.known[operation.path], *discovered)))

    # Ask.

    @functools.cached_property
    def items(self) -> tuple[Item, ...]:
        """Everything that this run asks, in order; of a shard its own part."""
        settings = self.settings
        every = self._strategies.items(settings, self.known, self.knowledge.remembered, self.knowledge.turn)
        if settings.shard is None:
            return tuple(every)
        # What one machine knows and another may not comes last, so that the rest is cut alike on all.
        counted = sorted(every, key=lambda item: item.known_here)
        own = {item.name for index, item in enumerate(counted) if settings.shard.takes(index)}
        return tuple(item for item in every if item.name in own)

    def carry_out(self, item: Item) -> ItemResult:
        """Carry out one item, collect and return what it saw; raises KeyboardInterrupt alone."""
        error = None
        try:
            self.ask(item)
        except Exception as raised:  # noqa: BLE001 - it is in the result
            error = raised
        result = self.result(item, error)
        self.collector.take(result)
        return result

    def ask(self, item: Item) -> None:
        """Send an item's requests.

        Raises BrokenPromise, in the end, if answers broke promises, an error of STOPS where the run has to end, and
        whatever else went wrong.
        """
        item.ask(self)
        found = [each.violation for each in self.observer.tally.found if not each.waiver]
        rejected = self.rejected
        broken = sorted({each.rule for each in found if not (rejected and explained_by(rejected, each))})
        if broken:
            raise BrokenPromise(f"{', '.join(broken)} (see the verdict below)")

    @property
    def rejected(self) -> AllRejected | None:
        """What rejected every request so far: an item that saw only this neither passes nor fails."""
        return self._sessions.rejections.all_rejected()

    @functools.cached_property
    def session(self) -> GuardedSession:
        """The session of this process, by which every request leaves and is judged; opened for the first item."""
        # What is loaded by now lives as long as the process, so that the garbage collector need not look at it again.
        gc.freeze()
        return self._sessions.open(self.observer)

    # Observe.

    @functools.cached_property
    def observer(self) -> Observer:
        """Judges every exchange of this process."""
        settings = self.settings
        # Several workers read a resource: what one of them saw of it holds for all.
        history = History(self.folder.shared_state, settings.redaction.as_rule)
        self._stack.callback(history.close)
        return Observer(
            lambda exchange: self.second_opinion(exchange),  # noqa: PLW0108 - it is loaded for the first answer
            self.knowledge.discovered,
            self.waivers.match,
            settings.redaction,
            history,
            strict_refusals=settings.strict_refusals,
        )

    @functools.cached_property
    def second_opinion(self) -> Any:
        """Another validator's view of the answers; loaded when the first answer is there."""
        return self._strategies.second_opinion(self.settings.document)

    @functools.cached_property
    def waivers(self) -> Waivers:
        """The waivers as of the day on which the run began."""
        return Waivers(self.settings.violation_waivers, self.knowledge.started.date())

    @property
    def class_reads(self) -> ClassReads:
        """What this process has read of known resources so far."""
        return self.observer.class_reads

    @property
    def requests_left(self) -> int | None:
        """How many more requests the budget allows to all processes; None without a budget."""
        return self._sessions.requests_left

    def ask_together(self, operation: Operation, resources: Sequence[Resource]) -> None:
        """Ask for the resources at the same time, each over a connection of its own."""
        self.session.drop_connection()
        self._sessions.ask_together(operation, resources, self.observer)

    def skips_hanging(self, operation: Operation, resource: Resource) -> bool:
        """Whether to read a resource again would only run out of time once more; the tally says that it was skipped."""
        return self.observer.skips_hanging(operation, resource)

    def note_self_test(self, caught: int, total: int, idle: int, left_out: int) -> None:
        """Take in how many faults would have been noticed, and how many a sample left out."""
        self.observer.tally.faults.update(caught=caught, all=total, idle=idle, left_out=left_out)

    def result(self, item: Item | None = None, error: BaseException | None = None) -> ItemResult:
        """Return what was seen since the last result; `error` is what the item raised, if it did."""
        stopped = str(error) if isinstance(error, STOPS) else ""
        failed = "" if error is None or stopped else BY_ANSWERS if isinstance(error, BrokenPromise) else OTHERWISE
        if isinstance(error, CallerRejected) and error.label:
            self.observer.tally.lost_access[error.label] += 1
        tally = self._take()
        if tally is not None and self.folder.worker:
            self.folder.reported(tally)
        swept = None
        if item is not None and item.known_here > 1 and (error is None or failed == BY_ANSWERS):
            swept = item.operation.path, self.knowledge.remembered[item.operation]
        notes = tuple(self.second_opinion.notes) if "second_opinion" in vars(self) else ()
        notes = (*notes, *self.folder.notes)
        return ItemResult(tally, failed, stopped, swept, notes, error if failed == OTHERWISE else None)

    def take_in(self, elsewhere: SeenElsewhere) -> None:
        """Take in what was seen elsewhere, in place of asking."""
        self._elsewhere = elsewhere
        self.knowledge = Knowledge(elsewhere.facts(self.settings.document).started, {}, {})
        self.collector.take(ItemResult(elsewhere.tally()))
        self._changes.compare(self.knowledge.started, self.errors)

    def leave(self) -> None:
        """Leave all that this worker has seen for the process that leads."""
        self.folder.leave(self._take() or Tally())

    def _take(self) -> Tally | None:
        """Return what was seen since the last time; None before anything could be seen."""
        return self.observer.take() if "observer" in vars(self) else None

    @property
    def running_tally(self) -> Tally | None:
        """What the item under way has seen so far in this process; None before the first."""
        return self.observer.tally if "observer" in vars(self) else None

    # Conclude.

    def conclude(self, ending: Ending) -> Verdict | None:
        """Return the verdict on everything seen, however the run ended; None where there is nothing to conclude."""
        with self.errors.guarded("not all that was seen was gathered"):
            if ending.interrupted:
                self.folder.stop_workers()
            self.collector.gather(dict(self.folder.left()), self._take())
        incident = self.collector.incident(ending)
        # A run that has asked for nothing is not green either; a shard with nothing to do says so: its file is awaited.
        seen = self.settings.shard or self.collector.has_seen or self.collector.tally.requests
        if not (seen or (ending.begun and incident)):
            return None
        with self.errors.guarded("no verdict was reached"):
            return self._recheck(self._verdict(ending, incident))
        return None

    def _verdict(self, ending: Ending, incident: str) -> Verdict:
        settings = self.settings
        elsewhere = self._elsewhere
        facts = elsewhere.facts(settings.document) if elsewhere else self.facts(ending, incident)

        def sdk(finding: Finding) -> str:
            with self.errors.guarded("what the SDK does is not known"):
                return sdk_words(finding.violation, finding.witness.exchange(settings.document))
            return ""

        last_seen = self._outputs.last_seen(facts.target)
        strict, decided = settings.profile.strict, self._changes.decided
        criteria = AcceptanceCriteria(self.waivers, settings.requirements, strict, last_seen, decided)
        return conclude(facts, self.collector.tally, criteria, sdk)

    def facts(self, ending: Ending, incident: str) -> RunFacts:
        """Return the facts of the run; `incident` says what kept it from its end."""
        settings = self.settings
        return RunFacts(
            target=settings.target,
            document=settings.document,
            profile=settings.profile.name,
            started=self.knowledge.started,
            seconds=time.monotonic() - self._clock,
            seed=settings.seed,
            sent=tuple(each.credential for each in settings.session.credentials),
            incident=incident,
            notes=(
                *ending.notes,
                *self.collector.notes,
                # A run that was interrupted while it planned does not plan again only to say so.
                *notes_on(settings, self._strategies, self.known, self.knowledge, is_planned="items" in vars(self)),
            ),
            partial=ending.partial or bool(ending.notes or settings.shard or ending.stopped or settings.is_selective),
        )

    # Recheck.

    def _recheck(self, verdict: Verdict) -> Verdict:
        """Return the verdict with how often its violations are there again; the mock is not asked again."""
        if elsewhere := self._elsewhere:
            again = (replace(each, recurrence=elsewhere.recheck(each.violation)) for each in verdict.findings)
            return replace(verdict, findings=tuple(again))
        settings = self.settings
        may_ask = settings.base_url and verdict.run.incident in ("", FAILED_OTHERWISE)
        if not may_ask or not verdict.findings:
            return verdict
        found: Mapping[tuple[str, ...], RecheckResult] = {}
        # These count as requests, and as nothing else: the run was over when they were sent.
        tally, observer = self.collector.tally, Observer(strict_refusals=settings.strict_refusals)
        chosen = recheckable(verdict.findings)
        recheck = Recheck(settings.document, chosen, self.known, observer, settings.redaction)
        with (
            self.errors.guarded("violations were not asked for again"),
            suppress(*STOPS, KeyboardInterrupt),  # These end only this: the verdict is there already.
            self.signals.allow_signals(),
        ):
            found = results(list(self.ask_again(recheck, tally)))
        findings = tuple(replace(each, recurrence=found.get(each.violation.identity)) for each in verdict.findings)
        answers, retries = dict(sorted(tally.answers.items())), dict(sorted(tally.retries.items()))
        return replace(verdict, findings=findings, answers=answers, retries=retries)

    def ask_again(self, recheck: Recheck, tally: Tally) -> Iterator[Round]:
        """Carry out the rounds of a recheck, whose requests the tally counts; raises an error of STOPS to end early."""
        return self._sessions.ask_again(recheck, tally)

    # Report.

    def report(self, verdict: Verdict | None) -> None:
        """Report the verdict once: into files, then on the terminal; then what went wrong meanwhile."""
        self._sessions.close()
        if verdict is not None:
            operations = self.settings.document.operations
            self._outputs.report(
                verdict,
                self._changes.seen_by(verdict, self.errors),
                self.collector.tally,
                ((each.path, *values) for each in operations for values in self.known(each)),
                self.collector.swept,
                lambda: self._strategies.promises(self.settings.document),
            )
        with self.errors.guarded("not all was printed"):
            self._outputs.report_errors()

    # Exit code.

    def exit_code(self, verdict: Verdict | None, ending: Ending) -> int:
        """Return the exit code that tells a machine: the verdict's, unless the driver or the harness itself failed."""
        if ending.crashed and not (ending.died or ending.terminal_gone):
            return EXIT_FAILED
        violates = verdict and (verdict.outcome is Outcome.VIOLATES or self.collector.has_failed_otherwise(ending))
        # A shard alone is no verdict: the merge makes one.
        is_left_to_merge = self.settings.shard and not (
            violates or ending.interrupted or ending.died or ending.terminal_gone
        )
        code = 0 if verdict is None or is_left_to_merge else verdict.exit_code
        return EXIT_FAILED if code == 0 and any(each.ours for each in self.errors) else code
