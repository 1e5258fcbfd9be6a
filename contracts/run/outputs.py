"""What is made of a verdict: the ledger, files, what the next run remembers, and last of all the words."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from contracts.coverage import Feature
from contracts.openapi import ConfigurationError, Operation, Resource
from contracts.reports import (
    Comparison,
    Promises,
    ReportError,
    attempt,
    compare,
    github_commands,
    print_lines,
    report_error,
    terminal_lines,
    visible,
    write_reports,
)
from contracts.run.ledger import Ledger, LedgerError
from contracts.run.settings import Settings
from contracts.run.shards import write_shard
from contracts.verdict import Finding, Outcome, RunSummary, Tally, Verdict, draft_waivers


class Memory(Protocol):
    """What is remembered of one operation from run to run."""

    def recall(self) -> tuple[Resource, ...]:
        """Return the resources whose answers broke a promise."""

    def learn(self, broken: Iterable[Resource], kept: Iterable[Resource]) -> None:
        """Remember resources whose answers broke a promise, forget those whose answers kept all."""


Show = Callable[[str, Outcome | None], object]
"""Prints a line; the headline comes with its outcome, to be coloured by."""


def print_verdict_line(text: str, outcome: Outcome | None = None) -> None:
    """Print a line on standard output, coloured by the outcome on a terminal; a reader that has gone is no error."""
    colour = _COLOURS[outcome] if outcome and sys.stdout.isatty() and "NO_COLOR" not in os.environ else ""
    print_lines([f"\x1b[1;{colour}m{text}\x1b[0m" if colour else text])


_COLOURS: Final = {Outcome.CONFORMS: "32", Outcome.VIOLATES: "31", Outcome.INCONCLUSIVE: "33"}
"""Outcome to the number of its colour (ECMA-48, section 8.3.117)."""


class Outputs:
    """Reports a verdict once; whatever goes wrong meanwhile is a line beside it."""

    def __init__(self, settings: Settings, memories: Mapping[Operation, Memory], show: Show) -> None:
        self._settings, self._memories, self._show = settings, memories, show
        self._ledger = Ledger(settings.ledger) if settings.ledger else None
        self.errors: list[ReportError] = []

    @contextmanager
    def guarded(self, what: str) -> Iterator[None]:
        """Keep a fault inside the block from taking the verdict with it; `what` says what it did."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the verdict comes first
            self.errors.append(report_error(what, error))

    def last_seen(self, target: str) -> dict[Feature, datetime]:
        """Return when earlier runs saw each feature last, as far as the ledger knows."""
        try:
            return self._ledger.last_seen(target) if self._ledger else {}
        except sqlite3.Error as error:
            self.errors.append(ReportError(f"the ledger cannot be read: {error}"))
            return {}

    def report(
        self,
        verdict: Verdict,
        tally: Tally,
        known: Iterable[tuple[str, ...]],
        swept: Mapping[str, set[Resource]],
        promises: Callable[[], Promises],
    ) -> None:
        """Report into files first, then on the terminal, which may be gone.

        `known` are all resources known to exist, behind the operation's path; `swept` those remembered that were read.
        """
        changes: Comparison | None = None
        trend: tuple[RunSummary, ...] = ()
        with self.guarded("nothing was compared"):
            changes = compare(self._settings.earlier, verdict) if self._settings.earlier else None
        with self.guarded("the run was not added to the ledger"):
            trend = self._enter(verdict)
        with self.guarded("the shard's file was not written"):
            self.errors += self._write_shard(verdict, tally, known)
        with self.guarded("waivers were not drafted"):
            self.errors += self._draft(verdict)
        with self.guarded("not all was written"):
            if folder := self._settings.report_dir:
                self.errors += write_reports(folder, verdict, changes, trend, promises())
        with self.guarded("ids were not remembered"):
            self._remember(verdict, swept)
        with self.guarded("not all was printed"):
            self._print(verdict, changes)

    def report_errors(self) -> None:
        """Print a line for everything that went wrong, last of all."""
        for each in self.errors:
            self._show(visible(f"harness     {each}" if each.ours else f"reports     {each}"), None)

    def _enter(self, verdict: Verdict) -> tuple[RunSummary, ...]:
        """Add the run to the ledger; returns the latest runs, the oldest first."""
        if self._ledger is None:
            return ()
        with closing(self._ledger):
            try:
                if not self._settings.shard:  # The merge adds the whole run.
                    self._ledger.add(verdict)
                return self._ledger.latest_runs(verdict.run.target)
            except LedgerError as error:
                self.errors.append(ReportError(str(error)))
            except sqlite3.Error as error:
                self.errors.append(ReportError(f"the ledger cannot be read: {error}"))
        return ()

    def _write_shard(self, verdict: Verdict, tally: Tally, known: Iterable[tuple[str, ...]]) -> Iterator[ReportError]:
        settings = self._settings
        if settings.shard and settings.tally:
            options = settings.contract_options, settings.waivers
            yield from attempt(settings.tally, partial(write_shard, settings.shard, *options, known, verdict, tally))

    def _draft(self, verdict: Verdict) -> Iterator[ReportError]:
        file = self._settings.drafted_waivers
        if file is None:
            return
        if not verdict.findings:
            yield ReportError(f"{file} was not written: there is nothing to waive")
        elif file.exists():  # Another run may have drafted it meanwhile.
            yield ReportError(f"{file} was not written: {os.strerror(errno.EEXIST)}")
        else:
            yield from _write_draft(file, verdict)

    def _remember(self, verdict: Verdict, swept: Mapping[str, set[Resource]]) -> None:
        """Keep the ids whose answers broke a promise for the next run, and forget those that keep all by now."""
        for operation, memory in self._memories.items():
            standing = [each for each in verdict.findings if _is_read_of(each, operation)]
            waived = [each for each in verdict.waived if _is_read_of(each, operation)]
            witnesses = {each.witness.request.parameter_values for each in standing}
            broken = {resource for each in (*standing, *waived) for resource in each.resources}
            # A run that was rejected, or cut short, has not seen that all is well.
            asked = set() if verdict.run.incident or verdict.all_rejected else swept.get(operation.path, set())
            try:
                memory.learn(witnesses, asked - broken)
            except ConfigurationError as error:
                self.errors.append(ReportError(str(error)))

    def _print(self, verdict: Verdict, changes: Comparison | None) -> None:
        headline, *lines = terminal_lines(verdict, changes)
        self._show(headline, verdict.outcome)
        if shard := self._settings.shard:
            lines.append(f"shard       {shard}, no verdict alone: contract merge FILE... makes one of all")
        for line in lines:
            self._show(line, None)
        for command in github_commands(verdict) if os.environ.get("GITHUB_ACTIONS") == "true" else ():
            self._show(command, None)


def _write_draft(file: Path, verdict: Verdict) -> Iterator[ReportError]:
    text = draft_waivers((each.violation for each in verdict.findings), verdict.run.started.date())
    failed = tuple(attempt(file, lambda opened: opened.write(text)))
    yield from failed or (
        ReportError(f"{file} drafts waivers for what stands; say of each why it is accepted and by whom"),
    )


def _is_read_of(finding: Finding, operation: Operation) -> bool:
    return finding.witness.operation == operation.path and finding.witness.request.is_read
