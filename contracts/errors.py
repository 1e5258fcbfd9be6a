"""What stops a run before an answer is judged, each told in one line with its mend.

ContractError
├── DocumentError       a document or overlay that cannot be judged
├── ConfigurationError  an option that makes no sense
└── TargetError         a server that cannot be reached at all
"""

from __future__ import annotations

from pathlib import Path


class ContractError(Exception):
    """Base of every error that a user can mend; `str()` is one line."""


class DocumentError(ContractError):
    """A document that cannot be judged: where (a JSON pointer), what is wrong there, and the mend."""

    def __init__(self, path: Path, pointer: str, problem: str, mend: str) -> None:
        super().__init__(path, pointer, problem, mend)
        self.path, self.pointer, self.problem, self.mend = path, pointer, problem, mend

    def __str__(self) -> str:
        place = f" {self.pointer}" if self.pointer else ""
        return _one_line(f"{self.path}:{place} {self.problem}; {self.mend}")


class ConfigurationError(ContractError):
    """An option, environment variable or file given to the harness that makes no sense."""

    def __str__(self) -> str:
        return _one_line(super().__str__())


class TargetError(ContractError):
    """A target that cannot be reached, or does not speak HTTP."""

    def __init__(self, url: str, problem: str, mend: str) -> None:
        super().__init__(url, problem, mend)
        self.url, self.problem, self.mend = url, problem, mend

    def __str__(self) -> str:
        return _one_line(f"{self.url} {self.problem}; {self.mend}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
