"""Write every report of a verdict into a folder.

Hides which files there are, and how a file is written whole or not at all.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TextIO, TypeVar

from contracts.openapi import ContractError
from contracts.reports import code_quality, har, junit, markdown, page, report_json, sarif
from contracts.reports.comparison import Comparison
from contracts.reports.junit import Promises
from contracts.reports.recorder import EXCHANGES, recorded
from contracts.verdict import Replay, RunSummary, Verdict

if TYPE_CHECKING:
    from contracts.changes import DocumentDiff

ARCHIVE: Final = "exchanges.har"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReportError:
    """The reason, in words, why something was not reported; `ours` if it is a fault of the harness."""

    words: str
    ours: bool = False

    def __str__(self) -> str:
        return self.words


class ReportErrors(list[ReportError]):
    """Everything that went wrong beside the verdict, in the order in which it did."""

    def add(self, words: str) -> None:
        """Add an error that is no fault of the harness."""
        self.append(ReportError(words))

    def note(self, consequence: str, error: Exception) -> None:
        """Add an error and its consequence; errors of the machine, such as a full disk, are no fault of the harness."""
        if isinstance(error, ContractError):  # Its words say all.
            self.add(str(error))
        elif isinstance(error, OSError):
            self.add(f"{consequence}: {error.strerror or error}")
        else:
            words = f"{consequence}, by a fault of the harness: {type(error).__name__}: {error}"
            self.append(ReportError(words, ours=True))

    @contextmanager
    def guarded(self, consequence: str) -> Iterator[None]:
        """Keep an error inside the block from taking everything behind it away; `consequence` says what it did."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the verdict comes first
            self.note(consequence, error)


def write_reports(
    folder: Path,
    verdict: Verdict,
    comparison: Comparison | None = None,
    trend: Sequence[RunSummary] = (),
    promises: Promises = MappingProxyType({}),
    changes: DocumentDiff | None = None,
) -> ReportErrors:
    """Write every report into the folder, which is made; return an error for each that could not be written.

    Each file is written whole or not at all, independently of the others. `trend` are the latest runs of a ledger, the
    oldest first; `promises` are the test cases of junit.xml; `changes` are those of the document since an earlier one.
    """
    exchanges = partial(recorded, folder / EXCHANGES, verdict.run.document)
    renderings: dict[str, Callable[[TextIO], object]] = {
        "report.json": partial(report_json.render, verdict, comparison, trend, changes=changes),
        "report.md": lambda file: markdown.render(verdict, comparison, file, _markdown_of(changes)),
        "report.sarif": lambda file: sarif.render(_sarif_log(verdict, changes), file),
        "gl-code-quality.json": lambda file: code_quality.render(_sarif_log(verdict, changes), file),
        "report.html": lambda file: page.render(verdict, comparison, trend, exchanges(), file, changes),
        "junit.xml": lambda file: junit.render(verdict, promises, file, _breaking(changes)),
    }
    errors = ReportErrors()
    for name, render in renderings.items():
        with errors.guarded(f"{folder / name} was not written"):
            atomically(folder / name, render)
    _write_archive(folder / ARCHIVE, verdict, errors)
    return errors


def _markdown_of(changes: DocumentDiff | None) -> Iterator[str]:
    if changes:
        from contracts.reports import change_markdown

        yield from change_markdown.part_of_run(changes)


def _breaking(changes: DocumentDiff | None) -> list[str]:
    """Return in words the changes that break clients."""
    if changes is None:
        return []
    from contracts.reports import change_words

    return list(change_words.breaking_lines(changes))


def _sarif_log(verdict: Verdict, changes: DocumentDiff | None) -> dict[str, Any]:
    log = sarif.log(verdict)
    if changes:
        from contracts.reports import change_sarif

        change_sarif.add_to(log, changes)
    return log


def write_replay(folder: Path, replay: Replay) -> ReportErrors:
    """Write the reports of a replay into the folder, as `write_reports` does those of a run."""
    errors = ReportErrors()
    with errors.guarded(f"{folder / 'replay.json'} was not written"):
        atomically(folder / "replay.json", partial(report_json.render_replay, replay))
    _write_archive(folder / "replay.har", replay, errors)
    return errors


def _write_archive(path: Path, verdict: Verdict | Replay, errors: ReportErrors) -> None:
    """Write every exchange that was recorded beside the file, and remove what was recorded."""
    folder = path.parent / EXCHANGES
    with errors.guarded(f"{path} was not written"):
        held = atomically(path, partial(har.render, recorded(folder, verdict.run.document)))
        # What was recorded is removed only if the archive was written.
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)
            if held < verdict.requests:
                lost = f"holds {held} of {verdict.requests} exchanges: the rest were not kept"
                errors.add(f"{path} {lost}")


def atomically(path: Path, render: Callable[[TextIO], T]) -> T:
    """Write a file under a temporary name and rename it when it is complete; return what `render` returns.

    Raise OSError if that fails, leave an earlier file of the name as it is, and no temporary or partial one behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, other = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - a descriptor
            result = render(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(other, 0o644)  # noqa: PTH101 - mkstemp lets only the owner read it
        Path(other).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(other).unlink()
        raise
    return result
