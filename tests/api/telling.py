"""What is made of a verdict: the ledger, files, what the next run remembers, and last of all the words."""

from __future__ import annotations

import datetime
import errno
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from contracts import reports, shards
from contracts.comparison import Comparison, compare
from contracts.discovery import Resource
from contracts.document import Operation
from contracts.errors import ConfigurationError
from contracts.features import Feature
from contracts.ledger import Ledger, LedgerError, Night
from contracts.reports import Trouble, terminal, trouble
from contracts.reports.github import commands
from contracts.tally import Tally
from contracts.verdict import Finding, Outcome, Verdict
from contracts.waivers import draft
from contracts.wording import visible
from tests.api.plan import MEMORIES, SETTINGS, known_resources


class Telling:
    """Tells a verdict once; whatever goes wrong meanwhile is told in a line beside it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._chosen = config, config.stash[SETTINGS]
        self._ledger = Ledger(self._chosen.ledger) if self._chosen.ledger else None
        self.troubles: list[Trouble] = []

    @contextmanager
    def aside(self, what: str) -> Iterator[None]:
        """A fault in what is done here must not take the verdict with it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the verdict comes first
            self.troubles.append(trouble(what, error))

    def last_seen(self, target: str) -> dict[Feature, datetime.datetime]:
        """When earlier runs saw what the target promises, as far as the ledger knows."""
        try:
            return self._ledger.last_seen(target) if self._ledger else {}
        except sqlite3.Error as error:
            self.troubles.append(Trouble(f"the ledger cannot be read: {error}"))
            return {}

    def tell(self, verdict: Verdict, tally: Tally, swept: Mapping[str, set[Resource]]) -> None:
        """Into files first, then on the terminal, which may be gone.

        `swept` is, by the operation's path, what was remembered and has been asked for.
        """
        changes: Comparison | None = None
        trend: tuple[Night, ...] = ()
        with self.aside("nothing was compared"):
            changes = compare(earlier, verdict) if (earlier := self._chosen.earlier) else None
        with self.aside("the run was not added to the ledger"):
            trend = self._enter(verdict)
        with self.aside("not all was written"):
            for each in self._write(verdict, tally, changes, trend):
                self.troubles.append(each)
        with self.aside("ids were not remembered"):
            self._remember(verdict, swept)
        with self.aside("not all was told"):
            self._show(verdict, changes)

    def tell_troubles(self) -> None:
        """A line for each, last of all."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None:
            return
        for each in self.troubles:
            reporter.write_line(visible(f"harness     {each}" if each.ours else f"reports     {each}"))

    def _enter(self, verdict: Verdict) -> tuple[Night, ...]:
        """Add the run to the ledger; returns the latest runs."""
        if self._ledger is None:
            return ()
        with closing(self._ledger):
            try:
                if not self._chosen.shard:  # The merge adds the whole run.
                    self._ledger.add(verdict)
                return self._ledger.nights(verdict.run.target)
            except LedgerError as error:
                self.troubles.append(Trouble(str(error)))
            except sqlite3.Error as error:
                self.troubles.append(Trouble(f"the ledger cannot be read: {error}"))
        return ()

    def _write(
        self, verdict: Verdict, tally: Tally, changes: Comparison | None, trend: tuple[Night, ...]
    ) -> Iterator[Trouble]:
        """Everything that is asked for in files."""
        chosen = self._chosen
        if chosen.shard and chosen.tally:
            operations = chosen.document.operations
            known = [(each.path, *values) for each in operations for values in known_resources(self._config, each)]
            what = (chosen.shard, chosen.terms, chosen.waivers, known, verdict, tally)
            yield from reports.attempt(chosen.tally, partial(shards.render, *what))
        if chosen.drafted_waivers:
            yield _draft(chosen.drafted_waivers, verdict)
        if chosen.report_dir:
            yield from reports.write(chosen.report_dir, verdict, changes, trend)

    def _remember(self, verdict: Verdict, swept: Mapping[str, set[Resource]]) -> None:
        """Keep the ids whose answers broke a promise for the next run, and forget those that keep all by now."""
        for operation, memory in self._config.stash[MEMORIES].items():
            told = [each for each in verdict.findings if _reads(each, operation)]
            borne = [each for each in verdict.waived if _reads(each, operation)]
            witnesses = {tuple(value for _, value in each.witness.parameters) for each in told}
            broken = {resource for each in (*told, *borne) for resource in each.resources}
            # Whoever was turned away has not seen that all is well.
            asked = set() if verdict.run.incident or verdict.denied else swept.get(operation.path, set())
            try:
                memory.learn(witnesses, asked - broken)
            except ConfigurationError as error:
                self.troubles.append(Trouble(str(error)))

    def _show(self, verdict: Verdict, changes: Comparison | None) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None:
            return
        lines = terminal.lines(verdict, changes)
        reporter.write_sep("=", "contract", bold=True)
        reporter.write_line(next(lines), **{_COLOURS[verdict.outcome]: True, "bold": True})
        shard = self._chosen.shard
        part = f"shard       {shard}, no verdict alone: python -m contracts merge FILE... makes one of all"
        for line in (*lines, *([part] if shard else [])):
            reporter.write_line(line)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            for command in commands(verdict):
                reporter.write_line(command)


def _draft(file: Path, verdict: Verdict) -> Trouble:
    if not verdict.findings:
        return Trouble(f"{file} was not written: there is nothing to waive")
    if file.exists():  # Another run may have drafted it meanwhile.
        return Trouble(f"{file} was not written: {os.strerror(errno.EEXIST)}")
    text = draft((each.violation for each in verdict.findings), verdict.run.started.date())
    for failed in reports.attempt(file, lambda opened: opened.write(text)):
        return failed
    return Trouble(f"{file} drafts waivers for what stands; say of each why it is borne and by whom")


def _reads(finding: Finding, operation: Operation) -> bool:
    return finding.witness.operation == operation.path and finding.witness.method == "GET"


_COLOURS = {Outcome.CONFORMS: "green", Outcome.VIOLATES: "red", Outcome.INCONCLUSIVE: "yellow"}
