"""What is made of a verdict: the ledger, files, what the next run remembers, and last of all the words."""

from __future__ import annotations

import errno
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from contracts.broken_pipe import print_lines
from contracts.coverage import Feature
from contracts.openapi import Operation, Resource
from contracts.reports import (
    Comparison,
    Promises,
    ReportErrors,
    atomically,
    compare,
    github_changes,
    github_commands,
    terminal_lines,
    visible,
    write_reports,
)
from contracts.run.handed_in import Memory
from contracts.run.ledger import Ledger
from contracts.run.settings import Settings
from contracts.run.shards import write_shard
from contracts.verdict import Finding, Outcome, RunSummary, Tally, Verdict, draft_waivers

if TYPE_CHECKING:
    from contracts.changes import DocumentDiff

Show = Callable[[str, Outcome | None], object]
"""Prints a line; the headline comes with its outcome, to be coloured by."""


def print_verdict_line(text: str, outcome: Outcome | None = None) -> None:
    """Print a line on standard output, coloured by the outcome on a terminal; a reader that has gone is no error."""
    colour = _COLOURS[outcome] if outcome and sys.stdout.isatty() and "NO_COLOR" not in os.environ else ""
    print_lines([f"\x1b[1;{colour}m{text}\x1b[0m" if colour else text])


_COLOURS: Final = {Outcome.CONFORMS: "32", Outcome.VIOLATES: "31", Outcome.INCONCLUSIVE: "33"}
"""Outcome to the number of its colour (ECMA-48, section 8.3.117)."""


class Outputs:
    """Reports a verdict once; whatever goes wrong meanwhile is a line beside it, among the `errors`."""

    def __init__(
        self, settings: Settings, memories: Mapping[Operation, Memory], show: Show, *, opens_ledger: bool
    ) -> None:
        self._settings, self._memories, self._show = settings, memories, show
        self._ledger = Ledger(settings.ledger) if settings.ledger and opens_ledger else None
        self.errors = ReportErrors()

    def turn(self) -> int:
        """Return how many runs of a plan with a bound came before; without a ledger, a number that the seed gives."""
        settings = self._settings
        if settings.profile.repeatable or not settings.plan_requests:
            return 0
        with self.errors.guarded("the ledger was not read"):
            if self._ledger and not settings.shard:
                return self._ledger.count_runs(settings.target, settings.profile.name)
        return zlib.crc32(settings.seed.encode())

    def last_seen(self, target: str) -> dict[Feature, datetime]:
        """Return when earlier runs saw each feature last, as far as the ledger knows."""
        with self.errors.guarded("the ledger was not read"):
            return self._ledger.last_seen(target) if self._ledger else {}
        return {}

    def report(
        self,
        verdict: Verdict,
        changes: DocumentDiff | None,
        tally: Tally,
        known: Iterable[tuple[str, ...]],
        swept: Mapping[str, set[Resource]],
        promises: Callable[[], Promises],
    ) -> None:
        """Report into files first, then on the terminal, which may be gone.

        `changes` are those of the document. `known` are all resources known to exist, behind the operation's path;
        `swept` those remembered that were read.
        """
        comparison: Comparison | None = None
        trend: tuple[RunSummary, ...] = ()
        guarded = self.errors.guarded
        with guarded("nothing was compared"):
            comparison = compare(self._settings.earlier, verdict) if self._settings.earlier else None
        with guarded("the run was not added to the ledger"):
            trend = self._enter(verdict)
        self._write_shard(verdict, tally, known)
        self._draft(verdict, changes)
        with guarded("not all was written"):
            if folder := self._settings.report_dir:
                self.errors += write_reports(folder, verdict, comparison, trend, promises(), changes)
        for operation, memory in self._memories.items():
            with guarded("ids were not remembered"):
                _remember(operation, memory, verdict, swept.get(operation.path, set()))
        with guarded("not all was printed"):
            self._print(verdict, comparison, changes)

    def report_errors(self) -> None:
        """Print a line for everything that went wrong, last of all."""
        for each in self.errors:
            self._show(visible(f"harness     {each}" if each.ours else f"reports     {each}"), None)

    def _enter(self, verdict: Verdict) -> tuple[RunSummary, ...]:
        """Add the run to the ledger; returns the latest runs, the oldest first."""
        if self._ledger is None:
            return ()
        with closing(self._ledger):
            if not self._settings.shard:  # The merge adds the whole run.
                self._ledger.add(verdict)
            return self._ledger.latest_runs(verdict.run.target)

    def _write_shard(self, verdict: Verdict, tally: Tally, known: Iterable[tuple[str, ...]]) -> None:
        settings, file = self._settings, self._settings.tally
        if settings.shard and file:
            options = settings.contract_options, settings.waivers
            with self.errors.guarded(f"{file} was not written"):
                atomically(file, partial(write_shard, settings.shard, *options, known, verdict, tally))

    def _draft(self, verdict: Verdict, changes: DocumentDiff | None) -> None:
        file = self._settings.drafted_waivers
        if file is None:
            return
        if not (verdict.findings or (changes and changes.counting)):
            self.errors.add(f"{file} was not written: there is nothing to waive")
        elif file.exists():  # Another run may have drafted it meanwhile.
            self.errors.add(f"{file} was not written: {os.strerror(errno.EEXIST)}")
        else:
            with self.errors.guarded(f"{file} was not written"):
                # Those that are left out may share nothing with the rest.
                seen = ((each.violation, () if each.more_resources else each.resources) for each in verdict.findings)
                text = draft_waivers(seen, verdict.run.started.date(), _entries(changes))
                atomically(file, lambda opened: opened.write(text))
                self.errors.add(f"{file} drafts waivers for what stands; say of each why it is accepted and by whom")

    def _print(self, verdict: Verdict, comparison: Comparison | None, changes: DocumentDiff | None) -> None:
        headline, *lines = terminal_lines(verdict, comparison, changes)
        self._show(headline, verdict.outcome)
        if shard := self._settings.shard:
            lines.append(f"shard       {shard}, no verdict alone: contract merge FILE... makes one of all")
        for line in lines:
            self._show(line, None)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            for command in (*github_commands(verdict), *(github_changes(changes) if changes else ())):
                self._show(command, None)


def _entries(changes: DocumentDiff | None) -> list[dict[str, Any]]:
    """Return what waivers of the changes that count would say."""
    if changes is None:
        return []
    from contracts.changes import waiver_entry

    return [waiver_entry(each) for each in changes.counting]


def _remember(operation: Operation, memory: Memory, verdict: Verdict, swept: set[Resource]) -> None:
    """Keep the ids whose answers broke a promise for the next run, and forget those that keep all by now."""
    standing = [each for each in verdict.findings if _is_read_of(each, operation)]
    waived = [each for each in verdict.waived if _is_read_of(each, operation)]
    witnesses = {each.witness.request.parameter_values for each in standing}
    broken = {resource for each in (*standing, *waived) for resource in each.resources}
    # A run that was rejected, or cut short, has not seen that all is well; nor does one know it of what is not listed.
    unknown = verdict.run.incident or verdict.all_rejected or any(each.more_resources for each in (*standing, *waived))
    asked = set() if unknown else swept
    memory.learn(witnesses, asked - broken)


def _is_read_of(finding: Finding, operation: Operation) -> bool:
    return finding.witness.operation == operation.path and finding.witness.request.is_read
