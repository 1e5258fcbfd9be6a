"""Compare the document that a run judges by with an earlier one, which --changes-since names.

The earlier document is read before anything is asked, so that one that cannot be read ends the run in one line. Both
are compared before the first request, so that the changes are known however the run ends. Hides that what compares
documents is loaded for such a run alone.
"""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.openapi import PINNED, ConfigurationError, ContractError, Document, OperationName, pointer_lines
from contracts.reports import ReportErrors
from contracts.run.handed_in import Strategies
from contracts.run.settings import Settings
from contracts.verdict import ChangesSince, Verdict

if TYPE_CHECKING:
    from contracts.changes import Change, DocumentDiff, Source


class DocumentChanges:
    """What changed between the earlier document and the one that is judged by; nothing if no earlier one is named."""

    def __init__(self, settings: Settings, strategies: Strategies, *, leads: bool) -> None:
        """Read the earlier document, in the process that leads; raises ConfigurationError, in one line."""
        self._settings, self._strategies = settings, strategies
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._earlier: tuple[Source, Document, Mapping[str, int]] | None = None
        self._result: DocumentDiff | None = None
        self._changes: tuple[Change, ...] = ()
        if settings.changes_since and leads:
            self._folder = tempfile.TemporaryDirectory()
            self._earlier = self._read(Path(self._folder.name))

    def close(self) -> None:
        """Remove what was kept of a document that stands in no file."""
        if self._folder:
            self._folder.cleanup()

    def _read(self, folder: Path) -> tuple[Source, Document, Mapping[str, int]]:
        from contracts.changes import find_source

        settings = self._settings
        try:
            source = find_source(settings.changes_since, folder, number=0)
            document, lines = source.load(settings.overlays, settings.contract_options["annotation"])
        except ContractError as error:
            self.close()
            raise ConfigurationError(f"--changes-since {error}") from None
        named = ((each.path, each.operation_id) for each in document.operations)
        chosen = {path for path, name in named if settings.selection.takes(OperationName(path, name))}
        return source, document.only(chosen) if len(chosen) < len(document.operations) else document, lines

    def compare(self, started: datetime.datetime, errors: ReportErrors) -> None:
        """Compare both documents; those of a shard are compared by the merge."""
        if self._earlier and not self._settings.shard:
            with errors.guarded(f"what changed since {self._earlier[0].name} is not known"):
                self._compare(*self._earlier, started)

    def _compare(self, earlier: Source, old: Document, lines: Mapping[str, int], started: datetime.datetime) -> None:
        from contracts.changes import DocumentDiff, Source, accept, compare_documents, with_sdk

        settings = self._settings
        new, day = settings.document, started.date()
        source = Source(new.path, settings.contract_options["document"] or PINNED.name, str(new.path))
        both = lines, pointer_lines(new.path)
        compared = compare_documents(old, new, self._strategies.change_witnesses, both)
        self._changes = tuple(with_sdk(compared))
        self._result = DocumentDiff((earlier, source), compared, accept(self._changes, settings.waivers, day), day)

    @property
    def decided(self) -> ChangesSince | None:
        """What of it decides the verdict; None if nothing was to be compared."""
        if self._result:
            return self._result.for_verdict
        if self._earlier is None or self._settings.shard:
            return None
        return ChangesSince(self._earlier[0].name, undecided=None)

    def seen_by(self, verdict: Verdict, errors: ReportErrors) -> DocumentDiff | None:
        """Return what changed, with how many answers of the run show it; None if nothing was compared."""
        result = self._result
        if result is None:
            return None
        from contracts.changes import accept, counted_in_run

        counts = {feature: seen.count if seen else 0 for feature, seen in verdict.coverage.items()}
        with errors.guarded("how many answers show each change is not known"):
            changes = counted_in_run(self._changes, counts)
            return replace(result, accepted=accept(changes, self._settings.waivers, result.day))
        return result
