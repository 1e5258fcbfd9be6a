"""Compare the mutants that the last `mutmut run` left alive with those that `equivalent.yaml` explains.

    python tests/mutation/survivors.py [PATTERN ...]

Exit with 1 for a mutant that is neither killed nor explained and, if no PATTERN is given, for an explanation without
a mutant.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import yaml

EQUIVALENT: Final = Path(__file__).with_name("equivalent.yaml")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change to the code: its function, the line before and the line after it, both stripped of blanks.

    The name that mutmut gives it is a number, which changes with every edit of the function.
    """

    function: str
    line: str
    became: str

    def __str__(self) -> str:
        return f"{self.function}\n  - {self.line}\n  + {self.became}"


def alive(results: str, patterns: Iterable[str] = ()) -> dict[str, str]:
    """Return the status of every mutant that no test failed for, by its name, from the text of `mutmut results`.

    Mutants that timed out are among them, because mutmut also calls it a timeout if pytest could not run at all.
    """
    wanted = tuple(patterns) or ("*",)
    rows = (line.strip().rpartition(": ") for line in results.splitlines() if ": " in line)
    return {
        name: status
        for name, _, status in rows
        if status != "killed" and any(fnmatch(name, pattern) for pattern in wanted)
    }


def mutant(name: str, diff: str) -> Mutant:
    """Return the change that the text of `mutmut show NAME` describes."""
    lines = [line for line in diff.splitlines() if line[:3] not in ("---", "+++")]
    line, became = ("\n".join(each[1:].strip() for each in lines if each.startswith(sign)) for sign in "-+")
    module, _, mangled = name.rpartition("__mutmut_")[0].rpartition(".")
    # The mangled name is `x_` and a function's name, or `xǁ`, a class's name, `ǁ` and a method's name.
    return Mutant(f"{module}.{mangled[2:].replace('ǁ', '.')}", line, became)


def explained(text: str) -> Counter[Mutant]:
    """Return the mutants that the text of an `equivalent.yaml` explains, with their number.

    A change that is possible at two places of a function has to be listed twice.
    """
    return Counter(
        Mutant(entry["function"], entry["line"], became)
        for entry in yaml.safe_load(text) or ()
        for became in entry["became"]
    )


def _mutmut(*arguments: str) -> str:
    done = subprocess.run(["mutmut", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def main(patterns: list[str]) -> int:
    """Print unexplained mutants and explanations without a mutant; return the exit code."""
    left = alive(_mutmut("results"), patterns)
    found = Counter(mutant(name, _mutmut("show", name)) for name in left)
    known = explained(EQUIVALENT.read_text("utf-8"))
    unexplained = found - known
    idle = Counter[Mutant]() if patterns else known - found
    for title, mutants in (("no test notices", unexplained), ("nothing is left to explain", idle)):
        for each in mutants.elements():
            print(f"{title}: {each}")
    print(f"{found.total()} mutants left alive, {(found & known).total()} of them explained in {EQUIVALENT.name}")
    return 1 if unexplained or idle else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
