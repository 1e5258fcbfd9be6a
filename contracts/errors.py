"""The errors that stop a run before a response is judged; each is one line that ends with the fix.

ContractError
├── DocumentError       a document or overlay that cannot be judged
├── ConfigurationError  an option that makes no sense
└── TargetError         a server that cannot be reached at all
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

EXIT_ERROR: Final = 4
"""The exit code of a command that one of these errors ended: an option, the document or the target makes no sense."""

EXIT_FAILED: Final = 3
"""The exit code of what failed by itself: the harness, or pytest or a plugin that drives it."""


class ContractError(Exception):
    """Base of every error that a user can fix; `str()` is one line."""


class DocumentError(ContractError):
    """A document that cannot be judged: the file, the place (a JSON pointer), the problem there and the fix.

    The Overlay action `action`, or else the removal of what is at `removes` (by default the place), lets it be judged.
    """

    def __init__(
        self,
        path: Path,
        pointer: str,
        problem: str,
        fix: str,
        *,
        removes: str = "",
        action: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        super().__init__(path, pointer, problem, fix)
        self.path, self.pointer, self.problem, self.fix = path, pointer, problem, fix
        self.removes, self.action = removes or pointer, action

    @property
    def reason(self) -> str:
        """The place, the problem and the fix, for a reader who knows the file."""
        return _one_line(f"{self.pointer} {self.problem}; {self.fix}")

    def __str__(self) -> str:
        place = f" {self.pointer}" if self.pointer else ""
        return _one_line(f"{self.path}:{place} {self.problem}; {self.fix}")


class ConfigurationError(ContractError):
    """An option, environment variable or file given to the harness that makes no sense."""

    def __str__(self) -> str:
        return _one_line(super().__str__())


class TargetError(ContractError):
    """A target that cannot be reached, or that does not speak HTTP."""

    def __init__(self, url: str, problem: str, fix: str) -> None:
        super().__init__(url, problem, fix)
        self.url, self.problem, self.fix = url, problem, fix

    def __str__(self) -> str:
        return _one_line(f"{self.url} {self.problem}; {self.fix}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
